"""The document of a run: its window, its metrics, and the states it goes through.

The rules: docs/flow-service-operations.md#states-of-a-run.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.flows.flow_documents import COVERED
from headwater_local_flow_service.listing.filters import folded
from headwater_local_flow_service.store import etags, tables
from headwater_local_flow_service.store.store import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.store.store import Rows

# What no client sees: for when the schedule called for the run, and what was covered before, in seconds since 1970.
DUE: Final = "_due"
REPORTED: Final = "_reported"  # whether anybody has said anything of it
_HIDDEN: Final = (DUE, COVERED, REPORTED)

SCHEDULED: Final = "scheduled"
SUCCESS: Final = "success"
FAILED: Final = "failed"
_ENDS: Final = (SUCCESS, FAILED, "completed", "partialSuccess", "partialFailure")
STATUSES: Final = (SCHEDULED, "queued", "waiting", "processing", "inProgress", *_ENDS)
_SPELLED: Final = {folded(status): status for status in STATUSES}
_ENDED: Final = tuple(map(folded, _ENDS))
_FAILURES: Final = (FAILED, "partialFailure")

_NOTE: Final = "the embedded Flow Service moves no data: this run stays as it is until a provider reports on it"


def born(
    flow: Record,
    id: str,
    now: int,
    client: str,
    params: Mapping[str, Any],
    **facts: Any,
) -> Record:
    """Return a new run of a dataflow, scheduled and nothing else; `now` is in milliseconds since 1970."""
    return Record(
        id=id,
        scope=flow.scope,
        name="",
        spec_id=flow.spec_id,
        state=SCHEDULED,
        etag=etags.first(now),
        created_at=now,
        updated_at=now,
        created_by=client,
        updated_by=client,
        document=document(flow, params, **facts),
    )


def document(flow: Record, params: Mapping[str, Any], **facts: Any) -> dict[str, Any]:
    """Return the document of a new run. No provider works for the embedded service, and the run says so."""
    summary = {
        "status": SCHEDULED,
        "errors": [],
        "activityRefs": [],
        "extensions": {"note": _NOTE},
    }
    return {
        "flowId": flow.id,
        "flowSpec": flow.document["flowSpec"],
        "providerRefId": f"M-{flow.id}-incremental-0:{uuid.uuid4()}",
        "params": dict(params),
        "metrics": {"statusSummary": summary},
        "activities": [],
        **facts,
    }


def shown(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a document is read back."""
    return {name: value for name, value in document.items() if name not in _HIDDEN}


def status(document: Mapping[str, Any]) -> str:
    """Return the status a document holds."""
    return str(document["metrics"]["statusSummary"]["status"])


def spelled(status: str) -> str | None:
    """Return a status as it is written, whatever its case and underscores; None where there is no such status."""
    return _SPELLED.get(folded(status))


def ended(status: str) -> bool:
    """Say whether a run of this status is over."""
    return folded(status) in _ENDED


def failed(status: str) -> bool:
    """Say whether a run of this status is over without success."""
    return status in _FAILURES


def unfinished(rows: Rows, flow: Record) -> list[Record]:
    """Return the runs of a dataflow that are not over."""
    table = tables.runs
    return rows.referring(table, flow.scope, flow.id, table.c.state.not_in(_ENDED))


def moved(record: Record, document: Mapping[str, Any]) -> Record:
    """Return a run with a new document, its column for the status in step."""
    return attrs.evolve(record, document=dict(document), state=folded(status(document)))
