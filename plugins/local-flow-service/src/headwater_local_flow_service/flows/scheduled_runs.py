"""The run that a schedule calls for next: a dataflow that is enabled has one, until it is over.

The rules: docs/flow-service-operations.md#schedules.

Runs of a schedule follow each other: while one is not over, the next is not recorded. Each covers the time since the
last one's end, so nothing is left out, however long a dataflow was disabled. Runs that repeat others hold nothing up.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.flows import flow_documents, run_documents, schedules
from headwater_local_flow_service.flows.flow_documents import COVERED
from headwater_local_flow_service.flows.run_documents import DUE
from headwater_local_flow_service.kernel import lifecycle, transitions
from headwater_local_flow_service.kernel.kind import ENABLED, Content
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from headwater_local_flow_service.store.store import Record, Rows


def follow(rows: Rows, flow: Record, now: int) -> Record:
    """Make the next run of a dataflow what its state and its schedule say; `now` is in milliseconds since 1970.

    Returns the dataflow, which remembers what its runs cover; the caller stores it.
    """
    seconds = now // 1000
    own = [run for run in run_documents.unfinished(rows, flow) if DUE in run.document]
    waiting = next((run for run in own if _waits(run, seconds)), None)
    before = flow if waiting is None else _without(flow, waiting)
    params = (
        _next(before, seconds) if transitions.target_state(flow) == ENABLED else None
    )
    if params is None:
        if waiting is not None:
            rows.remove(tables.runs, waiting.scope, waiting.id)
        return before
    if any(run is not waiting for run in own):
        return flow
    if waiting is None:
        facts = {DUE: params["startTime"], COVERED: flow.document.get(COVERED)}
        run = run_documents.born(
            flow, str(uuid.uuid4()), now, flow.updated_by, params, **facts
        )
        rows.add(tables.runs, run, [flow.id])
    elif params != waiting.document["params"]:
        content = Content(
            document=waiting.document | {"params": params, DUE: params["startTime"]}
        )
        rows.replace(
            tables.runs,
            lifecycle.revise_record(waiting, flow.updated_by, content),
            etag=waiting.etag,
        )
    return attrs.evolve(
        before, document={**before.document, COVERED: params["startTime"]}
    )


def _next(flow: Record, seconds: int) -> dict[str, Any] | None:
    """Return the params of the run that comes next, or None where none does."""
    schedule = schedules.of(flow.document.get(schedules.FIELD))
    if schedule is None:
        return None
    covered = flow.document.get(COVERED)
    due = schedule.start if covered is None else schedule.after(max(seconds, covered))
    if due is None:  # it ran once
        return None
    begin = covered
    if (
        begin is None
    ):  # the first window begins with everything there is, or with the schedule
        begin = 0 if schedule.backfill else schedule.start
    params: dict[str, Any] = {
        "startTime": due,
        "windowStartTime": begin,
        "windowEndTime": due,
    }
    column = flow_documents.delta_column(flow.document)
    return params | ({flow_documents.DELTA_COLUMN: {"name": column}} if column else {})


def _waits(run: Record, seconds: int) -> bool:
    """Say whether a run of the schedule is nobody's concern yet: its time has not come, and no provider has it."""
    return run.document[DUE] > seconds and not run.document.get(run_documents.REPORTED)


def _without(flow: Record, run: Record) -> Record:
    """Return the dataflow as if a run of its schedule had never been recorded."""
    covered = run.document[COVERED]
    document = {name: value for name, value in flow.document.items() if name != COVERED}
    return attrs.evolve(
        flow, document=document if covered is None else {**document, COVERED: covered}
    )
