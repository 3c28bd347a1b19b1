"""Fields that a specification does not list, where the caller wants them sent all the same.

Nobody has said which of them are secret, so their names decide, and in doubt a field is one: then it is masked wherever
it would be shown, and sent as it was given.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

from headwater.models import Field, dotted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from headwater.models import AuthenticationSpec, FieldPath

# Parts of names that speak of a secret. More names have them than hold one; hiding too much does no harm.
_SECRET = re.compile(
    r"auth|bearer|cert|connection_?str|cred|dsn|key|pass|private|pin(?![a-z])|pwd|sas|secret|seed|sign|token",
    re.IGNORECASE,
)


@attrs.frozen
class Extended:
    """A specification with a field for each name it does not list, and the paths of those."""

    auth: AuthenticationSpec
    unknown: tuple[str, ...] = ()


def extend(auth: AuthenticationSpec, values: Mapping[str, Any]) -> Extended:
    """Return a specification that knows every field of these values, in depth; those named like secrets are secret."""
    unknown: list[FieldPath] = []
    fields = _extend(auth.fields, values, (), unknown)
    if not unknown:
        return Extended(auth)
    return Extended(attrs.evolve(auth, fields=fields), tuple(map(dotted, unknown)))


def is_secret_name(name: str) -> bool:
    """Say whether a name of which nothing else is known may be that of a secret."""
    return _SECRET.search(name) is not None


def _extend(
    fields: Iterable[Field],
    values: Mapping[str, Any],
    above: FieldPath,
    unknown: list[FieldPath],
) -> tuple[Field, ...]:
    extended = [_extend_object(field, values, above, unknown) for field in fields]
    listed = {field.name for field in extended}
    for name, value in values.items():
        if name and name not in listed:
            unknown.append((*above, name))
            extended.append(_describe(name, value, is_secret=False))
    return tuple(extended)


def _extend_object(
    field: Field,
    values: Mapping[str, Any],
    above: FieldPath,
    unknown: list[FieldPath],
) -> Field:
    value = values.get(field.name)
    if not field.properties or not isinstance(value, dict):
        return field
    inner = _extend(field.properties, value, (*above, field.name), unknown)
    return attrs.evolve(field, properties=inner)


def _describe(name: str, value: Any, *, is_secret: bool) -> Field:
    """Return a field for a value. What stands in an object that is named like a secret is one too."""
    is_secret = is_secret or is_secret_name(name)
    if isinstance(value, dict) and value and all(value):
        inner = [
            _describe(below, item, is_secret=is_secret) for below, item in value.items()
        ]
        return Field(name, "object", required=False, properties=inner)
    # A secret is a string; so a list with one in it is refused for its type, since nothing in lists is kept secret.
    is_secret = is_secret or any(map(is_secret_name, _names_within(value)))
    return Field(name, None, required=False, secret=is_secret)


def _names_within(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _names_within(item)
