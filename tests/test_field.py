"""A field whose description contradicts itself is refused when it is made, by its name."""

from __future__ import annotations

from typing import Any

import pytest

from headwater import AuthenticationSpec, Field

_OPTIONAL = {"required": False}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"type": "integer", "pattern": "^a"}, "must be a string"),
        ({"type": "object", "multiline": True}, "must be a string"),
        ({"type": "boolean", "form": "host"}, "must be a string"),
        ({"form": "telephone"}, "must be one of host, host_port, url"),
        ({"pattern": "("}, "not a regular expression"),
        ({"advised_pattern": 5}, "not a regular expression"),
        ({"enum": ["a"], "pattern": "a"}, "enum, which says all that pattern could"),
        ({"pattern": "^a", "example": "b"}, "the example of field x breaks"),
        ({"pattern": "^a", "default": "b"}, "the default of field x breaks"),
        ({"minimum": 1}, "must be an integer or a number"),
        ({"type": "integer", "minimum": True}, "must be numbers"),
        ({"type": "integer", "maximum": float("inf")}, "must be numbers"),
        ({"type": "integer", "minimum": 2, "maximum": 1}, "no integer lies between"),
        ({"type": "integer", "minimum": 0.1, "maximum": 0.9}, "no integer lies"),
        ({"type": "integer", "enum": [1], "minimum": 1}, "an enum, which says all"),
        ({"type": "integer", "minimum": 1, "example": 0}, "the example of field x"),
        ({"recommended": True}, "only a field with required=False"),
        ({"required_if": ("mode", "a")}, "write required=False beside required_if"),
        ({"required_if": "mode", **_OPTIONAL}, "the name of a field beside it, and a"),
        ({"required_if": ["mode"], **_OPTIONAL}, "the name of a field beside it"),
        ({"secret": True, "accepts": {"a": "b"}}, "accepts no other spelling"),
        ({"secret": True, "accepts_type": "integer"}, "accepts no other spelling"),
        ({"accepts_type": "string"}, "cannot be written as string"),
        ({"type": "object", "accepts_type": "string"}, "cannot be written as string"),
        ({"accepts": {"a": "b"}}, "what is a value of its own"),
        ({"enum": ["a"], "accepts": {"b": "c"}}, "for what is not a value of its own"),
        ({"accepts": [[("a",), "b"]]}, "must be strings, numbers or booleans"),
    ],
)
def test_attributes_that_contradict_one_another_are_refused(
    facts: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason) as refusal:
        Field("x", **facts)
    assert "field x" in str(refusal.value)


@pytest.mark.parametrize(
    ("sibling", "value", "reason"),
    [
        (Field("other"), "a", "must name another field beside it"),
        (Field("mode", secret=True), "a", "a secret or an object"),
        (
            Field("mode", "object", properties=[Field("y")]),
            "a",
            "a secret or an object",
        ),
        (
            Field("mode", enum=["a", "b"]),
            "c",
            "waits for a value that mode does not take",
        ),
        (Field("mode", "boolean"), 1, "waits for a value that mode does not take"),
    ],
)
@pytest.mark.parametrize("inside", [False, True], ids=["in params", "in an object"])
def test_a_condition_names_a_field_beside_it_and_one_of_its_values(
    sibling: Field, value: Any, reason: str, inside: bool
) -> None:
    fields = [sibling, Field("x", required=False, required_if=("mode", value))]

    def describe() -> object:
        if inside:
            return Field("account", "object", properties=fields)
        return AuthenticationSpec("Basic", fields)

    with pytest.raises(ValueError, match=reason):
        describe()


def test_a_condition_names_no_field_of_another_object() -> None:
    inner = Field("x", required=False, required_if=("mode", "a"))
    with pytest.raises(ValueError, match="field account: required_if of x must name"):
        AuthenticationSpec(
            "Basic", [Field("mode"), Field("account", "object", properties=[inner])]
        )


def test_a_field_cannot_wait_for_itself() -> None:
    with pytest.raises(ValueError, match="must name another field"):
        AuthenticationSpec("A", [Field("x", required=False, required_if=("x", "a"))])


def test_what_json_can_hold_describes_a_field() -> None:
    tls = Field("tls", enum=["on", "off"], accepts=[[True, "on"], [False, "off"]])
    assert tls.accepts == ((True, "on"), (False, "off"))
    key = Field("key", required=False, required_if=["tls", "on"])
    assert key.required_if == ("tls", "on")
    assert len({tls, key, Field("port", "integer", accepts={"any": 0})}) == 3


def test_a_field_takes_what_its_type_enumeration_and_rules_allow() -> None:
    assert Field("port", "integer", minimum=1, maximum=65535).takes(65535)
    assert not Field("port", "integer", minimum=1, maximum=65535).takes(0)
    assert not Field("port", "integer").takes(True)
    assert Field("id", pattern="^[0-9]+$").takes("42")
    assert not Field("id", pattern="^[0-9]+$").takes("4x")
    assert not Field("n", "integer", enum=[1]).takes(2)
