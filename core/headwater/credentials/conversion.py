"""Strings from a command line, an environment or a prompt, converted to the JSON types of the fields they are for."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headwater.models import Field

# Narrower than what `int` and `float` take, which is other digits and underscores as well.
_NUMBERS: Mapping[str | None, tuple[re.Pattern[str], Callable[[str], float]]] = {
    "integer": (re.compile(r"[+-]?[0-9]+"), int),
    "number": (
        re.compile(r"[+-]?([0-9]++\.?[0-9]*+|\.[0-9]++)([eE][+-]?[0-9]++)?"),
        float,
    ),
}
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
    if field is None:
        return text
    if field.type == "boolean":
        return _BOOLEANS.get(text.lower(), text)
    if field.type not in _NUMBERS or len(text) > _LONGEST_NUMBER:
        return text
    pattern, make_number = _NUMBERS[field.type]
    if not pattern.fullmatch(text):
        return text
    number = make_number(text)
    return number if math.isfinite(number) else text
