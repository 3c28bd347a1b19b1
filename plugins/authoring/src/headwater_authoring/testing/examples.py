"""Valid credentials built from what a connector says of its fields, with a canary in every secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater.field import clamp
from headwater_authoring.testing.canaries import PLACE, canary
from headwater_authoring.testing.failures import demand, hidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headwater.models import AuthenticationSpec, Field
    from headwater_authoring.testing.subject import Subject

__tracebackhide__ = hidden

_PLAIN: dict[str | None, Any] = {
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "object": {"key": 1},
    "array": [1],
}


@attrs.frozen
class Example:
    """Credentials for one authentication specification; `canaries` are those within its secrets."""

    auth: AuthenticationSpec
    values: Mapping[str, Any] = attrs.field(repr=False)
    canaries: tuple[str, ...] = attrs.field(repr=False)


def examples(subject: Subject) -> list[Example]:
    """Return a valid example of each authentication specification, with every field filled in."""
    _check_known(subject)
    return [example(subject, auth) for auth in subject.connector.authentication]


def example(subject: Subject, auth: AuthenticationSpec) -> Example:
    """Return a valid example of one authentication specification. Raises `ConformanceFailure` for an unfit override."""
    given = {**subject.examples, **_overrides(subject, auth)}
    canaries: list[str] = []
    values = _fill(auth.fields, given, f"{subject.slug}/{auth.label}", canaries)
    return Example(auth, values, tuple(canaries))


def _fill(
    fields: Iterable[Field], given: Mapping[str, Any], seed: str, canaries: list[str]
) -> dict[str, Any]:
    """Return a value for each field, in depth; `canaries` takes note of those that stand in secrets."""
    values: dict[str, Any] = {}
    for field in fields:
        place = f"{seed}/{field.name}"
        if field.secret:
            canaries.append(canary(place))
            own = given.get(field.name, PLACE)
            values[field.name] = _secret(field, own, canaries[-1])
        elif field.properties:
            own = given.get(field.name, {})
            values[field.name] = _fill(field.properties, own, place, canaries)
        elif field.name in given:
            values[field.name] = given[field.name]
        else:
            values[field.name] = _value(field)
    return values


def _overrides(subject: Subject, auth: AuthenticationSpec) -> Mapping[str, Any]:
    """Return the overrides for this specification alone. A field of this name would take its place, so none may be."""
    own = subject.examples.get(auth.label)
    if not isinstance(own, dict) or auth.field(auth.label) is not None:
        return {}
    return own


def _secret(field: Field, given: Any, mark: str) -> str:
    demand(
        isinstance(given, str) and PLACE in given,
        f"the example of the secret field {field.name} has no {PLACE} in it",
        f"write {PLACE} where the secret part of the value stands",
    )
    return str(given).replace(PLACE, mark)


def _value(field: Field) -> Any:
    """Return what the field itself offers: its example, its default, the first of its enum, or a value of its type."""
    for known in (field.example, field.default, *field.enum[:1]):
        if known is not None:
            return known
    if field.type in ("integer", "number"):
        return clamp(field, _PLAIN[field.type])
    return _PLAIN.get(field.type, f"text for {field.name}")


def _check_known(subject: Subject) -> None:
    """Refuse an override that nothing would use: a misspelt one would go unnoticed."""
    unknown = set(subject.examples)
    for auth in subject.connector.authentication:
        unknown.discard(auth.label)
        unknown -= {field.name for field in auth.fields}
    demand(
        not unknown,
        f"examples names what is neither a field nor an authentication specification: {', '.join(sorted(unknown))}",
        "correct the name, or take it out",
    )
