"""A tenant's JSON Schema read as fields, wherever it lists them, and refused where its secrets could not be kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.credentials import raw_schemas

SECRET = {"type": "string", "format": "password"}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["password", "#/a", "#", "string"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "properties",
                    "required",
                    "type",
                    "format",
                    "oneOf",
                    "allOf",
                    "$ref",
                    "a",
                ]
            ),
            inner,
        )
    ),
    max_leaves=15,
)


def _read(schema: dict[str, Any]) -> dict[str, tuple[bool, bool]]:
    return {
        field.name: (field.required, field.secret)
        for field in raw_schemas.fields(schema)
    }


def test_fields_of_every_branch_are_fields() -> None:
    schema = {
        "properties": {"host": {"type": "string"}},
        "required": ["host"],
        "oneOf": [
            {"properties": {"password": SECRET}, "required": ["password"]},
            {"properties": {"token": {"$ref": "#/definitions/token"}}},
        ],
        "allOf": [{"properties": {"port": {"type": "integer"}}, "required": ["port"]}],
        "definitions": {"token": SECRET},
    }
    assert _read(schema) == {
        "host": (True, False),
        "password": (False, True),
        "token": (False, True),
        "port": (True, False),
    }
    assert raw_schemas.find_flaw(schema) == ""


def test_a_field_that_one_branch_marks_is_secret_in_all() -> None:
    schema = {
        "properties": {"key": {"type": "string"}},
        "anyOf": [{"properties": {"key": SECRET}}],
    }
    assert _read(schema) == {"key": (False, True)}


def test_what_a_field_may_hold_is_told_except_of_secrets() -> None:
    region = {
        "enum": ["EU", "US"],
        "default": "EU",
        "description": "Where it is",
        "examples": ["US"],
    }
    key = {
        **SECRET,
        "description": "The key",
        "default": "k",
        "enum": ["k"],
        "examples": ["k"],
    }
    found = {
        field.name: field
        for field in raw_schemas.fields({"properties": {"region": region, "key": key}})
    }
    shown = found["region"]
    assert (shown.enum, shown.default, shown.description, shown.example) == (
        ("EU", "US"),
        "EU",
        "Where it is",
        "US",
    )
    hidden = found["key"]
    assert (hidden.enum, hidden.default, hidden.description, hidden.example) == (
        (),
        None,
        "The key",
        None,
    )


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        (
            {"properties": {"o": {"type": "object", "properties": {"secret": SECRET}}}},
            "/properties/o/properties/secret",
        ),
        (
            {"properties": {"keys": {"type": "array", "items": SECRET}}},
            "/properties/keys/items",
        ),
        (
            {"properties": {"pin": {"type": "integer", "format": "password"}}},
            "/properties/pin",
        ),
        (
            {"properties": {"one": {"oneOf": [SECRET, {"type": "null"}]}}},
            "/properties/one/oneOf/0",
        ),
        ({"additionalProperties": SECRET}, "/additionalProperties"),
        ({"patternProperties": {"key$": SECRET}}, "/patternProperties/key$"),
        (SECRET, "()"),
    ],
)
def test_a_secret_that_could_not_be_kept_makes_the_schema_unusable(
    schema: dict[str, Any], place: str
) -> None:
    assert place.strip("()") in raw_schemas.find_flaw(schema)
    assert "secret" in raw_schemas.find_flaw(schema)


def test_a_schema_elsewhere_is_not_used() -> None:
    assert "lies elsewhere (/properties/a)" in raw_schemas.find_flaw(
        {"properties": {"a": {"$ref": "https://x.example"}}}
    )


@pytest.mark.parametrize(
    "schema", [{"$ref": "#"}, {"allOf": [{"$ref": "#/allOf/0"}]}, {"$ref": "#/a/b"}]
)
def test_references_in_circles_and_to_nowhere_come_to_an_end(
    schema: dict[str, Any],
) -> None:
    assert raw_schemas.fields(schema) == ()
    assert raw_schemas.find_flaw(schema) == ""


@given(
    st.dictionaries(
        st.sampled_from(["properties", "oneOf", "allOf", "$ref", "required", "a"]), JSON
    )
)
def test_whatever_a_schema_is_its_marks_are_fields_or_make_it_unusable(
    schema: dict[str, Any],
) -> None:
    found = raw_schemas.fields(schema)
    if "'format': 'password'" in str(schema) and not raw_schemas.find_flaw(schema):
        assert any(field.secret for field in found)
