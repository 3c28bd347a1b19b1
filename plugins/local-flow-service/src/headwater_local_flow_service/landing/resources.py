"""``/data/foundation/connectors/landingzone``: the container, and the token that opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.gateway import address
from headwater_local_flow_service.gateway.gateway import PLATFORM, caller_of
from headwater_local_flow_service.gateway.incoming import parameters
from headwater_local_flow_service.landing.exploring import translate_unavailable
from headwater_local_flow_service.landing.zones import TYPES

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.landing.zone import Zone
    from headwater_local_flow_service.landing.zones import Zones

BASE: Final = f"{PLATFORM}connectors/landingzone"
SERVED: Final = "/headwater/v1/landingzone"  # where the service itself serves zones

_REFRESH: Final = "refresh"
_PARAMETERS: Final = ("type", "action")


class LandingZone:
    """``/landingzone``."""

    def __init__(self, zones: Zones) -> None:
        self._zones = zones

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return the container's name, and for how many days it keeps files."""
        with translate_unavailable():
            resp.media = _find_zone(self._zones, req, _read_query(req)).describe()


class LandingZoneCredentials:
    """``/landingzone/credentials``."""

    def __init__(self, zones: Zones) -> None:
        self._zones = zones

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return a token: the one that was handed out before, or another where that one is no longer good."""
        self._answer(req, resp, _read_query(req), renew=False)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return another token, which ends the one before; ``action=refresh`` is the only action."""
        query = _read_query(req)
        if query.get("action", "").lower() != _REFRESH:
            raise FlowError("CONNECTOR-1705-400", f"action must be {_REFRESH}")
        self._answer(req, resp, query, renew=True)

    def _answer(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        query: dict[str, str],
        *,
        renew: bool,
    ) -> None:
        with translate_unavailable():
            zone = _find_zone(self._zones, req, query)
            endpoint = f"{address.current()}{SERVED}/{zone.account}"
            resp.media = zone.credentials(endpoint, renew=renew)
        resp.set_header("Cache-Control", "no-store")


def _read_query(req: falcon.Request) -> dict[str, str]:
    """Return ``type`` and ``action``, from the query or, as some pages have it, from headers."""
    given: dict[str, Any] = {}
    for name in _PARAMETERS:
        header = req.get_header(name)
        if header:
            given[name] = header.strip()
    for name, values in parameters(req, _PARAMETERS).items():
        given[name] = values[-1]
    return given


def _find_zone(zones: Zones, req: falcon.Request, query: dict[str, str]) -> Zone:
    type = query.get("type", "").lower()
    if type not in TYPES:
        raise FlowError("CONNECTOR-1710-400", f"type must be one of {', '.join(TYPES)}")
    return zones.zone(caller_of(req).scope, type)
