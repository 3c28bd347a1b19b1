"""Ids of batches and files: ULIDs, which sort by the time they were made."""

from __future__ import annotations

import secrets
from typing import Final

from headwater_local_flow_service.kernel.clock import now

_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's 32
_LENGTH: Final = 26


def new_ulid() -> str:
    """Return a new id: 48 bits of milliseconds, then 80 random ones."""
    number = now() << 80 | secrets.randbits(80)
    digits = []
    for _ in range(_LENGTH):
        number, digit = divmod(number, 32)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
