"""Source connections: which table or files of a base connection a dataflow reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.connections import connected, pql, source_params
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import actions, bodies
from headwater_local_flow_service.kernel.kind import DRAFT, Content, ResourceKind
from headwater_local_flow_service.listing.views import View
from headwater_local_flow_service.specs import (
    data_formats,
    drafts,
    loose_spellings,
    references,
    source_connectors,
    source_shapes,
    spec_parts,
)
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from headwater.connectors.connector import Connector
    from headwater_local_flow_service.kernel.kind import Creation, Operation
    from headwater_local_flow_service.specs.source_shapes import SourceShape
    from headwater_local_flow_service.store.store import Record, Rows

# Fields that say nothing where they are null.
OPTIONAL = (connected.BASE, "data", "params")


class SourceConnections(ResourceKind):
    """``/sourceConnections``: data of a base connection, in a format its source has."""

    type = "sourceConnections"
    view = View(
        table=tables.source_connections, spec="connectionSpec", links=(connected.BASE,)
    )

    def validate_new(self, body: dict[str, Any], creation: Creation) -> Content:
        """Check a new source connection against its connector."""
        source = references.resolve_source(
            self.context, creation, body.get("connectionSpec")
        )
        document = bodies.normalize(bodies.drop_read_only(body), *OPTIONAL)
        document["connectionSpec"] = source.reference
        shape = source_connectors.look_up_shape(
            self.context, creation.caller.scope, source.connector
        )
        document = self._straighten(document, shape)
        check(document, source.connector, shape, draft=creation.draft)
        return Content(document=document, warning=source.warning)

    def validate_change(
        self,
        record: Record,
        document: dict[str, Any],
        body: Any,  # noqa: ARG002
    ) -> Content:
        """Check a patched source connection. Dataflows that read it keep what they were made with."""
        document = bodies.normalize(document, *OPTIONAL)
        connector = _require_installed(
            source_connectors.look_up_connector(
                self.context, record.scope, record.spec_id
            )
        )
        shape = source_connectors.look_up_shape(self.context, record.scope, connector)
        document = self._straighten(document, shape)
        check(document, connector, shape, draft=record.state == DRAFT)
        return Content(document=document)

    def unseal(self, record: Record) -> dict[str, Any]:
        """Return a row's document as a patch sees it: without what the service derives."""
        return connected.drop_inherited(record.document)

    def refers_to(self, document: dict[str, Any]) -> tuple[str, ...]:
        """Return the id of the base connection."""
        return connected.refers_to(document)

    def complete(self, rows: Rows, record: Record, content: Content) -> Record:  # noqa: ARG002
        """Check that the base connection is there, and is one of the same source."""
        return connected.inherit(rows, record)

    def act(self, rows: Rows, record: Record, operation: Operation) -> Record:
        """Publish a draft: from now on it must be whole, and so must its base connection."""
        actions.check(operation, (actions.PUBLISH,))
        drafts.check_unpublished(record, self.type)
        catalog = self.context.catalog()
        connector = _require_installed(
            source_connectors.find_connector(
                rows, catalog, record.scope, record.spec_id
            )
        )
        shape = source_connectors.find_shape(rows, catalog, record.scope, connector)
        check(record.document, connector, shape, draft=False)
        connected.check_base_published(rows, record, self.type)
        content = Content(document=record.document)
        return drafts.publish(record, operation.caller, content)

    def check_deletable(self, rows: Rows, record: Record) -> None:
        """Refuse while an active dataflow reads it."""
        connected.check_unused(rows, record, self.type)

    def _straighten(
        self, document: dict[str, Any], shape: SourceShape
    ) -> dict[str, Any]:
        """Return a document whose data is spelled as its source spells it, unless the service is strict."""
        data = document.get("data")
        if self.context.settings.strictness.refuse_loose_spellings:
            return document
        if not isinstance(data, dict):
            return document
        straight = loose_spellings.straighten_data(data, shape.formats)
        return document | {"data": straight}


def _require_installed(connector: Connector | None) -> Connector:
    if connector is None:
        raise FlowError(
            "FLOW-1413-400",
            "the connector of this source connection is not installed any more",
        )
    return connector


def check(
    document: dict[str, Any],
    connector: Connector,
    shape: SourceShape,
    *,
    draft: bool,
) -> None:
    """Check a source connection apart from what it refers to; a draft may lack parts. Raises `FlowError`."""
    bodies.check_naming(document)
    _check_base(document, connector, draft=draft)
    _check_data(document, shape, draft=draft)
    params = bodies.read_field(document, "params", "object") or {}
    if shape.kind == source_shapes.TABLE:
        _check_table(params, connector, draft=draft)
    elif shape.kind == source_shapes.FILE:
        _check_files(params, draft=draft)
    else:
        source_params.check(params, shape, draft=draft)


def _check_base(document: dict[str, Any], connector: Connector, *, draft: bool) -> None:
    if connector.spec.base_connection:
        bodies.require_field(document, connected.BASE, "string", draft=draft)
    elif connected.BASE in document:
        text = (
            f"{connector.spec.name} has no base connection: leave baseConnectionId out"
        )
        raise FlowError("CONNECTOR-1332-400", text)


def _check_data(document: dict[str, Any], shape: SourceShape, *, draft: bool) -> None:
    """Check how the data is laid out; some streams say it elsewhere, and need not repeat it."""
    if not shape.has_data and not document.get("data"):
        bodies.read_field(document, "data", "object")
        return
    data = bodies.require_field(document, "data", "object", draft=draft)
    data_formats.check_data(data or {}, shape.formats, draft=draft)


def _check_table(params: dict[str, Any], connector: Connector, *, draft: bool) -> None:
    name = "tableName"
    if name not in params and "path" in params:  # older clients name the table so
        name = "path"
    bodies.require_field(
        params,
        name,
        "string",
        path="params",
        code="CONNECTOR-1323-400",
        draft=draft,
    )
    if params.get("columns") is not None:
        _check_columns(params)
    if params.get("filters") is not None:
        spec_parts.check_filters_at_source(connector)
        pql.check(params["filters"])
    bodies.read_field(params, "cdcEnabled", "boolean", path="params")


def _check_columns(params: dict[str, Any]) -> None:
    columns = bodies.read_array(params, "columns", "object", path="params")
    if not columns:
        raise FlowError(
            "CONNECTOR-1330-400", "params.columns is empty: the table has no columns"
        )
    for column in columns:
        bodies.require_field(column, "name", "string", path="params.columns[]")
        bodies.read_field(column, "type", "string", path="params.columns[]")


def _check_files(params: dict[str, Any], *, draft: bool) -> None:
    bodies.require_field(
        params,
        "path",
        "string",
        path="params",
        code="CONNECTOR-1323-400",
        draft=draft,
    )
    bodies.read_choice(params, "type", ("file", "folder"), path="params")
