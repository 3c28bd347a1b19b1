"""Which fields cannot be left out, given the values beside them, and what stands at a path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.field import is_same

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headwater.models import Field, FieldPath


def iter_required(
    fields: Sequence[Field], values: Any, above: FieldPath = ()
) -> Iterator[tuple[FieldPath, Field]]:
    """Yield the fields that cannot be left out, with their paths, the properties of an object in its place.

    `values` are those of the fields in their own spelling, for the fields that others make required.
    """
    for field in fields:
        if not is_required(field, fields, values):
            continue
        path = (*above, field.name)
        if field.properties:
            inner = values.get(field.name) if isinstance(values, dict) else None
            yield from iter_required(field.properties, inner, path)
        else:
            yield path, field


def is_required(field: Field, beside: Sequence[Field], values: Any) -> bool:
    """Say whether a field cannot be left out: always, or because of a value beside it (its default, where left out)."""
    if field.required_if is None:
        return field.required
    name, wanted = field.required_if
    given = values if isinstance(values, dict) else {}
    defaults = {other.name: other.default for other in beside}
    return is_same(given.get(name, defaults.get(name)), wanted)


def is_given(values: Any, path: FieldPath) -> bool:
    """Say whether something stands at a path; on the way, anything but an object takes the place of all below it."""
    for name in path:
        if not isinstance(values, dict):
            return True
        if name not in values:
            return False
        values = values[name]
    return True


def put(values: Mapping[str, Any], path: FieldPath, value: Any) -> dict[str, Any]:
    """Return the values with one more at a path that `is_given` denies, objects made on the way."""
    name, *below = path
    if below:
        value = put(values.get(name, {}), tuple(below), value)
    return {**values, name: value}
