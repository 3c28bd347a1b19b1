"""What a mapping has made, in the types of its schema: Data Prep converts what it maps, and leaves out what it cannot.

Numbers become strings, strings numbers and truth values; of an object those children are taken that the schema knows.
Dates are taken as they are written.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LONGEST_NUMBER: Final = 40  # characters
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_TRUE: Final = frozenset({"y", "yes", "Y", "YES", "on", "ON", "true", "TRUE"})
_FALSE: Final = frozenset({"n", "N", "no", "NO", "off", "OFF", "false", "FALSE"})
_LEFT_OUT: Final = object()


def cast(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return a value as the resolved schema has it; None where nothing can be made of it."""
    made = _cast(value, schema)
    return None if made is _LEFT_OUT else made


def _cast(value: Any, schema: Mapping[str, Any]) -> Any:
    type = schema.get("type")
    if isinstance(value, dict):
        return _cast_object(value, schema) if type in ("object", None) else _LEFT_OUT
    if isinstance(value, list):
        return _cast_array(value, schema) if type in ("array", None) else _LEFT_OUT
    convert = _CONVERT.get(type) if isinstance(type, str) else None
    if convert is not None:
        return convert(value)
    return _LEFT_OUT if type in ("object", "array") else value


def _cast_object(value: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties") or {}
    others = schema.get("additionalProperties", True)
    if not isinstance(others, dict):
        others = {} if others else None
    made = {}
    for name, inner in value.items():
        rule = properties.get(name, others)
        if isinstance(rule, dict):
            made[name] = _cast(inner, rule)
    return {name: inner for name, inner in made.items() if inner is not _LEFT_OUT}


def _cast_array(value: list[Any], schema: Mapping[str, Any]) -> list[Any]:
    items = schema.get("items")
    if not isinstance(items, dict):
        return value
    made = [_cast(inner, items) for inner in value]
    return [inner for inner in made if inner is not _LEFT_OUT]


def _to_string(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else _LEFT_OUT


def _to_integer(value: Any) -> Any:
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER:
        text = value.strip()
        return int(text) if _INTEGER.fullmatch(text) else _LEFT_OUT
    return value if type(value) in (int, float) else _LEFT_OUT


def _to_number(value: Any) -> Any:
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER:
        try:
            number = float(value)
        except ValueError:
            return _LEFT_OUT
        return number if math.isfinite(number) else _LEFT_OUT
    return value if type(value) in (int, float) else _LEFT_OUT


def _to_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in _TRUE | _FALSE:
        return value in _TRUE
    return _LEFT_OUT


_CONVERT: Final[Mapping[str, Callable[[Any], Any]]] = {
    "string": _to_string,
    "integer": _to_integer,
    "number": _to_number,
    "boolean": _to_boolean,
}
