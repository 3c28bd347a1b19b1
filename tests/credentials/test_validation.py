"""Every problem at once, by field and rule, and never a value."""

from __future__ import annotations

import socket
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater import AuthenticationSpec, Field, Secret
from headwater.credentials import validation
from headwater.errors import InvalidCredentials, InvalidInput

AUTH = AuthenticationSpec(
    "Basic Authentication",
    [
        Field("environmentUrl", description="Base URL", example="https://acme.example"),
        Field("username"),
        Field("password", secret=True),
        Field("port", "integer", required=False, default=22),
        Field("tls", "boolean", required=False),
        Field("region", required=False, enum=("EU", "US")),
    ],
)
GOOD: dict[str, Any] = {
    "environmentUrl": "https://x.example",
    "username": "u",
    "password": "correct-horse",
}


def _found(
    values: dict[str, Any], auth: AuthenticationSpec = AUTH
) -> list[tuple[str, str]]:
    return [
        (problem.field, problem.rule) for problem in validation.validate(auth, values)
    ]


def test_fitting_credentials_have_no_problem() -> None:
    assert _found(GOOD) == []
    assert (
        _found(
            {
                **GOOD,
                "port": 2222,
                "tls": True,
                "region": "EU",
                "password": Secret("correct-horse"),
            }
        )
        == []
    )


def test_all_problems_come_at_once_in_the_order_of_the_fields() -> None:
    values = {
        "usrname": "u",
        "password": "",
        "port": "22",
        "region": "Mars",
        "environmentUrl": 5,
    }
    assert _found(values) == [
        ("environmentUrl", "type"),
        ("username", "required"),
        ("password", "notEmpty"),
        ("port", "type"),
        ("region", "enum"),
        ("usrname", "unknown"),
    ]


def test_an_unknown_field_offers_the_nearest_whatever_its_case() -> None:
    [problem] = validation.validate(AUTH, {**GOOD, "USERNAMES": "u"})
    assert problem.message == "is not a field; did you mean username?"


def test_an_unknown_field_near_nothing_lists_the_known_ones() -> None:
    [problem] = validation.validate(AUTH, {**GOOD, "qqq": "u"})
    assert problem.message.startswith("is not a field; known: environmentUrl, username")


def test_several_missing_fields_are_reported_once_each() -> None:
    assert _found({}) == [
        ("environmentUrl", "required"),
        ("username", "required"),
        ("password", "required"),
    ]


def test_a_mask_in_the_place_of_a_secret_is_refused() -> None:
    assert _found({**GOOD, "password": "******"}) == [("password", "mask")]
    assert _found({**GOOD, "username": "******"}) == []


def test_half_a_surrogate_pair_is_no_text() -> None:
    assert _found({**GOOD, "username": "a\ud800b"}) == [("username", "text")]


def test_a_boolean_is_not_an_integer() -> None:
    assert _found({**GOOD, "port": True}) == [("port", "type")]


def test_a_pending_reference_is_judged_by_its_type_only() -> None:
    raw = {
        "properties": {
            "key": {"type": "string", "format": "password", "minLength": 40}
        },
        "required": ["key"],
    }
    auth = validation.from_auth_spec({"name": "KeyBased", "spec": raw})
    assert validation.validate(auth, {"key": "env:KEY"}, pending={"key"}) == []
    assert [
        problem.rule for problem in validation.validate(auth, {"key": "short"})
    ] == ["minLength"]


def test_problems_become_one_error_with_all_of_them() -> None:
    with pytest.raises(InvalidCredentials) as caught:
        validation.require_no_problems(
            AUTH, validation.validate(AUTH, {"username": "u"})
        )
    assert [problem.field for problem in caught.value.problems] == [
        "environmentUrl",
        "password",
    ]


