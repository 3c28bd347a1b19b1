"""Runs of dataflows. Nothing works for the embedded service: what happens to a run is what a provider reports of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.errors import FlowError, not_found
from headwater_local_flow_service.flows import (
    dataflow,
    on_demand,
    run_documents,
    run_parts,
    spec_rules,
)
from headwater_local_flow_service.kernel import actions, bodies, transitions
from headwater_local_flow_service.kernel.audit import audit_block, reference
from headwater_local_flow_service.kernel.kind import ENABLED, Content, ResourceKind
from headwater_local_flow_service.kernel.lifecycle import find_record
from headwater_local_flow_service.listing.views import View
from headwater_local_flow_service.specs import fixed_specs
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.kernel.kind import Creation, Operation
    from headwater_local_flow_service.store.store import Record, Rows

RETRY = "re-trigger"


class Runs(ResourceKind):
    """``/runs``: those a schedule calls for, those made on demand, and those that repeat a failed one."""

    type = "runs"
    view = View(
        table=tables.runs,
        spec="flowSpec",
        links=("flowId",),
        aliases={"state": "metrics.statusSummary.status"},
    )

    def validate_new(self, body: dict[str, Any], creation: Creation) -> Content:
        """Check the body of a run on demand; a ``status`` in it is passed over."""
        if creation.draft:
            raise FlowError(
                "FLOW-1451-400",
                "runs have no drafts: leave the query parameter mode out",
            )
        bodies.require_field(body, "flowId", "string", code="FLOW-1446-400")
        run_parts.check(body)
        sent = run_parts.normalize(body)
        document: dict[str, Any] = {}
        for name in (*run_parts.FACTS, "flowId", "params"):
            if name in sent:
                document[name] = sent[name]
        return Content(document=document)

    def validate_change(
        self,
        record: Record,
        document: dict[str, Any],  # noqa: ARG002
        body: Any,  # noqa: ARG002
    ) -> Content:
        """Refuse a patch: runs are replaced."""
        raise FlowError(
            "FLOW-1434-400", "runs are not patched", id=record.id, type=self.type
        )

    def refers_to(self, document: dict[str, Any]) -> tuple[str, ...]:
        """Return the id of the dataflow."""
        return (document["flowId"],)

    def complete(self, rows: Rows, record: Record, content: Content) -> Record:
        """Check a new run against its dataflow, and complete it."""
        sent = content.document
        flow_record = find_record(rows, tables.flows, record.scope, sent["flowId"])
        if flow_record is None:
            raise FlowError(
                "FLOW-1430-400", "flowId does not name a dataflow of this sandbox"
            )
        run_parts.check_predecessors(rows, record.scope, sent)
        spec = self._find_spec(rows, flow_record)
        flow = dataflow.read_stored(flow_record.document)
        on_demand.check_flow(flow_record, flow, spec)
        strict = self.context.settings.strictness.on_demand_strict
        params = on_demand.read_params(sent.get("params"), flow, spec, strict=strict)
        on_demand.add_delta_column(rows, flow_record, flow, params, record.created_by)
        facts = {name: sent[name] for name in run_parts.FACTS if name in sent}
        return attrs.evolve(
            record,
            spec_id=flow_record.spec_id,
            document=run_documents.build_document(flow_record, params, **facts),
        )

    def act(self, rows: Rows, record: Record, operation: Operation) -> Record:
        """Process the window of a run once more, as a run of its own."""
        if operation.name != RETRY:
            raise FlowError(
                "CONNECTOR-1401-400",
                f"op must be {RETRY}",
                id=record.id,
                type=self.type,
            )
        actions.check(operation, (RETRY,))
        flow_id = record.document["flowId"]
        flow_record = find_record(rows, tables.flows, record.scope, flow_id)
        if flow_record is None:  # runs go with their dataflow
            raise not_found(record.id, self.type)
        self._check_repeatable(record, flow_record, self._find_spec(rows, flow_record))
        return run_documents.build_run(
            flow_record, operation.caller.client, record.document["params"]
        )

    def render(self, record: Record) -> dict[str, Any]:
        """Return a run as it is read; runs have an etag, but no version."""
        return {
            **audit_block(record),
            **run_documents.visible_document(record.document),
            "etag": record.etag,
        }

    def creation_answer(self, record: Record) -> dict[str, Any]:
        """Return what a create answers: three pages of documentation show three forms.

        See docs/flow-service-operations.md#the-answer-to-a-new-run.
        """
        form = self.context.settings.strictness.run_create_envelope
        if form == "full":
            return self.render(record)
        if form == "items":
            return {"items": [reference(record)]}
        return reference(record)

    def first_state(self, creation: Creation) -> str:  # noqa: ARG002 - runs have no drafts
        """Return the state of a new run."""
        return run_documents.SCHEDULED

    def _find_spec(self, rows: Rows, flow: Record) -> Mapping[str, Any]:
        """Return the flow specification of a dataflow; one that is gone demands nothing of a run."""
        catalog = self.context.catalog()
        spec = fixed_specs.flow_spec(rows, flow.scope, catalog, flow.spec_id)
        return spec or {}

    def _check_repeatable(
        self, run: Record, flow: Record, flow_spec: Mapping[str, Any]
    ) -> None:
        code, text = "", ""
        if spec_rules.is_streaming(flow_spec):
            code = "CONNECTOR-1333-400"
            text = f"{RETRY} is for runs of batch sources"
        elif not _has_nothing_to_lose(run.document):
            code = "CONNECTOR-1387-400"
            text = f"{RETRY} is for a run that failed, or that succeeded without writing a record"
        elif transitions.target_state(flow) != ENABLED:
            code = "CONNECTOR-1388-400"
            text = "the dataflow is not enabled: enable it first"
        if code:
            raise FlowError(code, text, id=run.id, type=self.type)


def _has_nothing_to_lose(document: dict[str, Any]) -> bool:
    """Say whether a run has failed, or is over without having written a record."""
    status = run_documents.status_of(document)
    if run_documents.is_failure(status):
        return True
    summary = document["metrics"].get("recordSummary", {})
    return run_documents.is_over(status) and summary.get("outputRecordCount") == 0
