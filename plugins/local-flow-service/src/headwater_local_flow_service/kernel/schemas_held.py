"""Values validated against a JSON Schema of a specification, strings of numbers read as numbers first.

The rules: docs/flow-service-operations.md#numbers-and-booleans-as-strings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from headwater.credentials import evaluation

if TYPE_CHECKING:
    from collections.abc import Iterator

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_BOOLEANS = {"true": True, "false": False}


def _read_number(value: Any) -> Any:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _read_boolean(value: Any) -> Any:
    return _BOOLEANS.get(str(value).strip().lower(), value)


def _read_string(value: Any) -> Any:
    return str(value) if type(value) is int else value


def _read_as_is(value: Any) -> Any:
    return value


_READERS = {
    "integer": _read_number,
    "number": _read_number,
    "boolean": _read_boolean,
    "string": _read_string,
}


def coerce(values: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """Return the values as the types their schema names, wherever they can be read as such; the others as they are."""
    properties = _object(_object(schema).get("properties"))
    coerced = {}
    for name, value in values.items():
        json_type = _object(properties.get(name)).get("type")
        read = _READERS.get(str(json_type), _read_as_is)
        coerced[name] = read(value)
    return coerced


def find_problem(
    values: Mapping[str, Any],
    schema: Any,
    path: str,
    *,
    of: str = "the flow specification",
) -> str:
    """Say which rule of a schema (draft-07) the values break first, or nothing. No value is named, only places.

    `of` names the specification that the schema stands in.
    """
    try:
        errors = evaluation.find_errors(schema, dict(values))
    except (
        Exception
    ):  # a schema that a caller stored can break its evaluation in many ways
        return f"{path} cannot be validated against the schema of {of}"
    if not errors:
        return ""
    first = min(errors, key=lambda error: list(map(str, error.absolute_path)))
    place = ".".join([path, *map(str, first.absolute_path)])
    return f"{place} breaks the rule {first.validator} of {of}"


def objects_in(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every object of a schema, at any depth; a loop, as a caller may nest deeper than Python recurses."""
    unseen = [schema]
    while unseen:
        value = unseen.pop()
        if isinstance(value, Mapping):
            yield value
            unseen += value.values()
        elif isinstance(value, list):
            unseen += value


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
