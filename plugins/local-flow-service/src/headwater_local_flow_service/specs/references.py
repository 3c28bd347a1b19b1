"""References to specifications inside a body: which source or dataflow specification is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.specs import (
    drafts,
    loose_spellings,
    source_connectors,
)

if TYPE_CHECKING:
    from headwater.connectors.connector import Connector
    from headwater_local_flow_service.kernel.catalog import Catalog
    from headwater_local_flow_service.kernel.kind import Creation
    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.settings import Strictness


@attrs.frozen
class SpecReference:
    """The source that a body's ``connectionSpec`` names; `warning` is set where its id was misprinted."""

    connector: Connector
    reference: dict[str, Any]
    warning: str = ""


def resolve_source(
    context: ServiceContext, creation: Creation, reference: Any
) -> SpecReference:
    """Find the source that the ``connectionSpec`` of a new object names. Raises `FlowError`.

    A draft is refused where the specification does not support drafts.
    """
    wanted = spec_id(reference)
    scope = creation.caller.scope
    strictness = context.settings.strictness
    connector = source_connectors.look_up_connector(context, scope, wanted)
    warning = ""
    if connector is None:
        connector = _find_misprinted(context.catalog(), wanted, strictness)
        meant = f"{connector.spec.id} ({connector.spec.name})"
        warning = f"connectionSpec.id is a known misprint; stored {meant} instead"
    id = str(connector.spec.id)
    completed = spec_reference(reference, id, strictness)
    if creation.draft:
        drafts.check_offered(context, scope, id)
    return SpecReference(connector, completed, warning)


def spec_id(reference: Any, name: str = "connectionSpec") -> str:
    """Return the id that a reference to a specification names, in lower case. Raises `FlowError`."""
    wanted = reference.get("id") if isinstance(reference, dict) else None
    if not isinstance(wanted, str):
        raise FlowError("FLOW-1413-400", f"{name}.id is missing or not a string")
    return wanted.strip().lower()


def spec_reference(
    reference: Any, id: str, strictness: Strictness, name: str = "connectionSpec"
) -> dict[str, Any]:
    """Return a reference to a specification as it is stored, its version filled in. Raises `FlowError`."""
    version = reference.get("version")
    if version is None:
        if strictness.require_spec_version:
            raise FlowError("HEADWATER-1422-422", f"{name}.version is missing")
        version = "1.0"
    if not strictness.refuse_loose_spellings:
        version = loose_spellings.straighten_version(version)
    if not isinstance(version, str):
        raise FlowError("CONNECTOR-1312-400", f"{name}.version must be of type string")
    return {"id": id, "version": version}


def _find_misprinted(
    catalog: Catalog, wanted: str, strictness: Strictness
) -> Connector:
    connector = catalog.by_misprint.get(wanted)
    if connector is not None and not strictness.refuse_misprinted_ids:
        return connector
    if wanted in catalog.specs:
        needed = "a source that connections are made to"
    else:
        needed = f"a known connection specification{catalog.hint(wanted)}"
    raise FlowError("FLOW-1413-400", f"connectionSpec.id is not {needed}")
