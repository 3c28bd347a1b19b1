"""The connection specifications on offer, as every kind of resource looks them up."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from headwater.connectors.connector import Connector

_LONGEST = 64  # characters of an id worth comparing with others


@attrs.frozen(eq=False)
class Catalog:
    """Connectors by connection specification id; one whose id is not verified cannot be offered."""

    by_id: dict[str, Connector]
    by_misprint: dict[str, Connector]
    specs: dict[str, dict[str, Any]] = attrs.field(repr=False)

    def hint(self, wrong: str) -> str:
        """Say which known id a wrong one resembles, or nothing."""
        misprinted = self.by_misprint.get(wrong)
        if misprinted is not None:
            spec = misprinted.spec
            return f"; it is a known misprint of {spec.id} ({spec.name})"
        if len(wrong) > _LONGEST:
            return ""
        close = difflib.get_close_matches(wrong, self.by_id, n=1, cutoff=0.9)
        if not close:
            return ""
        return f"; did you mean {close[0]} ({self.by_id[close[0]].spec.name})?"
