"""``/runs/{id}``: read, and reported on by a provider. A report moves the run on, and its dataflow takes note."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.flows import (
    flow_documents,
    run_documents,
    run_parts,
    scheduled_runs,
)
from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.gateway.incoming import json_object, parameters
from headwater_local_flow_service.kernel import handlers, lifecycle
from headwater_local_flow_service.kernel.audit import reference
from headwater_local_flow_service.kernel.kind import Content
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.store.store import Record, Rows

_REPORTED = (*run_parts.FACTS, "providerRefId", "params", "metrics", "activities")


class Run(handlers.ReadOnlyItem):
    """``/runs/{id}``: read and report."""

    def on_put(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Take what a provider reports, if nobody else has changed the run since the etag in ``If-Match``."""
        parameters(req, ("if-match",))
        kind, caller = self._kind, caller_of(req)
        record = handlers.read_for_change(kind, req, id)
        body = json_object(req, kind.context.settings)
        document = _reported(record, body)
        changed = run_documents.moved(
            lifecycle.revise_record(record, caller.client, Content(document=document)),
            document,
        )
        with kind.context.store.writing(record.scope) as rows:
            run_parts.check_predecessors(rows, record.scope, body)
            if not rows.replace(kind.view.table, changed, etag=record.etag):
                raise handlers.etag_conflict(kind, id)
            _note(rows, record, changed)
        resp.location = f"{handlers.BASE}/{kind.type}/{record.id}"
        resp.media = reference(changed)


def _reported(record: Record, body: dict[str, Any]) -> dict[str, Any]:
    """Return the document after a report: what it names is replaced, each of the metrics by itself."""
    run_parts.check(body)
    for name in ("flowId", "flowSpec"):
        if body.get(name) not in (None, record.document[name]):
            raise FlowError(
                "CONNECTOR-1312-400",
                f"{name} of a run cannot be changed",
                id=record.id,
                type="runs",
            )
    if body.get("params") is not None and not isinstance(body["params"], dict):
        raise FlowError("CONNECTOR-1384-400", "params must be of type object")
    before = record.document
    given = {name: body[name] for name in _REPORTED if body.get(name) is not None}
    metrics = {**before["metrics"], **given.get("metrics", {})}
    metrics["statusSummary"] = {
        **before["metrics"]["statusSummary"],
        **metrics["statusSummary"],
    }
    document = {**before, **given, "metrics": metrics, run_documents.REPORTED: True}
    was, will = run_documents.status(before), run_documents.status(document)
    if run_documents.ended(was) and not run_documents.ended(will):
        raise FlowError(
            "FLOW-1421-400",
            "the run is over: its status cannot go back",
            id=record.id,
            type="runs",
        )
    if will != was:
        metrics["statusSummary"]["extensions"] = given["metrics"]["statusSummary"].get(
            "extensions", {}
        )
    return document


def _note(rows: Rows, before: Record, run: Record) -> None:
    """Tell the dataflow how its last run ended, and record the next one."""
    status = run_documents.status(run.document)
    flow = rows.get(tables.flows, run.scope, run.document["flowId"])
    if flow is None or not run_documents.ended(status):
        return
    last = flow.document.get(flow_documents.LAST_RUN, {}).get("id")
    if run_documents.ended(run_documents.status(before.document)) and last != run.id:
        return  # more was learnt about a run that others have followed
    duration = run.document["metrics"].get("durationSummary", {})
    details = {
        "id": run.id,
        "state": run_documents.FAILED
        if run_documents.failed(status)
        else run_documents.SUCCESS,
        "startedAtUTC": duration.get("startedAtUTC", run.created_at),
        "completedAtUTC": duration.get("completedAtUTC", run.updated_at),
    }
    noted = attrs.evolve(
        flow, document=flow.document | {flow_documents.LAST_RUN: details}
    )
    # Its etag stays: nobody has changed the dataflow itself.
    rows.replace(
        tables.flows, scheduled_runs.follow(rows, noted, run.updated_at), etag=flow.etag
    )
