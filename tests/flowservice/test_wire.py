"""The encoder that may reveal secrets, and what it refuses to carry."""

from __future__ import annotations

import json
import types
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import InvalidInput
from headwater.flowservice import wire
from headwater.secret import Secret

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(_JSON)
def test_json_values_arrive_as_they_were(value: Any) -> None:
    assert json.loads(wire.encode(wire.normalize(value))) == value


@given(st.text(min_size=1).filter(lambda text: text.strip("*")))
def test_a_secret_arrives_revealed_wherever_it_stands(text: str) -> None:
    payload = {
        "auth": {
            "params": types.MappingProxyType(
                {"password": Secret(text), "list": (Secret(text),)}
            )
        }
    }

    sent = json.loads(wire.encode(wire.normalize(payload)))

    assert sent["auth"]["params"] == {"password": text, "list": [text]}


@pytest.mark.parametrize(
    ("payload", "place"),
    [
        ({"auth": {"params": {"password": Secret("******")}}}, "auth.params.password"),
        ({"auth": {"params": {"password": "******"}}}, "auth.params.password"),
        ({"x": Secret("*")}, "x"),
        ({"x": [0, float("nan")]}, "x.1"),
        ({"x": float("inf")}, "x"),
        ({"x": {1: 2}}, "x"),
        ({"x": b"canary"}, "x"),
        ({"x": {"canary"}}, "x"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_its_path(payload: Any, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        wire.normalize(payload)

    assert f"the payload's {place} " in caught.value.message
    assert "canary" not in caught.value.message
    assert caught.value.__context__ is None


def test_a_wildcard_and_a_mask_outside_the_credentials_pass() -> None:
    payload = {"name": "******", "auth": {"params": {"topic": "*"}}}

    assert wire.normalize(payload) == payload


def test_a_payload_that_holds_itself_is_refused() -> None:
    payload: dict[str, Any] = {}
    payload["self"] = payload

    with pytest.raises(InvalidInput, match="deeper"):
        wire.normalize(payload)
