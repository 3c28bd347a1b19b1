"""Dataflows: one source connection, one target connection, what happens to rows between, and when."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.flows import (
    dataflow,
    flow_bodies,
    flow_connections,
    flow_documents,
    scheduled_runs,
    schedules,
    spec_rules,
    transformations,
)
from headwater_local_flow_service.gateway import address
from headwater_local_flow_service.inlets import registry
from headwater_local_flow_service.kernel import actions, bodies, lifecycle, patching
from headwater_local_flow_service.kernel.clock import now
from headwater_local_flow_service.kernel.kind import (
    DISABLED,
    DRAFT,
    ENABLED,
    Content,
    ResourceKind,
)
from headwater_local_flow_service.kernel.lifecycle import find_record
from headwater_local_flow_service.listing.views import View
from headwater_local_flow_service.specs import drafts, fixed_specs, references
from headwater_local_flow_service.store import tables
from headwater_local_flow_service.store.inlet_rows import InletRows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.flows.dataflow import Dataflow
    from headwater_local_flow_service.flows.flow_connections import FlowConnections
    from headwater_local_flow_service.kernel.kind import Creation, Operation
    from headwater_local_flow_service.store.store import Record, Rows, Scope

ENABLE = "enable"
DISABLE = "disable"
# From which state to which.
_STATES = {ENABLE: (DISABLED, ENABLED), DISABLE: (ENABLED, DISABLED)}
_FIXED_FIELDS = ("flowSpec", *sorted(flow_documents.WRITTEN))


@attrs.frozen(kw_only=True)
class FlowContent(Content):
    """What a dataflow's row will hold, and what was read on the way: the parts of its document, its specification."""

    flow: Dataflow
    spec: Mapping[str, Any] = attrs.field(repr=False)


