"""Which paths of the landing zone lead where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.landing import blob_errors
from headwater_local_flow_service.landing.blob_service import Blob, Container
from headwater_local_flow_service.landing.resources import (
    BASE,
    SERVED,
    LandingZone,
    LandingZoneCredentials,
)

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.landing.zones import Zones


def add_routes(app: falcon.App[Any, Any], zones: Zones) -> None:
    """Add the paths of the landing zone to an application."""
    app.add_route(BASE, LandingZone(zones))
    app.add_route(f"{BASE}/credentials", LandingZoneCredentials(zones))
    app.add_route(f"{SERVED}/{{account}}/{{container}}", Container(zones))
    app.add_route(f"{SERVED}/{{account}}/{{container}}/{{name:path}}", Blob(zones))
    app.add_error_handler(blob_errors.BlobError, blob_errors.write)
