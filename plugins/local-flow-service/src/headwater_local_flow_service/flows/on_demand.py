"""Runs on demand: what their params may say, and what the first one teaches its dataflow.

The rules: docs/flow-service-operations.md#runs-on-demand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.flows import (
    flow_documents,
    schedules,
    transformations,
)
from headwater_local_flow_service.flows.flow_documents import DELTA_COLUMN
from headwater_local_flow_service.kernel import lifecycle, schemas_held, transitions
from headwater_local_flow_service.kernel.kind import ENABLED, Content
from headwater_local_flow_service.specs import flow_schemas
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.store.store import Record, Rows

_TIMES: Final = ("startTime", "windowStartTime", "windowEndTime")
_SECONDS: Final = re.compile(r"[0-9]{1,10}")
_MILLISECONDS: Final = re.compile(r"[0-9]{13}")


def check_flow(flow: Record, flow_spec: Mapping[str, Any]) -> None:
    """Refuse runs on demand of a dataflow that runs by itself, or not at all. Raises `FlowError`."""
    if streams(flow_spec):
        raise FlowError(
            "CONNECTOR-1385-400", "a dataflow of streaming data has no runs on demand"
        )
    schedule = schedules.of(flow.document.get(schedules.FIELD))
    if schedule is None or schedule.repeats:
        raise FlowError(
            "CONNECTOR-1386-400",
            "only a dataflow whose frequency is once runs on demand",
        )
    if transitions.target_state(flow) != ENABLED:
        raise FlowError(
            "CONNECTOR-1380-400",
            "the run cannot be created: its dataflow is not enabled",
        )


def check_params(
    params: Any, flow: Record, flow_spec: Mapping[str, Any], *, strict: bool
) -> dict[str, Any]:
    """Check the params of a new run; what is tolerated unless `strict` is that some are missing. Raises `FlowError`."""
    if params is None or params == {}:
        if strict:
            raise FlowError(
                "CONNECTOR-1384-400",
                f"params is missing or empty; it holds {', '.join(_TIMES)}",
            )
        return {}
    if not isinstance(params, dict):
        raise FlowError("CONNECTOR-1384-400", "params must be of type object")
    times = {
        name: _moment(name, params[name])
        for name in _TIMES
        if params.get(name) is not None
    }
    for name in _TIMES:
        if strict and name not in times:
            raise FlowError("CONNECTOR-1384-400", f"params.{name} is missing")
    if (
        times.get("windowEndTime", 0) < times.get("windowStartTime", 0)
        and "windowEndTime" in times
    ):
        raise FlowError(
            "CONNECTOR-1381-400",
            "params.windowEndTime is before params.windowStartTime",
        )
    if transformations.copies(flow_spec):
        _check_column(
            params.get(DELTA_COLUMN),
            flow_documents.delta_column(flow.document),
            strict=strict,
        )
    return params


def teach(rows: Rows, flow: Record, params: Mapping[str, Any], client: str) -> None:
    """Write the delta column that a first run names into its dataflow, where later runs are held against it."""
    column = params.get(DELTA_COLUMN)
    if not column or flow_documents.delta_column(flow.document):
        return
    content = Content(document=flow_documents.with_delta_column(flow.document, column))
    # The transaction has the sandbox to itself: nobody changed the dataflow since it was read.
    rows.replace(
        tables.flows, lifecycle.revise_record(flow, client, content), etag=flow.etag
    )


def streams(flow_spec: Mapping[str, Any]) -> bool:
    """Say whether dataflows of this specification take a stream of data rather than batches."""
    return (flow_spec.get("attributes") or {}).get("frequency") == "streaming"


def _check_column(column: Any, known: str, *, strict: bool) -> None:
    if column is None:
        if strict and not known:
            text = f"the first run of a table names the column of its changes: params.{DELTA_COLUMN}.name"
            raise FlowError("CONNECTOR-1383-400", text)
        return
    name = column.get("name") if isinstance(column, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise FlowError(
            "CONNECTOR-1384-400", f"params.{DELTA_COLUMN} must be an object with a name"
        )
    wrong = schemas_held.problem(
        {DELTA_COLUMN: column}, flow_schemas.COPY["spec"], "params"
    )
    if wrong:
        raise FlowError("CONNECTOR-1384-400", wrong)
    if known and name != known:
        raise FlowError(
            "CONNECTOR-1382-400",
            f"params.{DELTA_COLUMN} is not the column that earlier runs went by",
        )


def _moment(name: str, value: Any) -> int:
    """Return a time in seconds; ten digits are seconds, thirteen are milliseconds. Raises `FlowError`.

    See docs/flow-service-operations.md#times-of-a-run.
    """
    text = (
        str(value).strip()
        if isinstance(value, (int, str)) and not isinstance(value, bool)
        else ""
    )
    if _SECONDS.fullmatch(text):
        return int(text)
    if _MILLISECONDS.fullmatch(text):
        return int(text) // 1000
    raise FlowError(
        "CONNECTOR-1340-400", f"params.{name} is a number of seconds since 1970"
    )
