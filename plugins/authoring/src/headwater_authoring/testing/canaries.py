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

    It consists of letters and digits, so that JSON, XML, percent encoding and ``repr`` write it as it stands.
    """
    return f"Zq7{hashlib.sha256(seed.encode()).hexdigest()[:24]}kW9v"


class Lookout:
    """Finds canaries in texts: as they stand, in part, in hexadecimal, and in every form that cleaning knows."""

    def __init__(self, canaries: Iterable[str]) -> None:
        values = sorted(set(canaries))
        self._secrets = [Secret(value) for value in values]
        self._parts: set[str] = set()
        for value in values:
            self._parts |= _parts(value.casefold())
            self._parts |= _parts(value.encode().hex())

    def sees(self, text: str) -> bool:
        """Say whether a text shows a canary, or a part of one."""
        folded = text.casefold()
        if any(part in folded for part in self._parts):
            return True
        return clean(text, self._secrets) != text


def _parts(form: str) -> set[str]:
    return {form[start : start + _PART] for start in range(len(form) - _PART + 1)}
