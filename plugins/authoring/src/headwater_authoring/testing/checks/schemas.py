"""The rendered ``authSpec`` is a valid schema that says what the fields say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from headwater.connectors.rendering import render
from headwater.credentials import validation
from headwater.errors import InvalidInput
from headwater.foreign import raise_bare
from headwater.models import dotted, iter_fields
from headwater_authoring.testing.corruptions import corruptions
from headwater_authoring.testing.examples import examples
from headwater_authoring.testing.failures import ConformanceFailure, demand, hidden
from headwater_authoring.testing.second_opinion import wrong_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from headwater.models import AuthenticationSpec, Field, FieldPath
    from headwater_authoring.testing.subject import Subject

__tracebackhide__ = hidden

_OF_SCHEMA = ("required", "unknown", "type", "enum", "pattern", "minimum", "maximum")


def check_schemas(subject: Subject) -> None:
    """Each rendered schema is JSON and valid draft-07, and it, the fields and our validation judge alike."""
    elements = _elements(subject)
    for example, element in zip(examples(subject), elements, strict=True):
        auth, schema = example.auth, element["spec"]
        _check_schema(auth, schema)
        _check_properties(auth, schema)
        _check_judgement(auth, schema, example.values, "a valid example")
        for corruption in corruptions(example):
            if corruption.in_schema:
                _check_judgement(
                    auth, schema, corruption.values, f"credentials whose {corruption}"
                )


def _elements(subject: Subject) -> list[dict[str, Any]]:
    try:
        text = json.dumps(render(subject.connector), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise_bare(
            ConformanceFailure(
                f"the connection specification cannot be rendered as JSON ({type(error).__name__})",
                "use strings, numbers, booleans, lists and dicts for enumerations, defaults, examples and raw schemas",
            )
        )
    elements: list[dict[str, Any]] = json.loads(text)["authSpec"]
    return elements


def _check_schema(auth: AuthenticationSpec, schema: Mapping[str, Any]) -> None:
    import jsonschema

    place = ""
    try:
        jsonschema.Draft7Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        place = ".".join(map(str, error.absolute_path)) or "its root"
    demand(
        not place,
        f"the schema of {auth.label} is not a valid JSON Schema draft-07, at {place}",
        "correct it in that place",
    )


def _check_properties(auth: AuthenticationSpec, schema: Mapping[str, Any]) -> None:
    ours = _traits(iter_fields(auth))
    theirs = _traits(_iter_properties(schema))
    differing = sorted(
        name for name in ours | theirs if ours.get(name) != theirs.get(name)
    )
    demand(
        not differing,
        f"the fields of {auth.label} and its schema disagree on what there is, is required or is secret: "
        f"{', '.join(differing)}",
        "make them say the same: the schema's format password marks a secret",
    )


def _traits(fields: Iterable[tuple[FieldPath, Field]]) -> dict[str, tuple[bool, bool]]:
    return {dotted(path): (field.required, field.secret) for path, field in fields}


def _iter_properties(schema: Mapping[str, Any]) -> Iterator[tuple[FieldPath, Field]]:
    """Read the rendered schema as somebody does who knows nothing of the connector."""
    return iter_fields(validation.from_auth_spec({"name": "x", "spec": schema}))


def _check_judgement(
    auth: AuthenticationSpec,
    schema: Mapping[str, Any],
    values: Mapping[str, Any],
    what: str,
) -> None:
    """Ask the fields, the rendered schema and `credentials.validate`; all three must judge alike."""
    import jsonschema
    import referencing

    wrong = wrong_fields(auth, values)
    try:
        problems = validation.validate(auth, values)
    except InvalidInput as error:
        raise_bare(
            ConformanceFailure(
                error.message,
                "correct the schema; it may refer to nothing outside itself",
            )
        )
    named = {problem.field for problem in problems if problem.rule in _OF_SCHEMA}
    # The registry knows no other document: a remote $ref is never fetched.
    accepted = jsonschema.Draft7Validator(
        schema, registry=referencing.Registry()
    ).is_valid(dict(values))
    verdict = "accepts" if accepted else "refuses"
    demand(
        accepted is not bool(wrong),
        f"the schema of {auth.label} {verdict} {what}, its fields do not",
        "make fields and schema say the same",
    )
    demand(
        named == wrong,
        f"validation of {auth.label} and its fields disagree about {what}: {', '.join(sorted(named ^ wrong))}",
        "make fields and schema say the same",
    )
