"""Canaries: values that stand for secrets, recognised in any text they turn up in, whole or in part."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from headwater.cleaning import clean
from headwater.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable

PLACE = "{canary}"  # where an author's example of a secret takes the canary in
_PART = 8  # characters in a row that give a secret away; fewer turn up by chance


def canary(seed: str) -> str:
    """Return a value that resembles nothing else, always the same for one seed.

    It is made of letters and digits, so that JSON, XML, percent encoding and ``repr`` write it as it stands.
    """
    return f"Zq7{hashlib.sha256(seed.encode()).hexdigest()[:24]}kW9v"


class Lookout:
    """Finds canaries in texts: as they stand, in part, in hexadecimal, and in every form that cleaning knows."""

    def __init__(self, canaries: Iterable[str]) -> None:
        values = sorted(set(canaries))
        self._secrets = [Secret(value) for value in values]
        self._parts = {
            form[start : start + _PART]
            for value in values
            for form in (value.casefold(), value.encode().hex())
            for start in range(len(form) - _PART + 1)
        }

    def sees(self, text: str) -> bool:
        """Say whether a text shows a canary, or a part of one."""
        folded = text.casefold()
        return (
            any(part in folded for part in self._parts)
            or clean(text, self._secrets) != text
        )
