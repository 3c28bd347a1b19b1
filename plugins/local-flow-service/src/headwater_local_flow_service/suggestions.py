"""What to say about a name that is not known: the nearest of the known ones."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def suggest(name: str, known: Iterable[str], *, otherwise: str) -> str:
    """Return a remedy for a mistyped name; `otherwise` is the remedy where none of the known ones is near."""
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return otherwise
