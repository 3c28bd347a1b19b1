"""The document of a run: its window, its metrics, and the states it goes through.

The rules: docs/flow-service-operations.md#states-of-a-run.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.flows.flow_documents import COVERED
from headwater_local_flow_service.kernel import bodies
from headwater_local_flow_service.kernel.kind import Content
from headwater_local_flow_service.kernel.lifecycle import build_record, revise_record
from headwater_local_flow_service.listing.filters import fold_state
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.store.store import Record, Rows

# What no client sees: for when the schedule called for the run, and what was covered before, in seconds since 1970.
DUE: Final = "_due"
REPORTED: Final = "_reported"  # whether anybody has said anything of it
HIDDEN: Final = (DUE, COVERED, REPORTED)

SCHEDULED: Final = "scheduled"
SUCCESS: Final = "success"
FAILED: Final = "failed"
_ENDS: Final = (SUCCESS, FAILED, "completed", "partialSuccess", "partialFailure")
STATUSES: Final = (SCHEDULED, "queued", "waiting", "processing", "inProgress", *_ENDS)
_SPELLED: Final = {fold_state(status): status for status in STATUSES}
_ENDED: Final = tuple(map(fold_state, _ENDS))
_FAILURES: Final = (FAILED, "partialFailure")

_NOTE: Final = "the embedded Flow Service moves no data: this run stays as it is until a provider reports on it"


def build_run(
    flow: Record, client: str, params: Mapping[str, Any], **facts: Any
) -> Record:
    """Return a new run of a dataflow, scheduled and nothing else."""
    content = Content(document=build_document(flow, params, **facts))
    return build_record(
        str(uuid.uuid4()),
        flow.scope,
        client,
        content,
        spec_id=flow.spec_id,
        state=SCHEDULED,
    )


def build_document(
    flow: Record, params: Mapping[str, Any], **facts: Any
) -> dict[str, Any]:
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


def visible_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a document is read back."""
    return bodies.drop_fields(document, HIDDEN)


def status_of(document: Mapping[str, Any]) -> str:
    """Return the status a document holds."""
    return str(document["metrics"]["statusSummary"]["status"])


def find_status(text: str) -> str | None:
    """Return a status as it is spelled, whatever its case and underscores; None where there is no such status."""
    return _SPELLED.get(fold_state(text))


def is_over(status: str) -> bool:
    """Say whether a run of this status is over."""
    return fold_state(status) in _ENDED


def is_failure(status: str) -> bool:
    """Say whether a run of this status is over without success."""
    return status in _FAILURES


def find_scheduled(rows: Rows, flow: Record) -> list[Record]:
    """Return the runs of a dataflow that its schedule called for and that are not over."""
    table = tables.runs
    # There may be thousands on demand that are not over, and reading a document takes longer than looking for a word.
    columns = table.c
    runs = rows.referring(
        table,
        flow.scope,
        flow.id,
        columns.state.not_in(_ENDED),
        columns.document.contains(f'"{DUE}":', autoescape=True),
    )
    return [run for run in runs if DUE in run.document]


def revise_run(run: Record, client: str, document: dict[str, Any]) -> Record:
    """Return a run after a change of its document, its column for the status in step."""
    after = revise_record(run, client, Content(document=document))
    return attrs.evolve(after, state=fold_state(status_of(document)))
