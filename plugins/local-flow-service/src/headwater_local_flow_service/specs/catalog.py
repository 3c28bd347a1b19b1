"""What a catalogue is made of: the specifications of connectors, and those of where data goes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from headwater.connectors import registry
from headwater_local_flow_service.kernel.catalog import Catalog
from headwater_local_flow_service.specs import spec_parts
from headwater_local_flow_service.specs.fixed_connection_specs import CONNECTION_SPECS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headwater.connectors.connector import Connector

log = logging.getLogger("headwater.local")


def catalog_of(connectors: Iterable[Connector]) -> Catalog:
    """Return the catalogue of some connectors."""
    by_id: dict[str, Connector] = {}
    by_doubtful_id: dict[str, list[Connector]] = {}
    for connector in connectors:
        if connector.spec.id is not None:
            by_id[connector.spec.id] = connector
        for doubtful in connector.spec.doubtful_ids:
            by_doubtful_id.setdefault(doubtful, []).append(connector)
    by_misprint: dict[str, Connector] = {}
    for connector in by_id.values():
        for wrong in connector.spec.misprinted_ids:
            if wrong not in by_id:
                by_misprint[wrong] = connector
    specs = {id: spec_parts.render(connector) for id, connector in by_id.items()}
    return Catalog(
        by_id=by_id,
        by_misprint=by_misprint,
        by_doubtful_id=by_doubtful_id,
        specs=CONNECTION_SPECS | specs,
    )


def installed_catalog() -> Catalog:
    """Return the catalogue of the installed connectors; those that fail to load are named in the log and left out."""
    connectors, failures = registry.installed().all()
    for failure in failures:
        log.warning("%s", failure)
    return catalog_of(connectors)
