"""The flow specifications that no connector brings: the ways data can flow from the sources to the data lake.

Ids and names are the platform's. Which sources a flow specification takes follows from the connectors, never from a
list kept here: the platform's own changes often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater.connectors.rendering import PROVIDERS
from headwater_local_flow_service.specs import (
    flow_schemas,
    flow_spec_ids,
    source_connectors,
    spec_parts,
    stored_specs,
)
from headwater_local_flow_service.specs.fixed_connection_specs import DATA_LAKE
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from headwater_local_flow_service.kernel.catalog import Catalog
    from headwater_local_flow_service.store.store import Rows, Scope


@attrs.frozen(kw_only=True)
class FixedSpec:
    """A flow specification apart from the sources it is open for.

    `frequency` is ``batch`` or ``streaming``: a stream has no schedule, and drafts of its dataflows cannot be made.
    """

    id: str
    name: str
    frequency: str = "batch"
    transformations: tuple[dict[str, Any], ...] = ()
    run: dict[str, Any] | None = None
    options: dict[str, Any] | None = None
    further_targets: tuple[str, ...] = ()

    def build(self, source_ids: list[str]) -> dict[str, Any]:
        """Return the specification, open for these sources."""
        batch = self.frequency == "batch"
        spec = {
            "id": self.id,
            "name": self.name,
            "providerId": PROVIDERS[self.frequency],
            "version": "1.0",
            "sourceConnectionSpecIds": source_ids,
            "targetConnectionSpecIds": [DATA_LAKE, *self.further_targets],
            "transformationSpecs": list(self.transformations),
            "attributes": {
                "isSourceFlow": True,
                "flacValidationSupported": True,
                "frequency": self.frequency,
                "isDraftModeSupported": batch,
                "notification": {"category": "sources", "flowRun": {"enabled": True}},
            },
            "permissionsInfo": spec_parts.permissions(streaming=not batch),
        }
        if batch:
            spec["scheduleSpec"] = flow_schemas.SCHEDULE
        if self.options is not None:
            spec["optionSpec"] = self.options
        if self.run is not None:
            spec["runSpec"] = self.run
        return spec


_FIXED: Final = {
    spec.id: spec
    for spec in (
        FixedSpec(
            id=flow_spec_ids.CRM_TO_AEP,
            name="CRMToAEP",
            transformations=(flow_schemas.COPY, flow_schemas.MAPPING),
            run=flow_schemas.TABLE_RUN,
            options=flow_schemas.OPTIONS,
        ),
        FixedSpec(
            id=flow_spec_ids.CLOUD_STORAGE_TO_AEP,
            name="CloudStorageToAEP",
            transformations=(flow_schemas.MAPPING, flow_schemas.ENCRYPTION),
            run=flow_schemas.FILE_RUN,
            options=flow_schemas.OPTIONS,
        ),
        FixedSpec(
            id=flow_spec_ids.REST_STORAGE_TO_AEP,
            name="RestStorageToAEP",
            transformations=(flow_schemas.MAPPING,),
            options=flow_schemas.OPTIONS,
        ),
        FixedSpec(
            id=flow_spec_ids.STREAM,
            name="Stream data without transformation",
            frequency="streaming",
        ),
        FixedSpec(
            id=flow_spec_ids.STREAM_WITH_MAPPING,
            name="Steam data with transformation",  # as the platform spells it
            frequency="streaming",
            transformations=(flow_schemas.MAPPING,),
        ),
        FixedSpec(
            id=flow_spec_ids.STREAM_OR_MAPPING,
            name="Stream data with optional transformation",
            frequency="streaming",
            transformations=(flow_schemas.MAPPING,),
            # Event Hubs as a target, and one that no page names
            further_targets=(
                "bf9f5905-92b7-48bf-bf20-455bc6b60a4e",
                "db4fe783-ef79-4a12-bda9-32b2b1bc3b2c",
            ),
        ),
        FixedSpec(
            id=flow_spec_ids.GENERIC_STREAMING,
            name="GenericStreamingAEP",
            frequency="streaming",
            transformations=(flow_schemas.MAPPING,),
            options=flow_schemas.WEBHOOK_OPTIONS,
        ),
    )
}


def list_fixed(rows: Rows, scope: Scope, catalog: Catalog) -> list[dict[str, Any]]:
    """Return the fixed flow specifications, open for the connectors and an organization's own sources."""
    source_ids = source_connectors.list_source_ids(rows, catalog, scope)
    return [spec.build(source_ids.get(spec.id, [])) for spec in _FIXED.values()]


def find_fixed(
    rows: Rows, scope: Scope, catalog: Catalog, id: str
) -> dict[str, Any] | None:
    """Return a fixed flow specification, or None."""
    spec = _FIXED.get(id)
    if spec is None:
        return None
    source_ids = source_connectors.list_source_ids(rows, catalog, scope)
    return spec.build(source_ids.get(id, []))


def flow_spec(
    rows: Rows, scope: Scope, catalog: Catalog, id: str
) -> dict[str, Any] | None:
    """Return a flow specification by id, fixed or stored by the organization, or None."""
    fixed = find_fixed(rows, scope, catalog, id)
    return fixed or stored_specs.find_stored(rows, tables.flow_specs, scope, id)


def name_fitting(rows: Rows, scope: Scope, catalog: Catalog, source_id: str) -> str:
    """Name the fixed flow specifications that take a source's data, with their ids; nothing where none does."""
    names = [
        f"{spec['name']} ({spec['id']})"
        for spec in list_fixed(rows, scope, catalog)
        if source_id in spec["sourceConnectionSpecIds"]
    ]
    return " or ".join(names)
