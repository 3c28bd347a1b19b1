"""The flow specifications no connector brings: the ways data can flow from the connectors' sources to the data lake.

Ids are the platform's, and so are the names ``CRMToAEP`` and ``CloudStorageToAEP``; the others are ours. Which sources
a flow specification takes follows from the connectors, never from a list kept here: the platform's own changes often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.connectors.rendering import PROVIDERS
from headwater_local_flow_service.specs import flow_schemas, spec_parts, stored_specs
from headwater_local_flow_service.specs.fixed_connection_specs import DATA_LAKE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headwater.connectors.connector import Connector
    from headwater_local_flow_service.kernel.catalog import Catalog
    from headwater_local_flow_service.store.store import Rows, Scope

CRM_TO_AEP = "14518937-270c-4525-bdec-c2ba7cce3860"
CLOUD_STORAGE_TO_AEP = "9753525b-82c7-4dce-8a9b-5ccfce2b9876"
STREAM_WITH_MAPPING = "c1a19761-d2c7-4702-b9fa-fe91f0613e81"
STREAM = "d8a6f005-7eaf-4153-983e-e8574508b877"


def flow_specs(
    catalog: Catalog, stored: Iterable[Connector] = ()
) -> dict[str, dict[str, Any]]:
    """Return the fixed flow specifications by id, open for the connectors and an organization's own sources."""
    ids = _ids_by_kind([*catalog.by_id.values(), *stored])
    specs = (
        _batch(CRM_TO_AEP, "CRMToAEP", ids["table"])
        | {
            "transformationSpecs": [flow_schemas.COPY, flow_schemas.MAPPING],
            "runSpec": flow_schemas.TABLE_RUN,
        },
        _batch(CLOUD_STORAGE_TO_AEP, "CloudStorageToAEP", ids["file"])
        | {
            "transformationSpecs": [flow_schemas.MAPPING, flow_schemas.ENCRYPTION],
            "runSpec": flow_schemas.FILE_RUN,
        },
        _flow_spec(
            STREAM_WITH_MAPPING,
            "Stream data with transformation",
            ids["streaming"],
            "streaming",
        )
        | {"transformationSpecs": [flow_schemas.MAPPING]},
        _flow_spec(
            STREAM, "Stream data without transformation", ids["streaming"], "streaming"
        ),
    )
    return {spec["id"]: spec for spec in specs}


def flow_spec(
    rows: Rows, scope: Scope, catalog: Catalog, id: str
) -> dict[str, Any] | None:
    """Return a flow specification by id, fixed or stored by the organization, or None."""
    fixed = flow_specs(catalog, stored_specs.connectors(rows, scope)).get(id)
    return fixed if fixed is not None else stored_specs.flow_spec(rows, scope, id)


def _ids_by_kind(connectors: Iterable[Connector]) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = {"table": [], "file": [], "streaming": []}
    for connector in connectors:
        ids[spec_parts.kind_of(connector)].append(str(connector.spec.id))
    return ids


def _batch(id: str, name: str, sources: list[str]) -> dict[str, Any]:
    parts = {"scheduleSpec": flow_schemas.SCHEDULE, "optionSpec": flow_schemas.OPTIONS}
    return _flow_spec(id, name, sources, "batch") | parts


def _flow_spec(
    id: str, name: str, sources: list[str], frequency: str
) -> dict[str, Any]:
    return {
        "id": id,
        "name": name,
        "providerId": PROVIDERS[frequency],
        "version": "1.0",
        "sourceConnectionSpecIds": sources,
        "targetConnectionSpecIds": [DATA_LAKE],
        "transformationSpecs": [],
        "attributes": {
            "isSourceFlow": True,
            "flacValidationSupported": True,
            "frequency": frequency,
            "isDraftModeSupported": frequency == "batch",
            "notification": {"category": "sources", "flowRun": {"enabled": True}},
        },
        "permissionsInfo": spec_parts.PERMISSIONS,
    }