def test_the_rendered_schema_is_valid_draft_07_with_secrets_marked() -> None:
    schema = validation.json_schema(AUTH)
    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["properties"]["password"] == {"type": "string", "format": "password"}
    assert schema["properties"]["port"] == {"type": "integer", "default": 22}
    assert schema["required"] == ["environmentUrl", "username", "password"]
    assert schema["additionalProperties"] is False


def test_a_field_of_unknown_type_takes_any() -> None:
    auth = AuthenticationSpec("x", [Field("thing", None)])
    assert _found({"thing": 5}, auth) == _found({"thing": {"a": 1}}, auth) == []


def test_a_tenants_schema_is_kept_and_validated_by_as_it_came() -> None:
    raw = {
        "type": "object",
        "properties": {
            "host": {"type": "string", "pattern": "^https://"},
            "key": {"format": "password"},
        },
        "required": ["host"],
        "anyOf": [{"required": ["key"]}, {"required": ["token"]}],
    }
    auth = validation.from_auth_spec(
        {"name": "KeyBased", "type": "KeyBased", "spec": raw}
    )
    assert validation.json_schema(auth) == raw
    assert auth.secret_names == {"key"}
    assert _found({"host": "http://x"}, auth) == [
        ("host", "pattern"),
        ("(credentials)", "anyOf"),
    ]
    assert _found({"host": "https://x", "extra": 1, "key": "k"}, auth) == []


def test_nested_problems_are_named_by_path() -> None:
    raw = {
        "properties": {
            "keys": {
                "type": "object",
                "properties": {"id": {"type": "string"}},
                "required": ["id"],
                "additionalProperties": False,
            }
        }
    }
    auth = validation.from_auth_spec({"name": "x", "spec": raw})
    assert _found({"keys": {"ids": 1}}, auth) == [
        ("keys.id", "required"),
        ("keys.ids", "unknown"),
    ]


@pytest.mark.parametrize(
    "raw",
    [
        {"type": 5},
        {"properties": {"a": {"pattern": "("}}},
        {"$ref": "https://x.example/s"},
    ],
)
def test_a_tenants_broken_schema_is_an_input_error_and_nothing_is_fetched(
    raw: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        socket.socket, "connect", lambda *_args: pytest.fail("went to the network")
    )
    auth = validation.from_auth_spec({"name": "x", "spec": raw})
    with pytest.raises(
        InvalidInput, match="not a JSON Schema that can be evaluated"
    ) as caught:
        validation.validate(auth, {"a": "correct-horse"})
    assert caught.value.__context__ is None


def test_a_tenants_schema_with_odd_properties_is_read() -> None:
    spec = {
        "properties": {
            "a": True,
            "b": {"type": ["string", "null"]},
            "c": {"format": "password", "type": "object"},
        }
    }
    auth = validation.from_auth_spec({"name": "x", "spec": spec})
    assert [(field.name, field.type, field.secret) for field in auth.fields] == [
        ("a", None, False),
        ("b", None, False),
        ("c", "string", True),
    ]


def test_sealing_wraps_secrets_and_resolves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOME_SECRET", "looked up")
    sealed = validation.seal(AUTH, {**GOOD, "password": "env:SOME_SECRET"})
    assert sealed["password"] == Secret("env:SOME_SECRET")
    assert sealed["username"] == "u"


CANARY = st.text(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/='\"<&% ",
    min_size=16,
    max_size=30,
).filter(lambda text: len(set(text)) > 8)
FIELDS = st.sampled_from(
    ["environmentUrl", "username", "password", "port", "tls", "region", "other"]
)


@given(
    st.dictionaries(
        FIELDS,
        CANARY | CANARY.map(lambda text: [text]) | CANARY.map(lambda text: {"x": text}),
    )
)
def test_no_problem_ever_shows_a_value(values: dict[str, Any]) -> None:
    told = repr(validation.validate(AUTH, values))
    for value in values.values():
        text = (
            value
            if isinstance(value, str)
            else next(iter(value.values()))
            if isinstance(value, dict)
            else value[0]
        )
        assert text not in told
