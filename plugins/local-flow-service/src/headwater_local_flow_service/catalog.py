"""The connection specifications on offer: those of the installed connectors, and where their data goes."""

from __future__ import annotations

import difflib
import logging
from typing import TYPE_CHECKING, Any

import attrs

from headwater import registry
from headwater_local_flow_service import spec_parts
from headwater_local_flow_service.fixed_connection_specs import CONNECTION_SPECS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headwater.connector import Connector

log = logging.getLogger("headwater.local")


@attrs.frozen(eq=False)
class Catalog:
    """Connectors by connection specification id; one whose id is not verified cannot be offered."""

    by_id: dict[str, Connector]
    by_misprint: dict[str, Connector]
    specs: dict[str, dict[str, Any]] = attrs.field(repr=False)

    @classmethod
    def of(cls, connectors: Iterable[Connector]) -> Catalog:
        """Index connectors."""
        by_id = {connector.spec.id: connector for connector in connectors if connector.spec.id is not None}
        misprints = {wrong: one for one in by_id.values() for wrong in one.spec.misprinted_ids if wrong not in by_id}
        specs = {id: spec_parts.whole(connector) for id, connector in by_id.items()}
        return cls(by_id, misprints, specs | {id: spec for id, spec in CONNECTION_SPECS.items() if id not in specs})

    @classmethod
    def installed(cls) -> Catalog:
        """Index the installed connectors; those that fail to load are named in the log and left out."""
        working, failures = registry.installed().all()
        for failure in failures:
            log.warning("%s", failure)
        return cls.of(working)

    def hint(self, wrong: str) -> str:
        """Say which known id a wrong one resembles, or nothing."""
        known = self.by_misprint.get(wrong)
        if known is not None:
            return f"; it is a known misprint of {known.spec.id} ({known.spec.name})"
        near = difflib.get_close_matches(wrong, self.by_id, n=1, cutoff=0.9) if len(wrong) <= 64 else []
        return f"; did you mean {near[0]} ({self.by_id[near[0]].spec.name})?" if near else ""
