"""Authentication specification to JSON Schema, and credentials held against it: every problem, never a value."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from headwater.credentials import raw_schemas
from headwater.errors import InvalidCredentials, InvalidInput
from headwater.models import AuthenticationSpec, Problem
from headwater.secret import Secret, is_mask, reveal_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from headwater.models import Field

DRAFT = "http://json-schema.org/draft-07/schema#"


def json_schema(auth: AuthenticationSpec) -> dict[str, Any]:
    """Render the specification as Flow Service does: JSON Schema draft-07, secrets with ``format: password``."""
    if auth.raw is not None:
        return dict(auth.raw)
    return {
        "$schema": DRAFT,
        "type": "object",
        "properties": {field.name: _property(field) for field in auth.fields},
        "required": [field.name for field in auth.fields if field.required],
        "additionalProperties": False,
    }


def auth_spec(auth: AuthenticationSpec) -> dict[str, Any]:
    """Render one element of a connection specification's ``authSpec`` array: ``{name, type, spec}``."""
    return {
        "name": auth.spec_name,
        "type": auth.spec_name.replace(" ", ""),
        "spec": json_schema(auth),
    }


def from_auth_spec(element: Mapping[str, Any]) -> AuthenticationSpec:
    """Read an ``authSpec`` element of a tenant: the schema is kept as it came, and validation goes by it."""
    schema = element.get("spec") or {}
    name = str(element.get("name") or "(unnamed)")
    return AuthenticationSpec(
        name,
        raw_schemas.fields(schema),
        raw=dict(schema),
        unusable=raw_schemas.unusable(schema),
    )


def validate(
    auth: AuthenticationSpec,
    values: Mapping[str, Any],
    *,
    pending: Collection[str] = (),
    validator: Any = None,
) -> list[Problem]:
    """Return everything wrong with the values, by field; an empty list means they fit. Makes no network call.

    `values` are plain JSON values; a secret may be a `Secret` or a text. Fields in `pending` hold a reference that is
    not resolved yet: only their presence and type can be judged. `validator` is a class of jsonschema's to use in the
    place of `Draft7Validator`, for schemas that are not trusted.
    """
    import jsonschema
    import referencing

    # A registry of our own: the default one would fetch a remote $ref of a tenant's schema over the network.
    held = (validator or jsonschema.Draft7Validator)(
        json_schema(auth), registry=referencing.Registry()
    )
    plain = reveal_all(dict(values))
    failure = ""
    problems: list[Problem] = []
    try:
        problems = [
            problem
            for error in held.iter_errors(plain)
            for problem in _explain(error, auth)
        ]
    except Exception as error:  # a tenant's schema can be broken in any way
        failure = _BROKEN.get(type(error).__name__, "a part of it is broken")
    if failure:
        raise InvalidInput(
            f"the authentication specification {auth.label} is no JSON Schema that can be evaluated ({failure})",
            remedy="see `headwater specs show`, and report it to who manages the tenant",
        )
    problems += _our_rules(auth, plain, {problem.field for problem in problems})
    problems = [
        problem
        for problem in problems
        if problem.rule == "type" or problem.field not in pending
    ]
    order = {field.name: position for position, field in enumerate(auth.fields)}
    return sorted(
        dict.fromkeys(problems),
        key=lambda problem: (order.get(problem.field, len(order)), problem.field),
    )


def check_usable(auth: AuthenticationSpec) -> None:
    """Raise `InvalidInput` where a tenant's schema leaves open which values are secret."""
    if auth.unusable:
        raise InvalidInput(
            f"the authentication specification {auth.label} cannot be used: {auth.unusable}",
            remedy="see `headwater specs show`, and report it to who manages the tenant",
        )


def demand_none(auth: AuthenticationSpec, problems: Sequence[Problem]) -> None:
    """Raise `InvalidCredentials` with every problem, or return where there is none."""
    if problems:
        raise InvalidCredentials(f"the credentials do not fit {auth.label}", problems)


