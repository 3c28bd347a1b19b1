"""What a mapping has made comes in the types of the schema, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from headwater_local_flow_service.streaming.casting import cast

STRING = {"type": "string"}
OBJECT = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "in": {"type": "object"}},
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "type", "made"),
    [
        (1234, "string", "1234"),
        (1.5, "string", "1.5"),
        ("x", "string", "x"),
        (True, "string", None),
        (" -12 ", "integer", -12),
        ("1.5", "integer", None),
        ("1" * 41, "integer", None),
        (1.5, "integer", 1.5),  # which the schema then refuses
        ("1.5", "number", 1.5),
        ("nan", "number", None),
        ("x", "number", None),
        (True, "number", None),
        ("YES", "boolean", True),
        ("off", "boolean", False),
        ("maybe", "boolean", None),
        (1, "boolean", None),
        ([1], "string", None),
        ({"a": 1}, "string", None),
        ("x", "object", None),
        ("x", "array", None),
    ],
)
def test_a_value_comes_in_the_type_of_its_field(
    value: Any, type: str, made: Any
) -> None:
    found = cast(value, {"type": type})
    assert (found, found.__class__) == (made, made.__class__)


def test_of_an_object_come_the_children_that_are_known() -> None:
    assert cast({"n": "1", "other": 2, "in": 3}, OBJECT) == {"n": 1}


def test_an_open_object_keeps_what_nobody_describes() -> None:
    open_object = {**OBJECT, "additionalProperties": True}
    assert cast({"n": "1", "other": 2}, open_object) == {"n": 1, "other": 2}


def test_a_map_has_one_type_for_all_that_is_in_it() -> None:
    map_of_strings = {"type": "object", "additionalProperties": STRING}
    assert cast({"a": 1, "b": "x"}, map_of_strings) == {"a": "1", "b": "x"}


def test_the_elements_of_an_array_come_in_their_type() -> None:
    assert cast([1, "x", [2]], {"type": "array", "items": STRING}) == ["1", "x"]
    assert cast([1, [2]], {"type": "array"}) == [1, [2]]


def test_where_no_type_is_said_everything_comes() -> None:
    assert cast({"a": [1, None]}, {}) == {"a": [1, None]}
