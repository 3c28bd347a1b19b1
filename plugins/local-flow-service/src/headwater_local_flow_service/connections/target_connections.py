"""Target connections: which data set of the data lake a dataflow writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.connections import connected
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import actions, bodies
from headwater_local_flow_service.kernel.kind import DRAFT, Content, ResourceKind
from headwater_local_flow_service.listing.views import View
from headwater_local_flow_service.neighbours import lookup
from headwater_local_flow_service.specs import drafts, references
from headwater_local_flow_service.specs.fixed_connection_specs import DATA_LAKE
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from headwater_local_flow_service.kernel.kind import Creation, Operation
    from headwater_local_flow_service.store.store import Record, Rows

# Fields that say nothing where they are null.
OPTIONAL = (connected.BASE, "data", "params")

_SCHEMA = {"id": "string", "schemaId": "string", "version": "string"}


class TargetConnections(ResourceKind):
    """``/targetConnections``: a data set that is there, in the data lake."""

    type = "targetConnections"
    view = View(
        table=tables.target_connections, spec="connectionSpec", links=(connected.BASE,)
    )

    def validate_new(self, body: dict[str, Any], creation: Creation) -> Content:
        """Check a new target connection."""
        reference = body.get("connectionSpec")
        if references.spec_id(reference) != DATA_LAKE:
            raise FlowError(
                "CONNECTOR-1307-400",
                f"connectionSpec.id of a target must be the data lake's, {DATA_LAKE}",
            )
        reference = references.spec_reference(
            reference, DATA_LAKE, self.context.settings.strictness
        )
        document = bodies.normalize(bodies.drop_read_only(body), *OPTIONAL)
        document["connectionSpec"] = reference
        check(document, draft=creation.draft)
        return Content(document=document)

    def validate_change(
        self,
        record: Record,
        document: dict[str, Any],
        body: Any,  # noqa: ARG002
    ) -> Content:
        """Check a patched target connection. Dataflows that write it keep what they were made with."""
        document = bodies.normalize(document, *OPTIONAL)
        check(document, draft=record.state == DRAFT)
        return Content(document=document)

    def complete(self, rows: Rows, record: Record, content: Content) -> Record:  # noqa: ARG002
        """Check that the data set is there."""
        params = record.document.get("params") or {}
        id = params.get("dataSetId")
        if id is not None and lookup.data_set(rows, record.scope, id) is None:
            raise FlowError(
                "CONNECTOR-1312-400",
                "params.dataSetId does not name a data set of this sandbox",
            )
        return record

    def act(self, rows: Rows, record: Record, operation: Operation) -> Record:
        """Publish a draft: from now on it must be whole."""
        actions.check(operation, (actions.PUBLISH,))
        drafts.check_unpublished(record, self.type)
        check(record.document, draft=False)
        content = Content(document=record.document)
        completed = self.complete(rows, record, content)
        return drafts.publish(completed, operation.caller, content)

    def check_deletable(self, rows: Rows, record: Record) -> None:
        """Refuse while an active dataflow writes it."""
        connected.check_unused(rows, record, self.type)


def check(document: dict[str, Any], *, draft: bool) -> None:
    """Check a target connection apart from what it refers to; a draft may lack parts. Raises `FlowError`."""
    bodies.check_naming(document)
    if connected.BASE in document:
        raise FlowError(
            "CONNECTOR-1332-400",
            "the data lake has no base connection: leave baseConnectionId out",
        )
    data = bodies.require_field(document, "data", "object", draft=draft) or {}
    bodies.check_types(data, {"format": "string", "schema": "object"}, path="data")
    bodies.check_types(data.get("schema") or {}, _SCHEMA, path="data.schema")
    params = bodies.read_field(document, "params", "object") or {}
    bodies.require_field(
        bodies.normalize(params, "dataSetId"),
        "dataSetId",
        "string",
        path="params",
        code="CONNECTOR-1325-400",
        draft=draft,
    )