def sealed(auth: AuthenticationSpec, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with every secret field's text wrapped as a literal `Secret`, resolving nothing."""
    secret = auth.secret_names
    return {
        name: Secret(value) if name in secret and isinstance(value, str) else value
        for name, value in values.items()
    }


def _property(field: Field) -> dict[str, Any]:
    facts = {
        "type": field.type,
        "format": "password" if field.secret else None,
        "description": field.description,
        "enum": list(field.enum),
        "default": field.default,
        "examples": [field.example]
        if field.example is not None and not field.secret
        else None,
    }
    return {name: fact for name, fact in facts.items() if fact not in (None, "", [])}


def _our_rules(
    auth: AuthenticationSpec, values: Mapping[str, Any], reported: set[str]
) -> Iterator[Problem]:
    """Rules the schema does not spell out: nothing empty, and no mask in the place of a secret."""
    for field in auth.fields:
        value = values.get(field.name)
        if field.name in reported or not isinstance(value, str):
            continue
        if any("\ud800" <= char <= "\udfff" for char in value):
            yield Problem(
                field.name,
                "text",
                "holds half of a surrogate pair, which no text can be sent with",
            )
        elif not value.strip():
            yield Problem(
                field.name,
                "notEmpty",
                "is empty; give a value"
                + ("" if field.required else " or leave it out"),
            )
        elif field.secret and is_mask(value):
            yield Problem(
                field.name,
                "mask",
                "is a mask copied from output; give the secret itself or a reference to it",
            )


def _explain(error: Any, auth: AuthenticationSpec) -> Iterator[Problem]:
    """Say what is wrong from the rule and the path alone: jsonschema's own message prints the value."""
    path = ".".join(str(part) for part in error.absolute_path)
    rule = str(error.validator)
    instance: Any = error.instance
    if rule == "required":
        # jsonschema reports each missing name in an error of its own and names it only in its text, which we do not
        # read: every error answers with all of them, and the caller drops the repeats.
        yield from (
            Problem(_join(path, name), rule, "is missing")
            for name in error.validator_value
            if name not in instance
        )
    elif rule == "additionalProperties" and isinstance(instance, dict):
        for name in _unknown_names(error):
            yield Problem(
                _join(path, name), "unknown", _unknown_message(name, error.schema, auth)
            )
    else:
        yield Problem(path or "(credentials)", rule, _RULES.get(rule, _other)(error))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _unknown_names(error: Any) -> list[str]:
    import re

    known = error.schema.get("properties", {})
    patterns = error.schema.get("patternProperties", {})
    return [
        name
        for name in error.instance
        if name not in known
        and not any(re.search(pattern, name) for pattern in patterns)
    ]


def _unknown_message(name: str, schema: Any, auth: AuthenticationSpec) -> str:
    known = list(schema.get("properties", {})) or [field.name for field in auth.fields]
    folded = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(name.lower(), folded, n=1)
    return (
        f"is not a field; did you mean {folded[near[0]]}?"
        if near
        else f"is not a field; known: {', '.join(known)}"
    )


def _type_message(error: Any) -> str:
    expected = error.validator_value
    return f"must be of type {expected if isinstance(expected, str) else ' or '.join(map(str, expected))}"


def _enum_message(error: Any) -> str:
    return (
        f"must be one of {', '.join(str(choice) for choice in error.validator_value)}"
    )


def _other(error: Any) -> str:
    limit = error.validator_value
    suffix = (
        f" {limit}"
        if isinstance(limit, (int, float)) and not isinstance(limit, bool)
        else ""
    )
    return (
        f"breaks the rule {error.validator}{suffix} of the authentication specification"
    )


# What jsonschema calls a broken schema, and what that means.
_BROKEN = {
    "UnknownType": "it names a type there is not",
    "_WrappedReferencingError": "it refers to a schema that is not part of it",
}
_RULES = {"type": _type_message, "enum": _enum_message}
