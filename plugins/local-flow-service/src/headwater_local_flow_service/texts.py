"""What both databases and every client can hold as a string."""

from __future__ import annotations

from headwater.secret import has_unpaired_surrogate

UNSTORABLE = "NUL or an unpaired surrogate (not valid UTF-8)"


def is_storable(text: str) -> bool:
    """Say whether a string can be stored: PostgreSQL takes no NUL, and UTF-8 has no unpaired surrogate."""
    if "\0" in text:
        return False
    # Nearly every string is ASCII, and that is known at once.
    return text.isascii() or not has_unpaired_surrogate(text)
