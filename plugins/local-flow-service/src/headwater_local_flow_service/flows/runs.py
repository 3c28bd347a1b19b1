"""Runs of dataflows. Nothing works for the embedded service: what happens to a run is what a provider reports of it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.errors import FlowError, not_found
from headwater_local_flow_service.flows import on_demand, run_documents, run_parts
from headwater_local_flow_service.kernel import actions, bodies, lifecycle, transitions
from headwater_local_flow_service.kernel.audit import audit_block, reference
from headwater_local_flow_service.kernel.clock import now
from headwater_local_flow_service.kernel.kind import ENABLED, Content, ResourceKind
from headwater_local_flow_service.listing.views import View
from headwater_local_flow_service.specs import fixed_specs
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
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
        return Content(
            document={
                name: body[name]
                for name in (*run_parts.FACTS, "flowId", "params")
                if name in body
            }
        )

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

    def complete(self, rows: Rows, record: Record, content: Content) -> Record:  # noqa: ARG002
        """Check a new run against its dataflow, and complete it."""
        sent = record.document
        flow = self._flow(rows, record, sent["flowId"])
        if flow is None:
            raise FlowError("FLOW-1430-400", "flowId names no dataflow of this sandbox")
        run_parts.check_predecessors(rows, record.scope, sent)
        spec = (
            fixed_specs.flow_spec(
                rows, record.scope, self.context.catalog(), flow.spec_id
            )
            or {}
        )
        on_demand.check_flow(flow, spec)
        strict = self.context.settings.strictness.on_demand_strict
        params = on_demand.check_params(sent.get("params"), flow, spec, strict=strict)
        on_demand.teach(rows, flow, params, record.created_by)
        facts = {name: sent[name] for name in run_parts.FACTS if name in sent}
        return attrs.evolve(
            record,
            spec_id=flow.spec_id,
            document=run_documents.document(flow, params, **facts),
        )

    def act(self, rows: Rows, record: Record, operation: Operation) -> Record:
        """Process the window of a run once more, as a run of its own."""
        if operation.name != RETRY:
            raise FlowError(
                "CONNECTOR-1401-400", f"op is {RETRY}", id=record.id, type=self.type
            )
        actions.check(operation, (RETRY,))
        flow = self._flow(rows, record, record.document["flowId"])
        if flow is None:  # runs go with their dataflow
            raise not_found(record.id, self.type)
        spec = (
            fixed_specs.flow_spec(
                rows, record.scope, self.context.catalog(), record.spec_id
            )
            or {}
        )
        refusal = _refusal(record, flow, spec)
        if refusal is not None:
            raise FlowError(*refusal, id=record.id, type=self.type)
        params = record.document["params"]
        return run_documents.born(
            flow, str(uuid.uuid4()), now(), operation.caller.client, params
        )

    def render(self, record: Record) -> dict[str, Any]:
        """Return a run as it is read; runs have an etag, but no version."""
        return {
            **audit_block(record),
            **run_documents.shown(record.document),
            "etag": record.etag,
        }

    def creation_answer(self, record: Record) -> dict[str, Any]:
        """Return what a create answers: three pages of documentation show three forms.

        See docs/flow-service-operations.md#the-answer-to-a-new-run.
        """
        form = self.context.settings.strictness.run_create_envelope
        if form == "full":
            return self.render(record)
        return {"items": [reference(record)]} if form == "items" else reference(record)

    def first_state(self, creation: Creation) -> str:  # noqa: ARG002 - runs have no drafts
        """Return the state of a new run."""
        return run_documents.SCHEDULED

    def _flow(self, rows: Rows, record: Record, id: str) -> Record | None:
        return rows.get(tables.flows, record.scope, id) if lifecycle.is_id(id) else None


def _refusal(
    run: Record, flow: Record, flow_spec: dict[str, Any]
) -> tuple[str, str] | None:
    """Return the code and the text for why a run is not repeated, or None."""
    if on_demand.streams(flow_spec):
        return "CONNECTOR-1333-400", f"{RETRY} is for runs of batch sources"
    if not _repeatable(run.document):
        return (
            "CONNECTOR-1387-400",
            f"{RETRY} is for a run that failed, or that succeeded without writing a record",
        )
    if transitions.target_state(flow) != ENABLED:
        return "CONNECTOR-1388-400", "the dataflow is not enabled: enable it first"
    return None


def _repeatable(document: dict[str, Any]) -> bool:
    status = run_documents.status(document)
    if run_documents.failed(status):
        return True
    written = document["metrics"].get("recordSummary", {}).get("outputRecordCount")
    return run_documents.ended(status) and written == 0
