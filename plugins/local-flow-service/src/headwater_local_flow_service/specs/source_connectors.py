"""The connector of a source: an installed one, or one made of what the organization specified itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.specs import source_shapes, stored_specs
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.connectors.connector import Connector
    from headwater.flowservice import RemoteSpec
    from headwater_local_flow_service.kernel.catalog import Catalog
    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.specs.source_shapes import SourceShape
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


def look_up_shape(
    context: ServiceContext, scope: Scope, connector: Connector
) -> SourceShape:
    """Return how the data of a connector's source comes; opens a transaction where it is not installed."""
    catalog = context.catalog()
    if connector.spec.id in catalog.by_id:
        return source_shapes.shape_of(connector)
    with context.store.reading() as rows:
        return find_shape(rows, catalog, scope, connector)


def find_shape(
    rows: Rows, catalog: Catalog, scope: Scope, connector: Connector
) -> SourceShape:
    """Return how the data of a connector's source comes."""
    id = str(connector.spec.id)
    document = None
    if id not in catalog.by_id:
        document = stored_specs.find_stored(rows, tables.connection_specs, scope, id)
    spec = None if document is None else _read_source(document)
    if spec is None:
        return source_shapes.shape_of(connector)
    return _shape_of_stored(spec)


def list_source_ids(rows: Rows, catalog: Catalog, scope: Scope) -> dict[str, list[str]]:
    """Return the ids of every source of an organization by the flow specifications that take their data.

    Builds no connector: an organization may have specified many sources.
    """
    ids: dict[str, list[str]] = {}
    for id, shape in _list_shapes(rows, catalog, scope):
        for flow_spec in shape.flow_specs:
            ids.setdefault(flow_spec, []).append(id)
    return ids


def _list_shapes(
    rows: Rows, catalog: Catalog, scope: Scope
) -> Iterator[tuple[str, SourceShape]]:
    for id, connector in catalog.by_id.items():
        yield id, source_shapes.shape_of(connector)
    for document in stored_specs.list_stored(rows, tables.connection_specs, scope):
        spec = _read_source(document)
        if spec is not None:
            yield spec.id, _shape_of_stored(spec)


def _shape_of_stored(spec: RemoteSpec) -> SourceShape:
    from headwater.tenant.connectors import source_kind

    return source_shapes.shape_of_stored(spec.raw, source_kind(spec))


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
