"""What both databases and every client can hold as text."""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> bool:
    """Say whether a text has neither a NUL (PostgreSQL) nor half a surrogate pair (UTF-8)."""
    return _UNSTORABLE.search(text) is None