class Flows(ResourceKind):
    """``/flows``: each with its flow specification's rules on transformations and schedule."""

    type = "flows"
    view = View(
        table=tables.flows,
        spec="flowSpec",
        links=(f"{dataflow.SOURCES}[]", f"{dataflow.TARGETS}[]"),
    )

    def validate_new(self, body: dict[str, Any], creation: Creation) -> FlowContent:
        """Check a new dataflow; the connections it names are looked at when it is stored."""
        flow_bodies.check_service_fields(body)
        reference = body.get("flowSpec")
        id = references.spec_id(reference, "flowSpec")
        reference = references.spec_reference(
            reference, id, self.context.settings.strictness, "flowSpec"
        )
        document = flow_documents.drop_written(bodies.drop_read_only(body))
        scope = creation.caller.scope
        with self.context.store.reading() as rows:
            spec = self._require_spec(rows, scope, id)
            self._check_source(rows, scope, document, spec)
        if creation.draft:
            drafts.check_supported(spec)
        warning = ""
        if self._passes_schedule_over(document, spec):
            document = bodies.drop_fields(document, (schedules.FIELD,))
            warning = f"passed over: {schedules.FIELD}; streaming data has no schedule"
        flow = flow_bodies.read_dataflow(
            document | {"flowSpec": reference}, spec, draft=creation.draft
        )
        if not creation.draft:
            transformations.check_delta_column(flow, spec)
            transformations.check_mapped(flow, spec)
            self._check_start(flow)
        return attrs.evolve(_build_content(flow, spec, "create"), warning=warning)

    def _passes_schedule_over(
        self, document: dict[str, Any], spec: Mapping[str, Any]
    ) -> bool:
        """Say whether the schedule of a streaming dataflow is left out: public clients send one with every dataflow."""
        is_strict = self.context.settings.strictness.refuse_loose_spellings
        return (
            not is_strict
            and bool(document.get(schedules.FIELD))
            and spec_rules.is_streaming(spec)
        )

    def unseal(self, record: Record) -> dict[str, Any]:
        """Return a row's document as a patch sees it: without what the service writes."""
        return flow_documents.drop_written(record.document)

    def validate_change(
        self, record: Record, document: dict[str, Any], body: Any
    ) -> FlowContent:
        """Check a patched dataflow; once its schedule has begun, not everything can be changed any more."""
        for name in _FIXED_FIELDS:
            if patching.touches(body, name):
                raise FlowError("CONNECTOR-1365-400", f"/{name} cannot be patched")
        document = flow_documents.drop_written(document)
        spec = self._read_spec(record.scope, record.spec_id)
        ops = body if isinstance(body, list) else [body]
        if record.state == DRAFT:
            flow = flow_bodies.read_dataflow(document, spec, draft=True)
            return _build_content(flow, spec, "update", ops)
        before = dataflow.read_stored(record.document)
        schedules.check_frequency(
            before.schedule, document.get(schedules.FIELD), now() // 1000
        )
        after = flow_bodies.read_dataflow(document, spec, draft=False)
        self._check_change(before, after, spec)
        return _build_content(after, spec, "update", ops)

    def refers_to(self, document: dict[str, Any]) -> tuple[str, ...]:
        """Return the ids of the source and the target connection."""
        return dataflow.list_connection_ids(document)

    def complete(self, rows: Rows, record: Record, content: FlowContent) -> Record:
        """Check the connections of the dataflow, and have its next run recorded."""
        connections = flow_connections.find_connections(
            rows, record.scope, content.flow
        )
        return self._complete(rows, record, content, connections)

    def act(self, rows: Rows, record: Record, operation: Operation) -> Record:
        """Enable, disable or publish."""
        actions.check(
            operation, (ENABLE, DISABLE, actions.PUBLISH, *actions.FINALIZING)
        )
        if operation.name == actions.PUBLISH:
            return self._publish(rows, record, operation)
        before, after = _STATES[operation.name]
        if record.state != before:
            text = f"{operation.name} is for a dataflow that is {before}"
            raise FlowError("FLOW-1422-400", text, id=record.id, type=self.type)
        flow = dataflow.read_stored(record.document)
        if operation.name == ENABLE:
            # While it was disabled, it kept nobody from deleting its connections.
            flow_connections.find_connections(rows, record.scope, flow)
        last_operation = flow_documents.build_last_operation("update", now(), [])
        document = record.document | {flow_documents.LAST_OPERATION: last_operation}
        record = lifecycle.revise_record(
            record, operation.caller.client, Content(document=document)
        )
        return scheduled_runs.follow(
            rows, attrs.evolve(record, state=after), flow, now()
        )

    def remove_dependents(self, rows: Rows, record: Record) -> None:
        """Let the runs go with their dataflow, and its inlet; what was sent there still comes into the data set."""
        rows.remove_referring(tables.runs, record.scope, record.id)
        InletRows(rows).remove(record.scope, record.id)

    def render(self, record: Record) -> dict[str, Any]:
        """Return a dataflow as it is read, with the link to its runs."""
        document = flow_documents.visible_document(record.document)
        item = super().render(attrs.evolve(record, document=document))
        if _has_inlet(record):
            id = registry.id_of(self.context.store, record.scope, record.id)
            url = registry.url_of(address.current(), id)
            item = flow_documents.add_inlet(item, url)
        return item | {"runs": f"/runs?property=flowId=={record.id}"}

    def _publish(self, rows: Rows, record: Record, operation: Operation) -> Record:
        drafts.check_unpublished(record, self.type)
        spec = self._require_spec(rows, record.scope, record.spec_id)
        flow = flow_bodies.read_dataflow(self.unseal(record), spec, draft=False)
        transformations.check_delta_column(flow, spec)
        transformations.check_mapped(flow, spec)
        self._check_start(flow)
        connections = flow_connections.find_connections(rows, record.scope, flow)
        if connections.has_draft:
            text = "the source or target connection is a draft: publish it first"
            raise FlowError("FLOW-1422-400", text, id=record.id, type=self.type)
        content = _build_content(flow, spec, "update")
        record = drafts.publish(record, operation.caller, content)
        return self._complete(rows, record, content, connections)

    def _complete(
        self,
        rows: Rows,
        record: Record,
        content: FlowContent,
        connections: FlowConnections,
    ) -> Record:
        flow, spec = content.flow, content.spec
        flow_connections.check_specs(connections, spec)
        if record.state != DRAFT:
            flow_connections.check_published(connections)
            transformations.check_columns(flow, spec, connections)
        transformations.check_mapping(rows, record.scope, flow, connections)
        if _has_inlet(record):
            registry.ensure(rows, record.scope, record.id)
        document = record.document
        stored = rows.get(self.view.table, record.scope, record.id)
        if stored is not None:
            document = flow_documents.carry_over(document, stored.document)
        inherited = flow_connections.build_inherited(connections, spec)
        document = document | {flow_documents.INHERITED: inherited}
        return scheduled_runs.follow(
            rows, attrs.evolve(record, document=document), flow, now()
        )

    def _read_spec(self, scope: Scope, id: str) -> Mapping[str, Any]:
        with self.context.store.reading() as rows:
            return self._require_spec(rows, scope, id)

    def _check_source(
        self,
        rows: Rows,
        scope: Scope,
        document: Mapping[str, Any],
        spec: Mapping[str, Any],
    ) -> None:
        """Refuse a flow specification that is not for the source, before what else follows from it is told.

        A tutorial creates its dataflow of a table with the specification for files: what is wrong is not its schedule.
        """
        ids = document.get(dataflow.SOURCES)
        if not isinstance(ids, list) or len(ids) != 1 or not isinstance(ids[0], str):
            return
        catalog = self.context.catalog()
        flow_connections.check_source(
            find_record(rows, tables.source_connections, scope, ids[0]),
            spec,
            functools.partial(fixed_specs.name_fitting, rows, scope, catalog),
        )

    def _require_spec(self, rows: Rows, scope: Scope, id: str) -> Mapping[str, Any]:
        spec = fixed_specs.flow_spec(rows, scope, self.context.catalog(), id)
        if spec is None:
            raise FlowError(
                "FLOW-1413-400", "flowSpec.id is not a known flow specification"
            )
        return spec

    def _check_start(self, flow: Dataflow) -> None:
        if self.context.settings.strictness.past_start_time == "reject":
            schedules.check_start(flow.schedule, now() // 1000)

    def _check_change(
        self, before: Dataflow, after: Dataflow, spec: Mapping[str, Any]
    ) -> None:
        old, new = before.schedule, after.schedule
        schedules.check_change(old, new, now() // 1000)
        if old is not None and new is not None and old.start != new.start:
            self._check_start(after)
        if not _keeps_column(before, after):
            transformations.check_delta_column(after, spec)
        if before.find_params(spec_rules.MAPPING) is not None:
            transformations.check_mapped(after, spec)


def _has_inlet(record: Record) -> bool:
    """Say whether data is sent to a dataflow itself: its source, a webhook, has no base connection."""
    return record.spec_id == registry.WEBHOOK and record.state != DRAFT


def _build_content(
    flow: Dataflow,
    spec: Mapping[str, Any],
    operation: str,
    ops: list[Any] | None = None,
) -> FlowContent:
    last_operation = flow_documents.build_last_operation(operation, now(), ops or [])
    document = flow.document | {flow_documents.LAST_OPERATION: last_operation}
    return FlowContent(document=document, flow=flow, spec=spec)


def _keeps_column(before: Dataflow, after: Dataflow) -> bool:
    """Say whether a dataflow that runs once keeps its delta column, which a run on demand may have written into it."""
    for schedule in (before.schedule, after.schedule):
        if schedule is None or schedule.repeats:
            return False
    return before.delta_column == after.delta_column
