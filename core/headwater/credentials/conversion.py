"""Strings from a command line, an environment or a prompt, converted to the JSON types of the fields they are for."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.models import Field

_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LONGEST_NUMBER = 100  # characters; no port, count or size is longer
_BOOLEANS = {
    "true": True,
    "yes": True,
    "1": True,
    "false": False,
    "no": False,
    "0": False,
}


def convert(text: str, field: Field | None) -> Any:
    """Convert a string to the type of a field; one that does not fit stays a string, and validation says so."""
    if field is None or field.type not in _CONVERSIONS or len(text) > _LONGEST_NUMBER:
        return text
    return _CONVERSIONS[field.type](text)


def _to_integer(text: str) -> int | str:
    return int(text) if _INTEGER.fullmatch(text) else text


def _to_number(text: str) -> float | str:
    if not _NUMBER.fullmatch(text):
        return text
    number = float(text)
    return number if math.isfinite(number) else text


def _to_boolean(text: str) -> bool | str:
    return _BOOLEANS.get(text.lower(), text)


_CONVERSIONS: dict[str | None, Callable[[str], Any]] = {
    "integer": _to_integer,
    "number": _to_number,
    "boolean": _to_boolean,
}
