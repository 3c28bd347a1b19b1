"""The connection specifications that no connector brings: where data goes, and the landing zone.

Ids are the platform's, and so are the names ``datalake`` and ``landing-zone``; the others are ours.
"""

from __future__ import annotations

from typing import Any

from headwater.connectors.rendering import PROVIDERS
from headwater_local_flow_service.specs import spec_parts

DATA_LAKE = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
DATA_LAKE_EXPORT = "23598e46-f560-407b-88d5-ea6207e49db0"
LANDING_ZONE = "26f526f2-58f4-4712-961d-e41bf1ccc0e8"
LANDING_ZONE_TARGET = "10440537-2a7b-4583-ac39-ed38d4b848e8"


_DATA_SET = {
    "type": "object",
    "properties": {"dataSetId": {"type": "string"}},
    "required": ["dataSetId"],
}


def _target(id: str, name: str, title: str) -> dict[str, Any]:
    target = {"name": title, "type": title, "spec": _DATA_SET}
    return _spec(id, name, title, is_source=False) | {"targetSpec": target}


def _spec(id: str, name: str, title: str, *, is_source: bool) -> dict[str, Any]:
    return {
        "id": id,
        "name": name,
        "providerId": PROVIDERS["batch"],
        "version": "1.0",
        "authSpec": [],
        "attributes": {
            "connectorName": title,
            "isSource": is_source,
            "isDestination": False,
            "isDraftModeSupported": True,
        },
        "permissionsInfo": spec_parts.PERMISSIONS,
    }


# A connector of the same id takes the place of the one here.
CONNECTION_SPECS: dict[str, dict[str, Any]] = {
    DATA_LAKE: _target(DATA_LAKE, "datalake", "Data Lake"),
    DATA_LAKE_EXPORT: _target(
        DATA_LAKE_EXPORT, "datalake-export", "Data Lake, read by destinations"
    ),
    LANDING_ZONE: _spec(
        LANDING_ZONE, "landing-zone", "Data Landing Zone", is_source=True
    ),
    LANDING_ZONE_TARGET: _target(
        LANDING_ZONE_TARGET, "landing-zone-target", "Data Landing Zone as a target"
    ),
}
