"""A tenant's JSON Schema read as fields, wherever it lists them, and refused where its secrets could not be kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.credentials import raw_schemas
from headwater.models import holds_secrets

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


def test_fields_of_objects_are_read_in_depth() -> None:
    schema = {
        "properties": {
            "account": {"$ref": "#/definitions/account"},
            "plain": {"type": "object"},
        },
        "definitions": {
            "account": {
                "type": "object",
                "properties": {"email": {"type": "string"}, "id": {"type": "string"}},
                "required": ["email", "key"],
                "anyOf": [{"properties": {"key": SECRET}}],
            }
        },
    }
    account, plain = raw_schemas.fields(schema)
    assert [(field.name, field.secret) for field in account.properties] == [
        ("email", False),
        ("id", False),
        ("key", True),
    ]
    assert [field.required for field in account.properties] == [True, False, False]
    assert plain.properties == ()
    assert raw_schemas.find_flaw(schema) == ""


def test_an_object_that_may_be_null_is_read_in_depth_too() -> None:
    account = {"type": ["object", "null"], "properties": {"key": SECRET}}
    schema = {"properties": {"account": account}}
    (field,) = raw_schemas.fields(schema)
    assert [below.secret for below in field.properties] == [True]
    assert raw_schemas.find_flaw(schema) == ""


def _doubling(levels: int) -> dict[str, Any]:
    """Return a schema of a few lines that lists 2 ** levels secrets."""
    definitions: dict[str, Any] = {
        "d0": {"type": "object", "properties": {"k": SECRET}}
    }
    for level in range(1, levels):
        below = {"$ref": f"#/definitions/d{level - 1}"}
        properties = {"left": below, "right": dict(below)}
        definitions[f"d{level}"] = {"type": "object", "properties": properties}
    top = {"$ref": f"#/definitions/d{levels - 1}"}
    return {"properties": {"top": top}, "definitions": definitions}


def _wide_and_deep() -> dict[str, Any]:
    """Return a schema of three levels that lists 40 ** 3 secrets."""
    definitions: dict[str, Any] = {"d0": SECRET}
    for level in range(1, 4):
        below = {"$ref": f"#/definitions/d{level - 1}"}
        properties = {f"f{number}": dict(below) for number in range(40)}
        definitions[f"d{level}"] = {"properties": properties}
    return {"$ref": "#/definitions/d3", "definitions": definitions}


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"again": {"$ref": "#"}, "key": SECRET}},
        _doubling(40),
        _wide_and_deep(),
    ],
    ids=["circle", "doubling", "wide"],
)
def test_secrets_too_deep_or_too_many_to_list_make_the_schema_unusable(
    schema: dict[str, Any],
) -> None:
    assert "secret" in raw_schemas.find_flaw(schema)
    assert raw_schemas.find_flaw(_doubling(5)) == ""


def test_a_marked_definition_is_not_hidden_behind_a_reference_elsewhere() -> None:
    reference = {"$ref": "#/definitions/key"}
    keys: dict[str, Any] = {"type": "array", "items": reference}
    schema: dict[str, Any] = {
        "properties": {"key": dict(reference), "keys": keys},
        "definitions": {"key": SECRET},
    }
    assert "refers to it" in raw_schemas.find_flaw(schema)
    keys["items"] = {"$ref": "#/definitions/link"}
    schema["definitions"]["link"] = {"$ref": "#/definitions/key"}
    assert "refers to it" in raw_schemas.find_flaw(schema)
    del schema["properties"]["keys"], schema["definitions"]["link"]
    assert raw_schemas.find_flaw(schema) == ""


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
        assert any(map(holds_secrets, found))
