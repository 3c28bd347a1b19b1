"""Source connections: which table or files of a base connection a dataflow reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.connections import connected, pql
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import actions, bodies
from headwater_local_flow_service.kernel.kind import DRAFT, Content, ResourceKind
from headwater_local_flow_service.listing.views import View
from headwater_local_flow_service.specs import (
    data_formats,
    drafts,
    references,
    spec_parts,
    stored_specs,
)
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from headwater.connectors.connector import Connector
    from headwater_local_flow_service.kernel.kind import Creation, Operation
    from headwater_local_flow_service.store.store import Record, Rows


class SourceConnections(ResourceKind):
    """``/sourceConnections``: data of a base connection, in a format its source has."""

    type = "sourceConnections"
    view = View(
        table=tables.source_connections, spec="connectionSpec", links=(connected.BASE,)
    )

    def validate_new(self, body: dict[str, Any], creation: Creation) -> Content:
        """Check a new source connection against its connector."""
        scope = creation.caller.scope
        stored = stored_specs.asked(self.context.store, scope)
        found = references.source_spec(
            body, self.context.catalog(), self.context.settings.strictness, stored
        )
        if creation.draft:
            drafts.check_offered(self.context, scope, found.reference["id"])
        document = bodies.drop_read_only(body) | {"connectionSpec": found.reference}
        check(document, found.connector, draft=creation.draft)
        return Content(document=document, warning=found.warning)

    def validate_change(
        self,
        record: Record,
        document: dict[str, Any],
        body: Any,  # noqa: ARG002
    ) -> Content:
        """Check a patched source connection. Dataflows that read it keep what they were made with."""
        with self.context.store.reading() as rows:
            self._check(rows, record, document, draft=record.state == DRAFT)
        return Content(document=document)

    def unseal(self, record: Record) -> dict[str, Any]:
        """Return a row's document as a patch sees it: without what the service derives."""
        return connected.own(record.document)

    def refers_to(self, document: dict[str, Any]) -> tuple[str, ...]:
        """Return the id of the base connection."""
        return connected.refers_to(document)

    def complete(self, rows: Rows, record: Record) -> Record:
        """Check that the base connection is there, and is one of the same source."""
        return connected.settled(rows, record)

    def act(self, rows: Rows, record: Record, operation: Operation) -> Record:
        """Publish a draft: from now on it must be whole, and so must its base connection."""
        actions.check(operation, (actions.PUBLISH,))
        drafts.check_unpublished(record, self.type)
        self._check(rows, record, connected.own(record.document))
        connected.check_base_published(rows, record, self.type)
        return drafts.published(
            record, operation.caller, Content(document=record.document)
        )

    def check_deletable(self, rows: Rows, record: Record) -> None:
        """Refuse while an active dataflow reads it."""
        connected.check_unused(rows, record, self.type)

    def _check(
        self,
        rows: Rows,
        record: Record,
        document: dict[str, Any],
        *,
        draft: bool = False,
    ) -> None:
        connector = stored_specs.connector(
            rows, self.context.catalog(), record.scope, record.spec_id
        )
        if connector is None:
            raise FlowError(
                "FLOW-1413-400",
                "the connector of this source connection is not installed any more",
            )
        check(document, connector, draft=draft)


def check(document: dict[str, Any], connector: Connector, *, draft: bool) -> None:
    """Check a source connection apart from what it refers to; a draft may lack parts. Raises `FlowError`."""
    bodies.check_texts(document)
    _check_base(document, connector, draft=draft)
    for name in ("data", "params"):
        if document.get(name) is None:
            document.pop(name, None)
    kind = spec_parts.kind_of(connector)
    if "data" in document or not draft:
        data_formats.check_data(
            bodies.require_field(document, "data", "object"), kind, draft=draft
        )
    params = bodies.read_field(document, "params", "object") or {}
    if kind == "table":
        _check_table(params, connector, draft=draft)
    elif kind == "file":
        _check_files(params, draft=draft)


def _check_base(document: dict[str, Any], connector: Connector, *, draft: bool) -> None:
    if document.get(connected.BASE) is None:
        document.pop(connected.BASE, None)
    if not connector.spec.base_connection:
        if connected.BASE in document:
            text = f"{connector.spec.name} has no base connection: leave baseConnectionId out"
            raise FlowError("CONNECTOR-1332-400", text)
    elif connected.BASE in document or not draft:
        bodies.require_field(document, connected.BASE, "string")


def _check_table(params: dict[str, Any], connector: Connector, *, draft: bool) -> None:
    # Older clients name the table in path.
    name = "path" if "tableName" not in params and "path" in params else "tableName"
    if name in params or not draft:
        bodies.require_field(
            params, name, "string", path="params", code="CONNECTOR-1323-400"
        )
    columns = bodies.read_field(params, "columns", "array", path="params")
    if columns is not None:
        _check_columns(columns)
    if params.get("filters") is not None:
        if not spec_parts.filters_at_source(connector):
            raise FlowError(
                "CONNECTOR-1353-400",
                f"{connector.spec.name} does not filter at the source",
            )
        pql.check(params["filters"])
    bodies.read_field(params, "cdcEnabled", "boolean", path="params")


def _check_columns(columns: list[Any]) -> None:
    if not columns:
        raise FlowError(
            "CONNECTOR-1330-400", "params.columns is empty: the table has no columns"
        )
    for column in columns:
        if not isinstance(column, dict):
            raise FlowError(
                "CONNECTOR-1312-400", "params.columns must be an array of objects"
            )
        bodies.require_field(column, "name", "string", path="params.columns[]")
        bodies.read_field(column, "type", "string", path="params.columns[]")


def _check_files(params: dict[str, Any], *, draft: bool) -> None:
    if "path" in params or not draft:
        bodies.require_field(
            params, "path", "string", path="params", code="CONNECTOR-1323-400"
        )
    bodies.read_choice(params, "type", ("file", "folder"), path="params")
