"""Authentication specifications as JSON Schema, and credentials validated by it: every problem, never a value."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

from headwater.credentials import evaluation, raw_schemas, schema_budgets
from headwater.errors import InvalidCredentials, InvalidInput
from headwater.field import is_same
from headwater.foreign import raise_bare
from headwater.models import (
    AuthenticationSpec,
    Problem,
    dotted,
    iter_fields,
    map_secrets,
)
from headwater.secret import (
    Unshown,
    has_unpaired_surrogate,
    is_mask,
    reveal_all,
    seal_strings,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from headwater.models import Field, FieldPath

DRAFT = "http://json-schema.org/draft-07/schema#"

_MOST_LISTED = 50  # fields or choices that one problem names
_MOST_SUGGESTED = (
    20  # unknown names for which a field is suggested; comparing them takes time
)
_LONGEST_SUGGESTED = 100  # characters of a name

_REPORT = "see `headwater specs show`, and report it to whoever administers the tenant"


def json_schema(auth: AuthenticationSpec) -> dict[str, Any]:
    """Render the specification as Flow Service does: JSON Schema draft-07, secrets with ``format: password``."""
    if auth.raw is not None:
        return dict(auth.raw)
    return {"$schema": DRAFT, "type": "object", **_object_of(auth.fields)}


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
        unusable=_find_excess(schema) or raw_schemas.find_flaw(schema),
    )


def _find_excess(schema: Mapping[str, Any]) -> str:
    excess = schema_budgets.find_excess(schema) or schema_budgets.find_runaway(schema)
    return f"its schema asks for too much ({excess})" if excess else ""


def validate(
    auth: AuthenticationSpec,
    values: Mapping[str, Any],
    *,
    pending: Collection[str] = (),
) -> list[Problem]:
    """Return everything wrong with the values, by field; an empty list means they fit. Makes no network call.

    `values` are plain JSON values; a secret may be a `Secret` or a string. Fields in `pending`, named with dots as
    problems name them, hold a reference that is not resolved yet: only their presence and type can be judged. Raises
    `InvalidInput` for a broken schema, and for one that takes longer than the request may (`credentials.evaluation`).
    """
    values = Unshown(reveal_all(dict(values)))
    problems = _apply_schema(values, auth)
    problems += _apply_own_rules(auth, values, {problem.field for problem in problems})
    judged = [
        problem
        for problem in problems
        if problem.rule == "type" or problem.field not in pending
    ]
    names = [dotted(path) for path, _field in iter_fields(auth)]
    order = {name: position for position, name in enumerate(names)}
    return sorted(
        dict.fromkeys(judged),
        key=lambda problem: (order.get(problem.field, len(order)), problem.field),
    )


def check_usable(auth: AuthenticationSpec) -> None:
    """Raise `InvalidInput` where a tenant's schema leaves open which values are secret."""
    if auth.unusable:
        raise InvalidInput(
            f"the authentication specification {auth.label} cannot be used: {auth.unusable}",
            remedy=_REPORT,
        )


def require_no_problems(
    auth: AuthenticationSpec, problems: Sequence[Problem], *, remedy: str = ""
) -> None:
    """Raise `InvalidCredentials` with every problem, or return where there is none."""
    if problems:
        raise InvalidCredentials(
            f"the credentials do not fit {auth.label}", problems, remedy=remedy
        )


