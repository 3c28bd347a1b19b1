"""What fields say of credentials, judged without JSON Schema: a second opinion to hold the rendered schema against."""

from __future__ import annotations

import re
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
    """Return the fields that are missing, unknown, of the wrong type, or outside their rules, named with dots."""
    return set(_list_wrong(auth.fields, values, ()))


def _list_wrong(
    fields: Iterable[Field], values: Mapping[str, Any], above: FieldPath
) -> Iterator[str]:
    fields = tuple(fields)
    defaults = {field.name: field.default for field in fields}
    unknown = set(values)
    for field in fields:
        unknown.discard(field.name)
        path = (*above, field.name)
        value = values.get(field.name)
        if not _fits(field, {**defaults, **values}, field.name in values):
            yield dotted(path)
        elif field.properties and isinstance(value, dict):
            yield from _list_wrong(field.properties, value, path)
    yield from (dotted((*above, name)) for name in unknown)


def _fits(field: Field, values: Mapping[str, Any], is_given: bool) -> bool:
    """Judge one field; `values` are those beside it, defaults in the place of what is not given."""
    if not is_given:
        return not field.required and not _is_demanded(field, values)
    value = values[field.name]
    if field.enum and not is_among(value, field.enum):
        return False
    return fits_type(value, field.type) and keeps_rules(field, value)


def _is_demanded(field: Field, values: Mapping[str, Any]) -> bool:
    if field.required_if is None:
        return False
    name, wanted = field.required_if
    return is_among(values.get(name), [wanted])


def keeps_rules(field: Field, value: Any) -> bool:
    """Say whether a value keeps to a field's pattern and range; they say nothing of values of other types."""
    if isinstance(value, str):
        return field.pattern is None or re.search(field.pattern, value) is not None
    if not fits_type(value, "number"):
        return True
    above = field.minimum is None or value >= field.minimum
    return above and (field.maximum is None or value <= field.maximum)
