"""Specifications that callers have stored: the organization's own, in all of its sandboxes, and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.kernel.audit import audit_block
from headwater_local_flow_service.kernel.handlers import is_id
from headwater_local_flow_service.store import tables
from headwater_local_flow_service.store.store import Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Table

    from headwater.connectors.connector import Connector
    from headwater_local_flow_service.kernel.catalog import Catalog
    from headwater_local_flow_service.store.store import Record, Rows, Store

ANY_SANDBOX = (
    ""  # what the rows of specifications hold in the place of a sandbox's name
)


def scope_of(scope: Scope) -> Scope:
    """Return whose specifications a caller of this scope sees."""
    return Scope(org=scope.org, sandbox=ANY_SANDBOX)


def documents(rows: Rows, table: Table, scope: Scope) -> list[dict[str, Any]]:
    """Return an organization's specifications as they are read, oldest first."""
    return [
        rendered(record)
        for record in rows.select(table, scope_of(scope), order=[table.c.seq])
    ]


def rendered(record: Record) -> dict[str, Any]:
    """Return a specification as it is read: without a sandbox, for it holds in all of them."""
    audit = {
        name: fact
        for name, fact in audit_block(record).items()
        if not name.startswith("sandbox")
    }
    return {**audit, **record.document}


def flow_spec(rows: Rows, scope: Scope, id: str) -> dict[str, Any] | None:
    """Return an organization's flow specification by id, or None."""
    record = _stored(rows, tables.flow_specs, scope, id)
    return None if record is None else rendered(record)


def connectors(rows: Rows, scope: Scope) -> list[Connector]:
    """Return a connector for each source that an organization has specified itself."""
    found = documents(rows, tables.connection_specs, scope)
    return [
        connector for connector in map(connector_of, found) if connector is not None
    ]


def connector(rows: Rows, catalog: Catalog, scope: Scope, id: str) -> Connector | None:
    """Return the connector of a connection specification: an installed one, or one that the organization specified."""
    return catalog.by_id.get(id) or stored_connector(rows, scope, id)


def stored_connector(rows: Rows, scope: Scope, id: str) -> Connector | None:
    """Return the connector of a connection specification that the organization stored, or None."""
    record = _stored(rows, tables.connection_specs, scope, id)
    return None if record is None else connector_of(rendered(record))


def asked(store: Store, scope: Scope) -> Callable[[str], Connector | None]:
    """Return `stored_connector` for those who have no transaction of their own."""

    def ask(id: str) -> Connector | None:
        with store.reading() as rows:
            return stored_connector(rows, scope, id)

    return ask


def connection_spec(
    rows: Rows, catalog: Catalog, scope: Scope, id: str
) -> dict[str, Any] | None:
    """Return a connection specification: of a connector, fixed, or stored by the organization; or None."""
    if id in catalog.specs:
        return catalog.specs[id]
    record = _stored(rows, tables.connection_specs, scope, id)
    return None if record is None else rendered(record)


def _stored(rows: Rows, table: Table, scope: Scope, id: str) -> Record | None:
    return rows.get(table, scope_of(scope), id) if is_id(id) else None


def connector_of(document: dict[str, Any]) -> Connector | None:
    """Return the connector of a stored specification, or None where it is no source.

    It is what the core makes of a tenant's specification: credentials are held against the ``authSpec`` as it came.
    """
    from headwater.flowservice.models import remote_spec
    from headwater.models import Distribution
    from headwater.tenant import connectors as tenant

    spec = remote_spec(document)
    if not tenant.is_usable(spec):
        return None
    return tenant.connector_of(
        spec, spec.name, Distribution("a stored connection specification", spec.version)
    )
