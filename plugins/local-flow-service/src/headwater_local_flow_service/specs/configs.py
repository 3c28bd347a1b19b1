"""``/configs``: what a connection or a specification can be configured with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.errors import FlowError, not_found
from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.gateway.incoming import parameters
from headwater_local_flow_service.kernel import lifecycle
from headwater_local_flow_service.specs import stored_specs
from headwater_local_flow_service.specs.fixed_connection_specs import (
    DATA_LAKE_EXPORT,
    LANDING_ZONE_TARGET,
)
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    import falcon

    from headwater_local_flow_service.kernel.kind import ResourceKind
    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.store.store import Record, Rows, Scope

PARAMETERS: Final = ("outputType", "outputField", "start", "limit")
_ONLY: Final = {"outputType": "activationDatasets", "outputField": "datasets"}
_EXPORTED: Final = (DATA_LAKE_EXPORT, LANDING_ZONE_TARGET)
_DEFAULT: Final = 20  # items of one page
_LARGEST: Final = 100  # items of one page
_NUMBER: Final = re.compile(r"[0-9]{1,9}")


class ConnectionConfigs:
    """``/connections/{id}/configs``: no source here has anything to configure, so the list is empty."""

    def __init__(self, kind: ResourceKind) -> None:
        self._kind = kind

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return an empty list for a connection that is there."""
        parameters(req, ())
        lifecycle.read_record(self._kind, caller_of(req).scope, id)
        resp.media = {"items": []}


class SpecConfigs:
    """``/connectionSpecs/{id}/configs``: the sandbox's data sets where data is exported, nothing for other sources."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return one page, by position: ``start`` from 0, ``limit`` up to 100."""
        page = _read_page(req)
        scope, catalog = caller_of(req).scope, self._context.catalog()
        with self._context.store.reading() as rows:
            spec = stored_specs.find_connection_spec(rows, catalog, scope, id)
            if spec is None:
                raise not_found(id, "connectionSpecs")
            records = _read_data_sets(rows, scope, page) if id in _EXPORTED else []
        items = [_render(record) for record in records[: page.limit]]
        has_next = len(records) > page.limit
        resp.media = {"items": items, "pageInfo": {"hasNext": has_next}}


@attrs.frozen
class _Page:
    """Which items are asked for: `limit` of them, after `start` others."""

    start: int
    limit: int


def _read_page(req: falcon.Request) -> _Page:
    query = {name: values[-1] for name, values in parameters(req, PARAMETERS).items()}
    for name, only in _ONLY.items():
        if query.get(name, only) != only:
            raise FlowError("CONNECTOR-1312-400", f"{name} must be {only}")
    start = _read_number(query, "start", 0, least=0)
    limit = _read_number(query, "limit", _DEFAULT, least=1)
    if limit > _LARGEST:
        raise FlowError("CONNECTOR-1312-400", f"limit must be 1 to {_LARGEST}")
    return _Page(start, limit)


def _read_number(
    query: Mapping[str, str], name: str, default: int, *, least: int
) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not _NUMBER.fullmatch(text) or int(text) < least:
        raise FlowError(
            "CONNECTOR-1312-400", f"{name} must be a whole number from {least}"
        )
    return int(text)


def _read_data_sets(rows: Rows, scope: Scope, page: _Page) -> list[Record]:
    """Return the rows of a page, and one more where there are more."""
    table = tables.data_sets
    return rows.select(
        table,
        scope,
        order=[table.c.seq],
        limit=page.limit + 1,
        offset=page.start,
    )


def _render(record: Record) -> dict[str, Any]:
    facts = {
        "id": record.id,
        "name": record.document.get("name"),
        "schemaRef": record.document.get("schemaRef"),
    }
    return {name: fact for name, fact in facts.items() if fact is not None}
