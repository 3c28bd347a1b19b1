"""``/configs``: what a connection or a specification can be configured with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.errors import FlowError, not_found
from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.gateway.incoming import parameters
from headwater_local_flow_service.kernel import handlers
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
    from headwater_local_flow_service.store.store import Record

PARAMETERS: Final = ("outputType", "outputField", "start", "limit")
_ONE: Final = {"outputType": "activationDatasets", "outputField": "datasets"}
_DEFAULT, _LARGEST = 20, 100  # items of one page
_FARTHEST = 10**9


class ConnectionConfigs:
    """``/connections/{id}/configs``: no source here has anything to configure, so the list is empty."""

    def __init__(self, kind: ResourceKind) -> None:
        self._kind = kind

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return an empty list for a connection that is there."""
        parameters(req, ())
        handlers.read(self._kind, caller_of(req).scope, id)
        resp.media = {"items": []}


class SpecConfigs:
    """``/connectionSpecs/{id}/configs``: the sandbox's data sets where data is exported, nothing for other sources."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return one page, by position: ``start`` from 0, ``limit`` up to 100."""
        given = {
            name: values[-1] for name, values in parameters(req, PARAMETERS).items()
        }
        start, limit = _page(given)
        scope = caller_of(req).scope
        with self._context.store.reading() as rows:
            if (
                stored_specs.connection_spec(rows, self._context.catalog(), scope, id)
                is None
            ):
                raise not_found(id, "connectionSpecs")
            exported = id in (DATA_LAKE_EXPORT, LANDING_ZONE_TARGET)
            table = tables.data_sets
            found = (
                rows.select(table, scope, order=[table.c.seq], limit=start + limit + 1)
                if exported
                else []
            )
        items = [_item(record) for record in found[start : start + limit]]
        resp.media = {
            "items": items,
            "pageInfo": {"hasNext": len(found) > start + limit},
        }


def _page(given: Mapping[str, str]) -> tuple[int, int]:
    for name, only in _ONE.items():
        if name in given and given[name] != only:
            raise FlowError("CONNECTOR-1312-400", f"{name} is {only}")
    start, limit = (
        _number(given, "start", 0, least=0),
        _number(given, "limit", _DEFAULT, least=1),
    )
    if limit > _LARGEST:
        raise FlowError("CONNECTOR-1312-400", f"limit is 1 to {_LARGEST}")
    return start, limit


def _number(given: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not (
        text.isascii()
        and text.isdecimal()
        and len(text) < len(str(_FARTHEST))
        and int(text) >= least
    ):
        raise FlowError("CONNECTOR-1312-400", f"{name} is a number from {least}")
    return int(text)


def _item(record: Record) -> dict[str, Any]:
    facts = {
        "id": record.id,
        "name": record.document.get("name"),
        "schemaRef": record.document.get("schemaRef"),
    }
    return {name: fact for name, fact in facts.items() if fact is not None}
