"""Every way to spoil one field of valid credentials."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import attrs

from headwater.credentials.required import is_required
from headwater.models import dotted, iter_fields
from headwater.secret import MASK
from headwater_authoring.testing.canaries import canary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headwater.models import Field, FieldPath
    from headwater_authoring.testing.examples import Example

UNKNOWN = "notAFieldOfThisSource"
_GONE = object()


@attrs.frozen
class Corruption:
    """Credentials of which exactly one `field` is wrong, named with dots inside objects; `what` says how.

    `canaries` are all that must not show: those of the secrets, and those that make the field wrong. `in_schema` is
    False for the rules that JSON Schema does not spell out.
    """

    what: str
    field: str
    values: Mapping[str, Any] = attrs.field(repr=False)
    canaries: tuple[str, ...] = attrs.field(repr=False)
    in_schema: bool = True

    def __str__(self) -> str:
        return f"{self.field} {self.what}"


def corruptions(example: Example) -> Iterator[Corruption]:
    """Yield every single-field corruption of valid credentials."""
    mark = canary(f"spoilt {example.auth.label}")
    needed = _list_needed(example.auth.fields, example.values, ())
    yield _spoil(example, (UNKNOWN,), "is not a field", mark, mark)
    for path, field in iter_fields(example.auth):
        if path in needed:
            rest = change(example.values, path, _GONE)
            yield Corruption("is missing", dotted(path), rest, example.canaries)
        if field.properties and field.type == "object":
            yield _spoil(example, (*path, UNKNOWN), "is not a field", mark, mark)
        for what, value in _wrong(field, mark):
            yield _spoil(example, path, what, value, mark)
        for what, value in _improper(field):
            corruption = _spoil(example, path, what, value, mark)
            yield attrs.evolve(corruption, in_schema=False)


def _list_needed(
    fields: Sequence[Field], values: Mapping[str, Any], above: FieldPath
) -> set[FieldPath]:
    """Return the paths of the fields that cannot be left out of these values, objects among them."""
    needed = set()
    for field in fields:
        path = (*above, field.name)
        if is_required(field, fields, values):
            needed.add(path)
        inner = values.get(field.name)
        if field.properties and isinstance(inner, dict):
            needed |= _list_needed(field.properties, inner, path)
    return needed


def _spoil(
    example: Example, path: FieldPath, what: str, value: Any, mark: str
) -> Corruption:
    values = change(example.values, path, value)
    return Corruption(what, dotted(path), values, (*example.canaries, mark))


def find_value(values: Any, path: FieldPath) -> Any:
    """Return the value at a path that stands there."""
    for name in path:
        values = values[name]
    return values


def change(values: Mapping[str, Any], path: FieldPath, value: Any) -> dict[str, Any]:
    """Return values with another one at a path, or with none there."""
    name, *below = path
    changed = dict(values)
    if below:
        changed[name] = change(values[name], tuple(below), value)
    elif value is _GONE:
        del changed[name]
    else:
        changed[name] = value
    return changed


def _wrong(field: Field, mark: str) -> Iterator[tuple[str, Any]]:
    """Yield values that JSON Schema refuses: of each other type, and outside the enumeration."""
    others = {
        "string": mark,
        "number": 7.5,
        "boolean": True,
        "null": None,
        "array": [mark],
        "object": {mark: mark},
    }
    same = "number" if field.type == "integer" else field.type
    for name, value in others.items():
        if field.type is not None and name != same:
            yield f"is of type {name}", value
    if field.type == "integer":
        yield "is of type number", 7.5
    if field.enum and field.type in ("string", None):
        yield "is not in its enumeration", mark
    if field.minimum is not None:
        yield "is below its minimum", math.ceil(field.minimum) - 1
    if field.maximum is not None:
        yield "is above its maximum", math.floor(field.maximum) + 1
    if field.pattern is not None and re.search(field.pattern, mark) is None:
        yield "does not match its pattern", mark


def _improper(field: Field) -> Iterator[tuple[str, Any]]:
    """Yield values that only our own rules refuse; an enumeration refuses them by itself."""
    if field.type not in ("string", None) or field.enum or field.properties:
        return
    yield "is empty", ""
    yield "is blank", " \t"
    if field.secret:
        yield "is a mask", MASK
