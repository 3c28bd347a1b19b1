"""Other spellings of a value that a field takes: what is sent is its specification's own.

Documentation of one source writes a port as a number and as text, or TLS as ``true`` and as ``"true"``. A field lists
what it takes beside its own spelling (`Field.accepts`, `Field.accepts_type`); a tenant's own schema (`raw`) is kept to
the letter.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs

from headwater.credentials.conversion import convert
from headwater.field import is_of_type, is_same
from headwater.models import dotted
from headwater.secret import Unshown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headwater.models import AuthenticationSpec, Field, FieldPath


@attrs.frozen
class OwnSpelling:
    """Credentials with every value in its specification's own spelling; `changed` are the fields that were not."""

    values: dict[str, Any] = attrs.field(repr=False)
    changed: tuple[str, ...] = ()


def spell_own(auth: AuthenticationSpec, values: Mapping[str, Any]) -> OwnSpelling:
    """Return credentials as their specification spells them, in depth; the same values where nothing is changed."""
    changed: list[FieldPath] = []
    own = Unshown(values)
    if auth.raw is None:
        own = _spell_object(auth.fields, values, (), changed)
    return OwnSpelling(own, tuple(map(dotted, changed)))


def _spell_object(
    fields: Iterable[Field],
    values: Mapping[str, Any],
    above: FieldPath,
    changed: list[FieldPath],
) -> Unshown:
    """Return one object's values in their own spelling; `changed` takes note of the fields that had another."""
    own = Unshown(values)
    for field in fields:
        if field.name not in values:
            continue
        path, value = (*above, field.name), values[field.name]
        if field.properties and isinstance(value, dict):
            own[field.name] = _spell_object(field.properties, value, path, changed)
        elif (spelled := spell_value(field, value)) is not value:
            own[field.name] = spelled
            changed.append(path)
    return own


def spell_value(field: Field, value: Any) -> Any:
    """Return a value in the spelling of its field; one in its own, or in none that it knows, is the same object."""
    for other, own in field.accepts:
        if is_same(value, other):
            return own
    if field.accepts_type is None or not is_of_type(value, field.accepts_type):
        return value
    spelled = _read(field, value) if isinstance(value, str) else _write(field, value)
    return spelled if is_of_type(spelled, field.type) else value


def _read(field: Field, text: str) -> Any:
    """Return a number or boolean that is written as a text, as ``--set`` takes it; what is none stays a text."""
    return convert(text, field)


def _write(field: Field, value: Any) -> str:
    """Return a number or boolean as JSON writes it: digits, ``true`` or ``false``."""
    if field.accepts_type == "integer":
        value = int(value)
    return json.dumps(value)
