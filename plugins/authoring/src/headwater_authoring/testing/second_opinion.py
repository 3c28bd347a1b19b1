"""What fields say of credentials, judged without JSON Schema: a second opinion to hold the rendered schema against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.models import dotted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from headwater.models import AuthenticationSpec, Field, FieldPath

_PYTHON: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list, tuple),
}


def fits_type(value: Any, name: str | None) -> bool:
    """Say whether a value is of a JSON type; None accepts any. True and False are not numbers, 1.0 is an integer."""
    if name is None:
        return True
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _PYTHON[name])


def is_among(value: Any, values: Iterable[Any]) -> bool:
    """Say whether JSON knows the value among others: True is not 1 there."""
    alike = [other for other in values if other == value]
    return any(isinstance(other, bool) == isinstance(value, bool) for other in alike)


def wrong_fields(auth: AuthenticationSpec, values: Mapping[str, Any]) -> set[str]:
    """Return the fields that are missing, unknown, of the wrong type, or outside their enumeration, named with dots."""
    return set(_list_wrong(auth.fields, values, ()))


def _list_wrong(
    fields: Iterable[Field], values: Mapping[str, Any], above: FieldPath
) -> Iterator[str]:
    unknown = set(values)
    for field in fields:
        unknown.discard(field.name)
        path = (*above, field.name)
        value = values.get(field.name)
        if not _fits(field, values):
            yield dotted(path)
        elif field.properties and isinstance(value, dict):
            yield from _list_wrong(field.properties, value, path)
    yield from (dotted((*above, name)) for name in unknown)


def _fits(field: Field, values: Mapping[str, Any]) -> bool:
    if field.name not in values:
        return not field.required
    value = values[field.name]
    if field.enum and not is_among(value, field.enum):
        return False
    return fits_type(value, field.type)