def seal(auth: AuthenticationSpec, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with the string of every secret field, in depth, as a `Secret`, resolving nothing."""
    return map_secrets(auth, values, lambda _path, value: seal_strings(value))


def _object_of(fields: Sequence[Field]) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "properties": {field.name: _property(field) for field in fields},
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }
    conditions = list(_list_conditions(fields))
    if conditions:
        rendered["allOf"] = conditions
    return rendered


def _list_conditions(fields: Sequence[Field]) -> Iterator[dict[str, Any]]:
    """Yield an if and then for each field that is required under a condition."""
    by_name = {field.name: field for field in fields}
    for field in fields:
        if field.required_if is None:
            continue
        name, value = field.required_if
        condition: dict[str, Any] = {"properties": {name: {"const": value}}}
        if not is_same(by_name[name].default, value):
            # What is left out meets any rule on it: as it should where that means this value, and nowhere else.
            condition["required"] = [name]
        yield {"if": condition, "then": {"required": [field.name]}}


def _property(field: Field) -> dict[str, Any]:
    facts = {name: fact for name, fact in _facts(field).items() if fact}
    rules = {
        "pattern": field.pattern,
        "minimum": field.minimum,
        "maximum": field.maximum,
        "default": field.default,
    }
    facts |= {name: rule for name, rule in rules.items() if rule is not None}
    if field.properties:
        facts |= _object_of(field.properties)
    return facts


def _facts(field: Field) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "type": field.type,
        "description": field.description,
        "enum": list(field.enum),
    }
    if field.secret:
        facts["format"] = "password"
    elif field.example is not None:
        facts["examples"] = [field.example]
    return facts


def _apply_schema(values: Mapping[str, Any], auth: AuthenticationSpec) -> list[Problem]:
    """Return what the schema says against the values. Raises `InvalidInput` where it cannot be evaluated."""
    try:
        return _list_mismatches(values, auth)
    except Exception as error:  # a tenant's schema can be broken in any way
        flaw = _FLAWS.get(type(error).__name__, "a part of it is broken")
        raise_bare(
            InvalidInput(
                f"the authentication specification {auth.label} is not a JSON Schema that can be evaluated ({flaw})",
                remedy=_REPORT,
            )
        )


def _list_mismatches(
    values: Mapping[str, Any], auth: AuthenticationSpec
) -> list[Problem]:
    """Return the problems behind a schema's errors, each once.

    Each missing name has an error of its own, and each is answered with all of them.
    """
    problems: dict[Problem, None] = {}
    explained: set[tuple[Any, ...]] = set()
    for mismatch in evaluation.find_errors(json_schema(auth), values):
        if mismatch.validator == "required":
            names = (id(mismatch.validator_value), *mismatch.absolute_path)
            if names in explained:
                continue
            explained.add(names)
        problems |= dict.fromkeys(_explain(mismatch, auth))
    return list(problems)


def _apply_own_rules(
    auth: AuthenticationSpec, values: Mapping[str, Any], reported: set[str]
) -> Iterator[Problem]:
    """Apply the rules that a schema does not spell out, to the fields that it does not complain about."""
    for path, field in iter_fields(auth):
        name, value = dotted(path), _find_value(values, path)
        if name in reported:
            continue
        if isinstance(value, str):
            yield from _judge_string(field, name, value)
        elif field.secret and value is not None:
            yield Problem(name, "type", "must be of type string")


def _find_value(values: Any, path: FieldPath) -> Any:
    """Return what stands at a path, or None."""
    for name in path:
        if not isinstance(values, dict):
            return None
        values = values.get(name)
    return values


def _judge_string(field: Field, name: str, value: str) -> Iterator[Problem]:
    """Refuse what cannot be sent, what is empty, and a mask in the place of a secret."""
    if has_unpaired_surrogate(value):
        yield Problem(name, "text", "contains an unpaired surrogate (not valid UTF-8)")
    elif not value.strip():
        way_out = "give a value" if field.required else "give a value or leave it out"
        yield Problem(name, "notEmpty", f"is empty; {way_out}")
    elif field.secret and is_mask(value):
        yield Problem(
            name,
            "mask",
            "is a mask copied from output; give the secret itself or a reference to it",
        )


def _explain(error: Any, auth: AuthenticationSpec) -> Iterator[Problem]:
    """Say what is wrong from the rule and the path alone: jsonschema's own message prints the value."""
    path = ".".join(str(part) for part in error.absolute_path)
    rule = str(error.validator)
    if rule == "required":
        # jsonschema reports each missing name in an error of its own and names it only in its text, which we do not
        # read: one error answers with all of them, and the caller drops the others.
        for name in error.validator_value:
            if name not in error.instance:
                yield _name_missing(_join(path, name), auth)
    elif rule == "additionalProperties" and isinstance(error.instance, dict):
        for number, name in enumerate(_find_unknown_names(error)):
            message = "is not a field"
            if number < _MOST_SUGGESTED and len(name) <= _LONGEST_SUGGESTED:
                message = _suggest_name(name, error.schema, auth)
            yield Problem(_join(path, name), "unknown", message)
    else:
        phrase = _PHRASES.get(rule, _name_rule)
        yield Problem(path or "(credentials)", rule, phrase(error))


def _name_missing(name: str, auth: AuthenticationSpec) -> Problem:
    field = auth.find(tuple(name.split(".")))
    message = "is missing"
    if field is not None and field.required_if is not None:
        sibling, value = field.required_if
        message = f"is missing; it is required where {sibling} is {json.dumps(value)}"
    return Problem(name, "required", message)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _find_unknown_names(error: Any) -> Iterator[str]:
    yield from sorted(evaluation.find_unlisted(error.instance, error.schema))


def _suggest_name(name: str, schema: Any, auth: AuthenticationSpec) -> str:
    successor = dict(auth.former_fields).get(name)
    if successor is not None:
        return f"is not a field any more; its place is taken by {successor}"
    known = list(schema.get("properties", {})) or [field.name for field in auth.fields]
    by_folded_name = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(name.lower(), by_folded_name, n=1)
    if near:
        return f"is not a field; did you mean {by_folded_name[near[0]]}?"
    return f"is not a field; known: {_list_some(known)}"


def _list_some(values: Sequence[Any]) -> str:
    """Name the first values of a list that may be long, or hold long ones."""
    named = [str(value)[:_LONGEST_SUGGESTED] for value in values[:_MOST_LISTED]]
    if len(values) > _MOST_LISTED:
        named.append("…")
    return ", ".join(named)


def _name_type(error: Any) -> str:
    expected = error.validator_value
    types = [expected] if isinstance(expected, str) else map(str, expected)
    return f"must be of type {' or '.join(types)}"


def _list_choices(error: Any) -> str:
    return f"must be one of {_list_some(error.validator_value)}"


def _name_pattern(error: Any) -> str:
    return (
        f"does not match the pattern {str(error.validator_value)[:_LONGEST_SUGGESTED]}"
    )


def _name_minimum(error: Any) -> str:
    return f"must be at least {error.validator_value}"


def _name_maximum(error: Any) -> str:
    return f"must be at most {error.validator_value}"


def _name_rule(error: Any) -> str:
    rule = str(error.validator)
    limit = error.validator_value
    if isinstance(limit, (int, float)) and not isinstance(limit, bool):
        rule = f"{rule} {limit}"
    return f"breaks the rule {rule} of the authentication specification"


# What jsonschema raises over a broken schema, and what that means.
_FLAWS = {
    "OverBudgetError": "validating by it takes too long",
    "UnknownType": "it names an unknown type",
    "_WrappedReferencingError": "it refers to a schema that is not part of it",
}
_PHRASES = {
    "type": _name_type,
    "enum": _list_choices,
    "pattern": _name_pattern,
    "minimum": _name_minimum,
    "maximum": _name_maximum,
}
