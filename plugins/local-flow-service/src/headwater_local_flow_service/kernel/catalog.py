"""The connection specifications on offer, as every kind of resource looks them up."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from headwater.connectors.connector import Connector


@attrs.frozen(eq=False)
class Catalog:
    """Connectors by connection specification id; one whose id is not verified cannot be offered."""

    by_id: dict[str, Connector]
    by_misprint: dict[str, Connector]
    specs: dict[str, dict[str, Any]] = attrs.field(repr=False)

    def hint(self, wrong: str) -> str:
        """Say which known id a wrong one resembles, or nothing."""
        known = self.by_misprint.get(wrong)
        if known is not None:
            return f"; it is a known misprint of {known.spec.id} ({known.spec.name})"
        near = (
            difflib.get_close_matches(wrong, self.by_id, n=1, cutoff=0.9)
            if len(wrong) <= 64
            else []
        )
        return (
            f"; did you mean {near[0]} ({self.by_id[near[0]].spec.name})?"
            if near
            else ""
        )
