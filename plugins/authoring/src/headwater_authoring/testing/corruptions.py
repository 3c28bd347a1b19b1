"""Every way to spoil one field of valid credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater.secret import MASK
from headwater_authoring.testing.canaries import canary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headwater.models import Field
    from headwater_authoring.testing.examples import Example

UNKNOWN = "notAFieldOfThisSource"


@attrs.frozen
class Corruption:
    """Credentials of which exactly one `field` is wrong; `what` says how.

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
    yield _spoil(example, UNKNOWN, "is not a field", mark, mark)
    for field in example.auth.fields:
        if field.required:
            rest = dict(example.values)
            del rest[field.name]
            yield Corruption("is missing", field.name, rest, example.canaries)
        for what, value in _wrong(field, mark):
            yield _spoil(example, field.name, what, value, mark)
        for what, value in _improper(field):
            corruption = _spoil(example, field.name, what, value, mark)
            yield attrs.evolve(corruption, in_schema=False)


def _spoil(example: Example, name: str, what: str, value: Any, mark: str) -> Corruption:
    return Corruption(
        what, name, {**example.values, name: value}, (*example.canaries, mark)
    )


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


def _improper(field: Field) -> Iterator[tuple[str, Any]]:
    """Yield values that only our own rules refuse; an enumeration refuses them by itself."""
    if field.type not in ("string", None) or field.enum:
        return
    yield "is empty", ""
    yield "is blank", " \t"
    if field.secret:
        yield "is a mask", MASK
