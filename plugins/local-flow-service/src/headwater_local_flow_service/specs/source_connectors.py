"""The connector of a source: an installed one, or one made of what the organization specified itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.specs import spec_parts, stored_specs
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from headwater.connectors.connector import Connector
    from headwater.flowservice import RemoteSpec
    from headwater_local_flow_service.kernel.catalog import Catalog
    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.store.store import Rows, Scope


def look_up_connector(
    context: ServiceContext, scope: Scope, id: str
) -> Connector | None:
    """Return the connector of a connection specification, or None; opens a transaction where it is not installed."""
    installed = context.catalog().by_id.get(id)
    if installed is not None:
        return installed
    with context.store.reading() as rows:
        return _find_stored_connector(rows, scope, id)


def find_connector(
    rows: Rows, catalog: Catalog, scope: Scope, id: str
) -> Connector | None:
    """Return the connector of a connection specification, or None."""
    return catalog.by_id.get(id) or _find_stored_connector(rows, scope, id)


def list_source_ids(rows: Rows, catalog: Catalog, scope: Scope) -> dict[str, list[str]]:
    """Return the ids of every source of an organization by how its data comes: table, file or streaming.

    Builds no connector: an organization may have specified many sources.
    """
    from headwater.tenant.connectors import source_kind

    ids: dict[str, list[str]] = {kind: [] for kind in spec_parts.KINDS}
    for id, connector in catalog.by_id.items():
        ids[spec_parts.kind_of(connector)].append(id)
    for document in stored_specs.list_stored(rows, tables.connection_specs, scope):
        spec = _read_source(document)
        if spec is not None:
            ids[source_kind(spec)].append(spec.id)
    return ids


def _find_stored_connector(rows: Rows, scope: Scope, id: str) -> Connector | None:
    document = stored_specs.find_stored(rows, tables.connection_specs, scope, id)
    return None if document is None else _build_connector(document)


def _build_connector(document: dict[str, Any]) -> Connector | None:
    """Build what the core makes of a tenant's specification: credentials are validated against its ``authSpec``."""
    from headwater.models import Distribution
    from headwater.tenant import connectors

    spec = _read_source(document)
    if spec is None:
        return None
    origin = Distribution("a stored connection specification", spec.version)
    return connectors.connector_of(spec, spec.name, origin)


def _read_source(document: dict[str, Any]) -> RemoteSpec | None:
    """Read a stored specification, or return None where it is not one of a source."""
    from headwater.flowservice.models import remote_spec
    from headwater.tenant.connectors import is_usable

    spec = remote_spec(document)
    return spec if is_usable(spec) else None
