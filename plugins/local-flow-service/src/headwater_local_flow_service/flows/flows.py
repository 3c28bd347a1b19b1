"""Dataflows: one source connection, one target connection, what happens to rows between, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.flows import (
    flow_documents,
    joined,
    scheduled_runs,
    schedules,
    transformations,
)
from headwater_local_flow_service.kernel import (
    actions,
    bodies,
    lifecycle,
    patching,
    schemas_held,
)
from headwater_local_flow_service.kernel.clock import now
from headwater_local_flow_service.kernel.kind import (
    DISABLED,
    DRAFT,
    ENABLED,
    Content,
    ResourceKind,
)
from headwater_local_flow_service.listing.views import View
from headwater_local_flow_service.specs import drafts, fixed_specs, references
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from headwater_local_flow_service.kernel.kind import Creation, Operation
    from headwater_local_flow_service.store.store import Record, Rows, Scope

ENABLE = "enable"
DISABLE = "disable"
_AFTER = {
    ENABLE: (DISABLED, ENABLED),
    DISABLE: (ENABLED, DISABLED),
}  # from which state to which
_FIXED = ("flowSpec", *sorted(flow_documents.WRITTEN))


class Flows(ResourceKind):
    """``/flows``: each with its flow specification's rules on transformations and schedule."""

    type = "flows"
    view = View(
        table=tables.flows,
        spec="flowSpec",
        links=(f"{joined.SOURCES}[]", f"{joined.TARGETS}[]"),
    )

    def validate_new(self, body: dict[str, Any], creation: Creation) -> Content:
        """Check a new dataflow; what it joins is looked at when it is stored."""
        _refuse_foreign(body)
        given = body.get("flowSpec")
        id = references.spec_id(given, "flowSpec")
        reference = references.spec_reference(
            given, id, self.context.settings.strictness, "flowSpec"
        )
        document = flow_documents.own(bodies.drop_read_only(body)) | {
            "flowSpec": reference
        }
        with self.context.store.reading() as rows:
            spec = self._spec(rows, creation.caller.scope, id)
        if creation.draft:
            drafts.check_supported(spec)
        _check(document, spec, draft=creation.draft)
        if not creation.draft:
            _check_whole(document, spec)
            self._check_start(document)
        operation = flow_documents.last_operation("create", now(), [])
        return Content(document=document | {flow_documents.LAST_OPERATION: operation})

    def unseal(self, record: Record) -> dict[str, Any]:
        """Return a row's document as a patch sees it: without what the service writes."""
        return flow_documents.own(record.document)

    def validate_change(
        self, record: Record, document: dict[str, Any], body: Any
    ) -> Content:
        """Check a patched dataflow; once its schedule has begun, not everything can be changed any more."""
        for name in _FIXED:
            if patching.touches(body, name):
                raise FlowError("CONNECTOR-1365-400", f"/{name} cannot be patched")
        with self.context.store.reading() as rows:
            spec = self._spec(rows, record.scope, record.spec_id)
        if record.state != DRAFT:
            was = schedules.of(record.document.get(schedules.FIELD))
            schedules.check_frequency(was, document.get(schedules.FIELD), now() // 1000)
        _check(document, spec, draft=record.state == DRAFT)
        if record.state != DRAFT:
            self._check_change(record.document, document, spec)
        ops = body if isinstance(body, list) else [body]
        operation = flow_documents.last_operation("update", now(), ops)
        return Content(document=document | {flow_documents.LAST_OPERATION: operation})

    def refers_to(self, document: dict[str, Any]) -> tuple[str, ...]:
        """Return the ids of the source and the target connection."""
        return joined.refers_to(document)

    def complete(self, rows: Rows, record: Record, content: Content) -> Record:  # noqa: ARG002
        """Check what the dataflow joins, and have its next run recorded."""
        spec = self._spec(rows, record.scope, record.spec_id)
        found = joined.found(rows, record.scope, record.document)
        joined.check_specs(found, spec)
        if record.state != DRAFT:
            joined.check_published(found)
            transformations.check_columns(record.document, spec, found)
        transformations.check_mapping(rows, record.scope, record.document, found)
        stored = rows.get(self.view.table, record.scope, record.id)
        document = flow_documents.kept(
            record.document, stored.document if stored else {}
        )
        document[flow_documents.INHERITED] = found.inherited(spec)
        return scheduled_runs.follow(
            rows, attrs.evolve(record, document=document), now()
        )

    def act(self, rows: Rows, record: Record, operation: Operation) -> Record:
        """Enable, disable or publish."""
        actions.check(
            operation, (ENABLE, DISABLE, actions.PUBLISH, *actions.FINALIZING)
        )
        if operation.name == actions.PUBLISH:
            drafts.check_unpublished(record, self.type)
            return self._published(rows, record, operation)
        before, after = _AFTER[operation.name]
        if record.state != before:
            text = f"{operation.name} is for a dataflow that is {before}"
            raise FlowError("FLOW-1422-400", text, id=record.id, type=self.type)
        if operation.name == ENABLE:
            joined.found(
                rows, record.scope, record.document
            )  # what is disabled keeps nobody from deleting these
        moved = attrs.evolve(
            lifecycle.revise_record(record, operation.caller.client, _updated(record)),
            state=after,
        )
        return scheduled_runs.follow(rows, moved, now())

    def remove_dependents(self, rows: Rows, record: Record) -> None:
        """Let the runs go with their dataflow."""
        rows.remove_referring(tables.runs, record.scope, record.id)

    def render(self, record: Record) -> dict[str, Any]:
        """Return a dataflow as it is read, with the link to its runs."""
        shown = attrs.evolve(record, document=flow_documents.shown(record.document))
        return super().render(shown) | {"runs": f"/runs?property=flowId=={record.id}"}

    def _published(self, rows: Rows, record: Record, operation: Operation) -> Record:
        spec = self._spec(rows, record.scope, record.spec_id)
        document = flow_documents.own(record.document)
        _check(document, spec, draft=False)
        _check_whole(document, spec)
        self._check_start(document)
        if joined.found(rows, record.scope, document).drafts:
            text = "the source or target connection is a draft: publish it first"
            raise FlowError("FLOW-1422-400", text, id=record.id, type=self.type)
        return self.complete(
            rows,
            drafts.publish(record, operation.caller, _updated(record)),
            _updated(record),
        )

    def _spec(self, rows: Rows, scope: Scope, id: str) -> dict[str, Any]:
        found = fixed_specs.flow_spec(rows, scope, self.context.catalog(), id)
        if found is None:
            raise FlowError(
                "FLOW-1413-400", "flowSpec.id is not a known flow specification"
            )
        return found

    def _check_start(self, document: dict[str, Any]) -> None:
        if self.context.settings.strictness.past_start_time == "reject":
            schedules.check_start(
                schedules.of(document.get(schedules.FIELD)), now() // 1000
            )

    def _check_change(
        self, before: dict[str, Any], after: dict[str, Any], spec: dict[str, Any]
    ) -> None:
        was, will = (
            schedules.of(document.get(schedules.FIELD)) for document in (before, after)
        )
        schedules.check_change(was, will, now() // 1000)
        if was and will and was.start != will.start:
            self._check_start(after)
        # A run on demand may have written a delta column into a dataflow that runs once: there it stays.
        column = flow_documents.delta_column(before)
        if not (
            was
            and will
            and not was.repeats
            and not will.repeats
            and column == flow_documents.delta_column(after)
        ):
            _check_whole(after, spec)


def _refuse_foreign(body: dict[str, Any]) -> None:
    if "state" in body:
        raise FlowError(
            "FLOW-1410-400",
            "state is written by the service: leave it out, or ask for mode=draft",
        )
    if "mode" in body:
        raise FlowError("CONNECTOR-1368-400", "mode is a query parameter, not a field")


def _check(document: dict[str, Any], spec: dict[str, Any], *, draft: bool) -> None:
    """Check the document of a dataflow apart from what it joins; a draft may lack parts. Raises `FlowError`."""
    bodies.check_texts(document)
    for name in (
        *joined.NAMES,
        schedules.FIELD,
        flow_documents.TRANSFORMATIONS,
        "labels",
        "policy",
        "options",
    ):
        if document.get(name) is None:
            document.pop(name, None)
    joined.check_ids(document, draft=draft)
    if schedules.FIELD in document or not draft:
        schedules.check(document.get(schedules.FIELD), spec)
    transformations.check(document, spec)
    labels = bodies.read_field(document, "labels", "array") or []
    if not all(isinstance(label, str) for label in labels):
        raise FlowError("CONNECTOR-1312-400", "labels must be an array of texts")
    bodies.read_field(document, "policy", "object")
    _check_options(bodies.read_field(document, "options", "object") or {}, spec)


def _check_options(options: dict[str, Any], spec: dict[str, Any]) -> None:
    schema = (spec.get("optionSpec") or {}).get("spec")
    found = (
        schemas_held.problem(schemas_held.coerced(options, schema), schema, "options")
        if schema
        else ""
    )
    if found:
        raise FlowError("CONNECTOR-1312-400", found)


def _check_whole(document: dict[str, Any], spec: dict[str, Any]) -> None:
    """Check what follows from schedule and transformations together. Raises `FlowError`."""
    schedule = schedules.of(document.get(schedules.FIELD))
    if schedule is not None:
        transformations.check_delta_column(document, spec, repeats=schedule.repeats)


def _updated(record: Record) -> Content:
    operation = flow_documents.last_operation("update", now(), [])
    return Content(
        document=record.document | {flow_documents.LAST_OPERATION: operation}
    )
