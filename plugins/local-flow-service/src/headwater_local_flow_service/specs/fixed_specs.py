"""The flow specifications that no connector brings: the ways data can flow from the sources to the data lake.

Ids are the platform's, and so are the names ``CRMToAEP`` and ``CloudStorageToAEP``; the others are ours. Which sources
a flow specification takes follows from the connectors, never from a list kept here: the platform's own changes often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater.connectors.rendering import PROVIDERS
from headwater_local_flow_service.specs import (
    flow_schemas,
    source_connectors,
    spec_parts,
    stored_specs,
)
from headwater_local_flow_service.specs.fixed_connection_specs import DATA_LAKE
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from headwater_local_flow_service.kernel.catalog import Catalog
    from headwater_local_flow_service.store.store import Rows, Scope

CRM_TO_AEP: Final = "14518937-270c-4525-bdec-c2ba7cce3860"
CLOUD_STORAGE_TO_AEP: Final = "9753525b-82c7-4dce-8a9b-5ccfce2b9876"
STREAM_WITH_MAPPING: Final = "c1a19761-d2c7-4702-b9fa-fe91f0613e81"
STREAM: Final = "d8a6f005-7eaf-4153-983e-e8574508b877"


@attrs.frozen(kw_only=True)
class FixedSpec:
    """A flow specification apart from the sources it is open for: those of one `kind`."""

    id: str
    name: str
    kind: str
    transformations: tuple[dict[str, Any], ...] = ()
    run: dict[str, Any] | None = None

    def build(self, source_ids: list[str]) -> dict[str, Any]:
        """Return the specification, open for these sources."""
        frequency = "streaming" if self.kind == "streaming" else "batch"
        spec = {
            "id": self.id,
            "name": self.name,
            "providerId": PROVIDERS[frequency],
            "version": "1.0",
            "sourceConnectionSpecIds": source_ids,
            "targetConnectionSpecIds": [DATA_LAKE],
            "transformationSpecs": list(self.transformations),
            "attributes": {
                "isSourceFlow": True,
                "flacValidationSupported": True,
                "frequency": frequency,
                "isDraftModeSupported": frequency == "batch",
                "notification": {"category": "sources", "flowRun": {"enabled": True}},
            },
            "permissionsInfo": spec_parts.PERMISSIONS,
        }
        if frequency == "batch":
            spec["scheduleSpec"] = flow_schemas.SCHEDULE
            spec["optionSpec"] = flow_schemas.OPTIONS
        if self.run is not None:
            spec["runSpec"] = self.run
        return spec


_FIXED: Final = {
    spec.id: spec
    for spec in (
        FixedSpec(
            id=CRM_TO_AEP,
            name="CRMToAEP",
            kind="table",
            transformations=(flow_schemas.COPY, flow_schemas.MAPPING),
            run=flow_schemas.TABLE_RUN,
        ),
        FixedSpec(
            id=CLOUD_STORAGE_TO_AEP,
            name="CloudStorageToAEP",
            kind="file",
            transformations=(flow_schemas.MAPPING, flow_schemas.ENCRYPTION),
            run=flow_schemas.FILE_RUN,
        ),
        FixedSpec(
            id=STREAM_WITH_MAPPING,
            name="Stream data with transformation",
            kind="streaming",
            transformations=(flow_schemas.MAPPING,),
        ),
        FixedSpec(
            id=STREAM, name="Stream data without transformation", kind="streaming"
        ),
    )
}


def list_fixed(rows: Rows, scope: Scope, catalog: Catalog) -> list[dict[str, Any]]:
    """Return the fixed flow specifications, open for the connectors and an organization's own sources."""
    source_ids = source_connectors.list_source_ids(rows, catalog, scope)
    return [spec.build(source_ids[spec.kind]) for spec in _FIXED.values()]


def find_fixed(
    rows: Rows, scope: Scope, catalog: Catalog, id: str
) -> dict[str, Any] | None:
    """Return a fixed flow specification, or None."""
    spec = _FIXED.get(id)
    if spec is None:
        return None
    source_ids = source_connectors.list_source_ids(rows, catalog, scope)
    return spec.build(source_ids[spec.kind])


def flow_spec(
    rows: Rows, scope: Scope, catalog: Catalog, id: str
) -> dict[str, Any] | None:
    """Return a flow specification by id, fixed or stored by the organization, or None."""
    fixed = find_fixed(rows, scope, catalog, id)
    return fixed or stored_specs.find_stored(rows, tables.flow_specs, scope, id)
