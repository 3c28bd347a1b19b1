"""References to specifications inside a body: which source or dataflow specification is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.errors import FlowError

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.connectors.connector import Connector
    from headwater_local_flow_service.kernel.catalog import Catalog
    from headwater_local_flow_service.settings import Strictness


@attrs.frozen
class SpecReference:
    """The source that a body's ``connectionSpec`` names; `warning` is set where its id was misprinted."""

    connector: Connector
    reference: dict[str, Any]
    warning: str = ""


def source_spec(
    body: dict[str, Any],
    catalog: Catalog,
    strictness: Strictness,
    stored: Callable[[str], Connector | None],
) -> SpecReference:
    """Find the source a ``connectionSpec`` names; `stored` is asked for what is not installed. Raises `FlowError`."""
    given = body.get("connectionSpec")
    wanted = spec_id(given)
    connector = catalog.by_id.get(wanted) or stored(wanted)
    warning = ""
    if connector is None:
        connector = catalog.by_misprint.get(wanted)
        if connector is None or strictness.refuse_misprinted_ids:
            raise FlowError(
                "FLOW-1413-400", f"connectionSpec.id is not {_what(wanted, catalog)}"
            )
        meant = f"{connector.spec.id} ({connector.spec.name})"
        warning = f"connectionSpec.id is a known misprint; stored {meant} instead"
    return SpecReference(
        connector, spec_reference(given, str(connector.spec.id), strictness), warning
    )


def spec_id(given: Any, name: str = "connectionSpec") -> str:
    """Return the id a reference to a specification names, in lower case. Raises `FlowError`."""
    wanted = given.get("id") if isinstance(given, dict) else None
    if not isinstance(wanted, str):
        raise FlowError("FLOW-1413-400", f"{name}.id is missing or not a text")
    return wanted.strip().lower()


def spec_reference(
    given: Any, id: str, strictness: Strictness, name: str = "connectionSpec"
) -> dict[str, Any]:
    """Return a reference to a specification as it is stored, its version completed. Raises `FlowError`."""
    version = given.get("version")
    if version is None and strictness.require_spec_version:
        raise FlowError("HEADWATER-1422-422", f"{name}.version is missing")
    if version is not None and not isinstance(version, str):
        raise FlowError("CONNECTOR-1312-400", f"{name}.version must be of type string")
    return {"id": id, "version": "1.0" if version is None else version}


def _what(wanted: str, catalog: Catalog) -> str:
    if wanted in catalog.specs:
        return "a source that connections are made to"
    return f"a known connection specification{catalog.hint(wanted)}"
