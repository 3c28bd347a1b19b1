"""``/runs/{id}``: read, and reported on by a provider. A report moves the run on, and its dataflow takes note.

What ingests data inside the service is such a provider: it reports in its own transaction, with `end_run` or `add_run`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.flows import (
    dataflow,
    flow_documents,
    run_documents,
    run_parts,
    scheduled_runs,
)
from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.gateway.incoming import json_object, parameters
from headwater_local_flow_service.kernel import handlers
from headwater_local_flow_service.kernel.audit import reference
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    import falcon

    from headwater_local_flow_service.store.store import Record, Rows

_REPORTED = (*run_parts.FACTS, "providerRefId", "params", "metrics", "activities")


class RunItem(handlers.ReadOnlyItem):
    """``/runs/{id}``: read and report."""

    def on_put(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Take what a provider reports, if nobody else has changed the run since the etag in ``If-Match``."""
        parameters(req, ("if-match",))
        kind, caller = self._kind, caller_of(req)
        before = handlers.read_for_change(kind, req, id)
        body = json_object(req, kind.context.settings)
        run_parts.check(body)
        report = run_parts.normalize(body)
        document = _apply_report(before, report)
        after = run_documents.revise_run(before, caller.client, document)
        with kind.context.store.writing(before.scope) as rows:
            run_parts.check_predecessors(rows, before.scope, report)
            if not rows.replace(kind.view.table, after, etag=before.etag):
                raise handlers.etag_conflict(kind, id)
            _note_end(rows, before, after)
        resp.location = f"{handlers.BASE}/{kind.type}/{before.id}"
        resp.media = reference(after)


def end_run(rows: Rows, run: Record, client: str, report: Mapping[str, Any]) -> Record:
    """Write a report (`run_metrics.build_report`) into a run that is there, and tell its dataflow. Returns the row.

    Raises `FlowError` where the run is over already and the report says otherwise.
    """
    after = run_documents.revise_run(
        run, client, _apply_report(run, run_parts.normalize(report))
    )
    rows.replace(tables.runs, after, etag=run.etag)
    _note_end(rows, run, after)
    return after


def add_run(
    rows: Rows,
    flow: Record,
    client: str,
    params: Mapping[str, Any],
    report: Mapping[str, Any],
) -> Record:
    """Record a run that nobody called for, a stream's for example, together with how it went. Returns the row."""
    run = run_documents.build_run(flow, client, params)
    document = _apply_report(run, run_parts.normalize(report))
    after = run_documents.revise_run(run, client, document)
    rows.add(tables.runs, after, [flow.id])
    _note_end(rows, run, after)
    return after


def _apply_report(run: Record, report: dict[str, Any]) -> dict[str, Any]:
    """Return the document after a report: what it names is replaced, each of the metrics by itself."""
    _check_fixed_fields(run, report)
    params = report.get("params")
    if params is not None and not isinstance(params, dict):
        raise FlowError("CONNECTOR-1384-400", "params must be of type object")
    before = run.document
    changes: dict[str, Any] = {}
    for name in _REPORTED:
        if report.get(name) is not None:
            changes[name] = report[name]
    metrics = before["metrics"] | changes.get("metrics", {})
    metrics["statusSummary"] = _apply_status(run, metrics["statusSummary"])
    return before | changes | {"metrics": metrics, run_documents.REPORTED: True}


def _check_fixed_fields(run: Record, report: dict[str, Any]) -> None:
    for name in ("flowId", "flowSpec"):
        if report.get(name) not in (None, run.document[name]):
            raise FlowError(
                "CONNECTOR-1312-400",
                f"{name} of a run cannot be changed",
                id=run.id,
                type="runs",
            )


def _apply_status(run: Record, reported: dict[str, Any]) -> dict[str, Any]:
    before = run.document["metrics"]["statusSummary"]
    after: dict[str, Any] = before | reported
    was_over = run_documents.is_over(before["status"])
    if was_over and not run_documents.is_over(after["status"]):
        raise FlowError(
            "FLOW-1421-400",
            "the run is over: its status cannot go back",
            id=run.id,
            type="runs",
        )
    # What was noted beside a status does not hold for the next one.
    if after["status"] != before["status"]:
        after["extensions"] = reported.get("extensions", {})
    return after


def _note_end(rows: Rows, before: Record, run: Record) -> None:
    """Tell the dataflow how its last run ended, and record the next one."""
    if not run_documents.is_over(run_documents.status_of(run.document)):
        return
    record = rows.get(tables.flows, run.scope, run.document["flowId"])
    if record is None:
        return
    if run_documents.is_over(run_documents.status_of(before.document)):
        last = record.document.get(flow_documents.LAST_RUN, {})
        if last.get("id") != run.id:
            return  # more was learnt about a run that others have followed
    document = record.document | {flow_documents.LAST_RUN: _build_last_run(run)}
    after = scheduled_runs.follow(
        rows,
        attrs.evolve(record, document=document),
        dataflow.read_stored(document),
        run.updated_at,
    )
    # Its etag stays: nobody has changed the dataflow itself.
    rows.replace(tables.flows, after, etag=record.etag)


def _build_last_run(run: Record) -> dict[str, Any]:
    """Return the ``lastRunDetails`` of a dataflow; what the report leaves out about the time, the row says."""
    state = run_documents.SUCCESS
    if run_documents.is_failure(run_documents.status_of(run.document)):
        state = run_documents.FAILED
    duration = run.document["metrics"].get("durationSummary", {})
    return {
        "id": run.id,
        "state": state,
        "startedAtUTC": duration.get("startedAtUTC", run.created_at),
        "completedAtUTC": duration.get("completedAtUTC", run.updated_at),
    }
