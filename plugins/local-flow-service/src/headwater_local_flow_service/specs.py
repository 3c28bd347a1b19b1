"""Connection specifications: ``/connectionSpecs``, fed by the installed connectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater_local_flow_service import filters
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.incoming import parameters

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.connections import Room

TYPE = "connectionSpecs"
FILTERABLE = ("id", "name", "providerId", "version", "type", "attributes")


class ConnectionSpecs:
    """``/connectionSpecs``: all of them at once, the same in every organization and sandbox."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return the specifications that the filters let through."""
        wanted = filters.parse(parameters(req, ("property",)).get("property", []))
        for condition in wanted.conditions:
            if condition.path[0].name not in FILTERABLE:
                raise FlowError("FLOW-1423-400", f"connection specifications are filtered by {', '.join(FILTERABLE)}")
        specs = self._room.catalog().specs.values()
        resp.media = {"items": [wanted.projected(spec) for spec in specs if wanted.matches(spec)]}


class ConnectionSpec:
    """``/connectionSpecs/{id}``."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return one specification in a list of one."""
        parameters(req, ())
        catalog = self._room.catalog()
        if id not in catalog.specs:
            text = f"no such resource in {TYPE}{catalog.hint(id.lower())}"
            raise FlowError("FLOW-1439-404", text, id=id, type=TYPE)
        resp.media = {"items": [catalog.specs[id]]}
