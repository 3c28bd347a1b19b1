"""The run that a schedule calls for next: a dataflow that is enabled has one, until it is over.

The rules: docs/flow-service-operations.md#schedules.

Runs of a schedule follow each other: while one is not over, the next is not recorded. Each covers the time since the
last one's end, so nothing is left out, however long a dataflow was disabled. Runs that repeat others hold nothing up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.flows import run_documents
from headwater_local_flow_service.flows.dataflow import DELTA_COLUMN
from headwater_local_flow_service.flows.flow_documents import COVERED
from headwater_local_flow_service.flows.run_documents import DUE, REPORTED
from headwater_local_flow_service.kernel import bodies, lifecycle, transitions
from headwater_local_flow_service.kernel.kind import ENABLED, Content
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from headwater_local_flow_service.flows.dataflow import Dataflow
    from headwater_local_flow_service.store.store import Record, Rows


def follow(rows: Rows, record: Record, flow: Dataflow, now: int) -> Record:
    """Make the next run of a dataflow what its state and its schedule say; `now` is in milliseconds since 1970.

    `flow` is what the document of `record` says. Returns the row, which remembers what the runs cover; the caller
    stores it.
    """
    seconds = now // 1000
    runs = run_documents.find_scheduled(rows, record)
    waiting = _find_waiting(runs, seconds)
    before = record
    if waiting is not None:
        before = _take_back(record, waiting)
    params = None
    if transitions.target_state(record) == ENABLED:
        params = _next_params(before, flow, seconds)
    if params is None:
        if waiting is not None:
            rows.remove(tables.runs, waiting.scope, waiting.id)
        return before
    if any(run is not waiting for run in runs):
        return record
    if waiting is None:
        _add_run(rows, record, params)
    elif params != waiting.document["params"]:
        _change_run(rows, record, waiting, params)
    document = before.document | {COVERED: params["startTime"]}
    return attrs.evolve(before, document=document)


def _find_waiting(runs: list[Record], seconds: int) -> Record | None:
    """Return the run that is nobody's concern yet, if any: its time has not come, and no provider has it."""
    for run in runs:
        if run.document[DUE] > seconds and not run.document.get(REPORTED):
            return run
    return None


def _take_back(record: Record, run: Record) -> Record:
    """Return the dataflow as if a run of its schedule had never been recorded."""
    document = bodies.drop_fields(record.document, (COVERED,))
    if run.document[COVERED] is not None:
        document[COVERED] = run.document[COVERED]
    return attrs.evolve(record, document=document)


def _next_params(record: Record, flow: Dataflow, seconds: int) -> dict[str, Any] | None:
    """Return the params of the run that comes next, or None where none does."""
    schedule = flow.schedule
    if schedule is None:
        return None
    covered = record.document.get(COVERED)
    due: int | None
    if covered is not None:
        begin, due = covered, schedule.after(max(seconds, covered))
    elif schedule.backfill:
        begin, due = 0, schedule.start  # the first window holds all there is so far
    else:
        begin, due = schedule.start, schedule.start
    if due is None:  # it ran once
        return None
    params: dict[str, Any] = {
        "startTime": due,
        "windowStartTime": begin,
        "windowEndTime": due,
    }
    if flow.delta_column:
        params[DELTA_COLUMN] = {"name": flow.delta_column}
    return params


def _add_run(rows: Rows, flow: Record, params: dict[str, Any]) -> None:
    run = run_documents.build_run(
        flow,
        flow.updated_by,
        params,
        **{DUE: params["startTime"], COVERED: flow.document.get(COVERED)},
    )
    rows.add(tables.runs, run, [flow.id])


def _change_run(rows: Rows, flow: Record, run: Record, params: dict[str, Any]) -> None:
    document = run.document | {"params": params, DUE: params["startTime"]}
    after = lifecycle.revise_record(run, flow.updated_by, Content(document=document))
    rows.replace(tables.runs, after, etag=run.etag)
