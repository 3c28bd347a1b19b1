"""Marks: found in values, acted on without changing what was given, written and read back whatever names there are."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater import AuthenticationSpec, Field
from headwater.credentials import validation
from headwater_local_flow_service.store import marks

PARAMS: dict[str, Any] = {
    "host": "h",
    "token": "t",
    "account": {"email": "e", "key": "k", "more": {"pin": "p"}},
    "scopes": ["a", "b"],
    "port": 1,
}
SPEC = AuthenticationSpec(
    "Key",
    [
        Field("host"),
        Field("token", secret=True),
        Field("port", "integer"),
        Field("scopes", "array"),
        Field(
            "account",
            "object",
            properties=[
                Field("email"),
                Field("key", secret=True),
                Field("more", "object", properties=[Field("pin", secret=True)]),
            ],
        ),
    ],
)
FOUND = (("token",), ("account", "key"), ("account", "more", "pin"))


def test_secrets_are_found_in_depth() -> None:
    assert marks.find([SPEC], PARAMS) == FOUND


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"unlisted": "x"}, (("unlisted",),)),
        ({"account": {"unlisted": "x"}}, (("account", "unlisted"),)),
        ({"account": "perhaps the key"}, (("account",),)),
        ({"account": ["k"]}, (("account",),)),
        ({"account": {"more": "p"}}, (("account", "more"),)),
        ({"token": {"x": "y"}}, (("token",),)),
        ({"host": {"x": "y"}}, ()),
    ],
)
def test_what_could_be_a_secret_in_the_wrong_place_is_one(
    params: dict[str, Any], found: Any
) -> None:
    assert marks.find([SPEC], params) == found


def test_a_secret_of_any_specification_of_the_name_counts() -> None:
    open_one = AuthenticationSpec("Key", [Field("host"), Field("token"), Field("pin")])
    found = marks.find([open_one, SPEC], {"host": "h", "token": "t", "pin": "p"})
    assert found == (("token",),)


def test_all_is_secret_where_a_schema_hides_what_it_marks() -> None:
    hidden = {"properties": {"a": {"additionalProperties": {"format": "password"}}}}
    spec = validation.from_auth_spec({"name": "Key", "spec": hidden})
    assert marks.find([spec], {"a": {"b": 1}, "c": 2}) == (("a",), ("c",))


def test_every_string_of_values_nobody_can_explain() -> None:
    assert marks.find_strings(PARAMS) == (
        ("host",), ("token",), ("account", "email"), ("account", "key"), ("account", "more", "pin"), ("scopes",),
    )  # fmt: skip


def test_masks_and_gaps_leave_what_was_given_alone() -> None:
    before = deepcopy(PARAMS)
    assert marks.mask(PARAMS, (*FOUND, ("not", "there"), ("host", "x"))) == {
        "host": "h",
        "token": "******",
        "account": {"email": "e", "key": "******", "more": {"pin": "******"}},
        "scopes": ["a", "b"],
        "port": 1,
    }
    assert marks.drop(PARAMS, (*FOUND, ("not", "there"))) == {
        "host": "h",
        "account": {"email": "e", "more": {}},
        "scopes": ["a", "b"],
        "port": 1,
    }
    assert before == PARAMS


def test_an_object_and_what_is_in_it_may_both_be_marked() -> None:
    both = (("account",), ("account", "key"))
    assert marks.mask({"account": {"key": "k"}}, both) == {"account": "******"}
    assert marks.drop({"account": {"key": "k"}}, both) == {}


PATHS = st.lists(st.text(max_size=6), min_size=1, max_size=4).map(tuple)


@given(PATHS)
def test_a_path_is_read_back_from_its_name(path: tuple[str, ...]) -> None:
    assert marks.path_of(marks.name_of(path)) == path


@given(st.lists(PATHS, max_size=4).map(tuple))
def test_marks_are_read_back_from_their_column(many: Any) -> None:
    assert marks.load(marks.dump(many)) == many
