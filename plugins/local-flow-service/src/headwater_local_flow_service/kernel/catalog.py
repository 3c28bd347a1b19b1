"""The connection specifications on offer, as every kind of resource looks them up."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import attrs

from headwater.connectors.registry import describe_doubtful_id

if TYPE_CHECKING:
    from headwater.connectors.connector import Connector

_LONGEST = 64  # characters of an id worth comparing with others


@attrs.frozen(eq=False)
class Catalog:
    """Connectors by connection specification id; one whose id is not verified cannot be offered.

    `by_doubtful_id` are those for which documentation prints an id that the platform does not know.
    """

    by_id: dict[str, Connector]
    by_misprint: dict[str, Connector]
    by_doubtful_id: dict[str, list[Connector]]
    specs: dict[str, dict[str, Any]] = attrs.field(repr=False)

    def hint(self, wrong: str) -> str:
        """Say which known id a wrong one resembles, or nothing."""
        misprinted = self.by_misprint.get(wrong)
        if misprinted is not None:
            spec = misprinted.spec
            return f"; it is a known misprint of {spec.id} ({spec.name})"
        doubtful = self.by_doubtful_id.get(wrong)
        if doubtful:
            return f"; {describe_doubtful_id(doubtful)}: copy the id from your organization's /connectionSpecs"
        if len(wrong) > _LONGEST:
            return ""
        close = difflib.get_close_matches(wrong, self.by_id, n=1, cutoff=0.9)
        if not close:
            return ""
        return f"; did you mean {close[0]} ({self.by_id[close[0]].spec.name})?"
