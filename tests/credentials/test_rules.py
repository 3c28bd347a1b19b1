"""The rules of a field: rendered as JSON Schema draft-07, and what breaks one named by field and rule."""

from __future__ import annotations

from typing import Any

import pytest

from headwater import AuthenticationSpec, Field
from headwater.credentials import validation

AUTH = AuthenticationSpec(
    "Basic Authentication",
    [
        Field("host", form="host", advised_pattern=r"\.example$"),
        Field("port", "integer", required=False, minimum=0, maximum=65535),
        Field("project", required=False, pattern="^[a-z]+$"),
        Field("mode", required=False, enum=["key", "password"], default="password"),
        Field("key", secret=True, required=False, required_if=("mode", "key")),
        Field(
            "password", secret=True, required=False, required_if=("mode", "password")
        ),
    ],
)
GOOD: dict[str, Any] = {"host": "acme.example", "password": "correct-horse"}


def _find(values: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (problem.field, problem.message)
        for problem in validation.validate(AUTH, values)
    ]


def test_rules_are_rendered_as_flow_service_shows_them() -> None:
    schema = validation.json_schema(AUTH)
    assert schema["properties"]["port"] == {
        "type": "integer",
        "minimum": 0,
        "maximum": 65535,
    }
    assert schema["properties"]["project"] == {"type": "string", "pattern": "^[a-z]+$"}
    assert schema["required"] == ["host"]
    assert schema["allOf"] == [
        {
            "if": {"properties": {"mode": {"const": "key"}}, "required": ["mode"]},
            "then": {"required": ["key"]},
        },
        {
            "if": {"properties": {"mode": {"const": "password"}}},
            "then": {"required": ["password"]},
        },
    ]


def test_advice_is_no_part_of_the_schema() -> None:
    assert validation.json_schema(AUTH)["properties"]["host"] == {"type": "string"}
    assert _find({**GOOD, "host": "https://x.other/"}) == []


def test_a_field_without_conditions_is_rendered_as_ever() -> None:
    schema = validation.json_schema(AuthenticationSpec("Basic", [Field("host")]))
    assert schema == {
        "$schema": validation.DRAFT,
        "type": "object",
        "properties": {"host": {"type": "string"}},
        "required": ["host"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"port": -1}, ("port", "must be at least 0")),
        ({"port": 65536}, ("port", "must be at most 65535")),
        ({"project": "UPPER"}, ("project", "does not match the pattern ^[a-z]+$")),
        (
            {"mode": "key"},
            ("key", 'is missing; it is required where mode is "key"'),
        ),
    ],
)
def test_what_breaks_a_rule_is_named_by_field_and_rule(
    more: dict[str, Any], problem: tuple[str, str]
) -> None:
    assert _find(GOOD) == []
    assert _find({**GOOD, **more}) == [problem]


def test_a_field_that_is_left_out_counts_as_its_default() -> None:
    assert [name for name, _message in _find({"host": "acme.example"})] == ["password"]
    assert _find({"host": "a.example", "mode": "key", "key": "correct-horse"}) == []


def test_a_condition_holds_within_its_object() -> None:
    account = Field(
        "account",
        "object",
        properties=[
            Field("kind", enum=["a", "b"]),
            Field("id", required=False, required_if=("kind", "b")),
        ],
    )
    auth = AuthenticationSpec("Nested", [account])
    assert validation.validate(auth, {"account": {"kind": "a"}}) == []
    [problem] = validation.validate(auth, {"account": {"kind": "b"}})
    assert (problem.field, problem.rule) == ("account.id", "required")


def test_a_reference_is_not_held_against_a_pattern() -> None:
    auth = AuthenticationSpec("C", [Field("connection", secret=True, pattern=";$")])
    assert (
        validation.validate(auth, {"connection": "env:C"}, pending={"connection"}) == []
    )
    [problem] = validation.validate(auth, {"connection": "Server=x"})
    assert (problem.field, problem.rule) == ("connection", "pattern")


def test_a_rendered_schema_is_read_back_with_its_types_and_choices() -> None:
    read = validation.from_auth_spec(validation.auth_spec(AUTH))
    for field in AUTH.fields:
        other = read.field(field.name)
        assert other is not None
        assert (other.type, other.enum, other.default, other.secret) == (
            field.type,
            field.enum,
            field.default,
            field.secret,
        )
        assert other.required is field.required
