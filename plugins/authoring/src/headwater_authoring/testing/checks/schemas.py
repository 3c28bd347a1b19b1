"""The rendered ``authSpec`` is a valid schema that says what the fields say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from headwater.connectors.rendering import render
from headwater.credentials import validation
from headwater.errors import InvalidInput
from headwater_authoring.testing.corruptions import corruptions
from headwater_authoring.testing.examples import examples
from headwater_authoring.testing.failures import ConformanceFailure, demand, hidden
from headwater_authoring.testing.second_opinion import wrong_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.models import AuthenticationSpec
    from headwater_authoring.testing.subject import Subject

__tracebackhide__ = hidden

_OF_SCHEMA = ("required", "unknown", "type", "enum")


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
    failure = ""
    elements: list[dict[str, Any]] = []
    try:
        text = json.dumps(render(subject.connector), allow_nan=False)
        elements = json.loads(text)["authSpec"]
    except (TypeError, ValueError) as error:
        failure = type(error).__name__
    if failure:
        raise ConformanceFailure(
            f"the connection specification cannot be rendered as JSON ({failure})",
            "use texts, numbers, booleans, lists and dicts for enumerations, defaults, examples and raw schemas",
        )
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
        f"the schema of {auth.label} is no valid JSON Schema draft-07, at {place}",
        "correct it in that place",
    )


def _check_properties(auth: AuthenticationSpec, schema: Mapping[str, Any]) -> None:
    properties = schema.get("properties", {})
    secret = {
        name for name, facts in properties.items() if facts.get("format") == "password"
    }
    differing = sorted(
        ({field.name for field in auth.fields} ^ set(properties))
        | (
            {field.name for field in auth.fields if field.required}
            ^ set(schema.get("required", ()))
        )
        | (auth.secret_names ^ secret)
    )
    demand(
        not differing,
        f"the fields of {auth.label} and its schema disagree on what there is, is required or is secret: "
        f"{', '.join(differing)}",
        "make them say the same: the schema's format password marks a secret",
    )


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
    broken = ""
    found: set[str] = set()
    try:
        found = {
            problem.field
            for problem in validation.validate(auth, values)
            if problem.rule in _OF_SCHEMA
        }
    except InvalidInput as error:
        broken = error.message
    demand(
        not broken, broken, "correct the schema; it may refer to nothing outside itself"
    )
    # The registry knows no other document: a remote $ref is never fetched.
    accepted = jsonschema.Draft7Validator(
        schema, registry=referencing.Registry()
    ).is_valid(dict(values))
    demand(
        accepted is not bool(wrong),
        f"the schema of {auth.label} {'accepts' if accepted else 'refuses'} {what}, its fields do not",
        "make fields and schema say the same",
    )
    demand(
        found == wrong,
        f"validation of {auth.label} and its fields disagree about {what}: {', '.join(sorted(found ^ wrong))}",
        "make fields and schema say the same",
    )
