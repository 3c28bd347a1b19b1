"""Runs on demand: what their params may say, and what the first one teaches its dataflow.

The rules: docs/flow-service-operations.md#runs-on-demand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.flows import spec_rules
from headwater_local_flow_service.flows.dataflow import DELTA_COLUMN
from headwater_local_flow_service.kernel import lifecycle, transitions
from headwater_local_flow_service.kernel.kind import ENABLED, Content
from headwater_local_flow_service.specs import flow_schemas
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.flows.dataflow import Dataflow
    from headwater_local_flow_service.store.store import Record, Rows

_TIMES: Final = ("startTime", "windowStartTime", "windowEndTime")
_SECONDS: Final = re.compile(r"[0-9]{1,10}")
_MILLISECONDS: Final = re.compile(r"[0-9]{13}")


def check_flow(record: Record, flow: Dataflow, flow_spec: Mapping[str, Any]) -> None:
    """Refuse runs on demand of a dataflow that runs by itself, or not at all. Raises `FlowError`.

    `flow` is what the document of `record` says.
    """
    if spec_rules.is_streaming(flow_spec):
        raise FlowError(
            "CONNECTOR-1385-400", "a dataflow of streaming data has no runs on demand"
        )
    if flow.schedule is None or flow.schedule.repeats:
        raise FlowError(
            "CONNECTOR-1386-400",
            "only a dataflow whose frequency is once runs on demand",
        )
    if transitions.target_state(record) != ENABLED:
        raise FlowError(
            "CONNECTOR-1380-400",
            "the run cannot be created: its dataflow is not enabled",
        )


def read_params(
    params: Any, flow: Dataflow, flow_spec: Mapping[str, Any], *, strict: bool
) -> dict[str, Any]:
    """Return the checked params of a new run; unless `strict`, some may be missing. Raises `FlowError`."""
    if params is None or params == {}:
        if strict:
            raise FlowError(
                "CONNECTOR-1384-400",
                f"params is missing or empty; it holds {', '.join(_TIMES)}",
            )
        return {}
    if not isinstance(params, dict):
        raise FlowError("CONNECTOR-1384-400", "params must be of type object")
    _check_times(params, strict=strict)
    if spec_rules.copies_tables(flow_spec):
        _check_column(params.get(DELTA_COLUMN), flow.delta_column, strict=strict)
    return params


def add_delta_column(
    rows: Rows, record: Record, flow: Dataflow, params: Mapping[str, Any], client: str
) -> None:
    """Write the delta column that a first run names into its dataflow, where later runs are held against it."""
    column = params.get(DELTA_COLUMN)
    if not column or flow.delta_column:
        return
    content = Content(document=flow.add_delta_column(column))
    # The transaction has the sandbox to itself: nobody changed the dataflow since it was read.
    after = lifecycle.revise_record(record, client, content)
    rows.replace(tables.flows, after, etag=record.etag)


def _check_times(params: Mapping[str, Any], *, strict: bool) -> None:
    times = {}
    for name in _TIMES:
        if params.get(name) is not None:
            times[name] = _read_time(name, params[name])
    for name in _TIMES:
        if strict and name not in times:
            raise FlowError("CONNECTOR-1384-400", f"params.{name} is missing")
    begin, end = times.get("windowStartTime", 0), times.get("windowEndTime")
    if end is not None and end < begin:
        raise FlowError(
            "CONNECTOR-1381-400",
            "params.windowEndTime is before params.windowStartTime",
        )


def _read_time(name: str, value: Any) -> int:
    """Return a time in seconds; ten digits are seconds, thirteen are milliseconds. Raises `FlowError`.

    The rule: docs/flow-service-operations.md#times-of-a-run.
    """
    if type(value) in (int, str):
        digits = str(value).strip()
        if _SECONDS.fullmatch(digits):
            return int(digits)
        if _MILLISECONDS.fullmatch(digits):
            return int(digits) // 1000
    raise FlowError(
        "CONNECTOR-1340-400", f"params.{name} must be a number of seconds since 1970"
    )


def _check_column(column: Any, known: str, *, strict: bool) -> None:
    """Check the delta column of a run; `known` is the name of its dataflow's, or nothing."""
    if column is None:
        if strict and not known:
            text = f"the first run of a table names the column of its changes: params.{DELTA_COLUMN}.name"
            raise FlowError("CONNECTOR-1383-400", text)
        return
    name = None
    if isinstance(column, dict):
        name = column.get("name")
    if not isinstance(name, str) or not name.strip():
        raise FlowError(
            "CONNECTOR-1384-400", f"params.{DELTA_COLUMN} must be an object with a name"
        )
    spec_rules.check_values(
        {DELTA_COLUMN: column},
        flow_schemas.COPY["spec"],
        "params",
        code="CONNECTOR-1384-400",
    )
    if known and name != known:
        raise FlowError(
            "CONNECTOR-1382-400",
            f"params.{DELTA_COLUMN} is not the column that earlier runs went by",
        )
