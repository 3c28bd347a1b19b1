"""Mappings of paths and literals; what goes beyond is refused by its name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater_local_flow_service.streaming.mapping import (
    MOST_NAMES,
    Unsupported,
    compile_mappings,
    read_path,
)

ROW = {
    "a": {"b": [{"c": 1}, {"c": 2}], "d": None},
    "First Name": "Ada",
    "x.y": 5,
    "$id": 7,
}


def _map(*pairs: tuple[str, str], row: Any = ROW) -> dict[str, Any]:
    lines = [{"source": source, "destination": path} for source, path in pairs]
    return compile_mappings(lines).apply(row)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("a.b[1].c", 2),
        ("a.b", [{"c": 1}, {"c": 2}]),
        ("${First Name}", "Ada"),
        ("x\\.y", 5),
        ("${x\\.y}", 5),
        ("$id", 7),
        ('"text"', "text"),
        ("'it is'", "it is"),
        ("''", ""),
        ("12", 12),
        ("-0.50", -0.5),
        ("007", 7),
        ("true", True),
        ("false", False),
    ],
)
def test_a_path_or_a_literal_comes_to_its_place(source: str, value: Any) -> None:
    assert _map((source, "to.here")) == {"to": {"here": value}}


@pytest.mark.parametrize("source", ["a.z", "a.b[7].c", "a.b.c", "a.d", "null", "z[0]"])
def test_what_is_not_there_maps_to_nothing(source: str) -> None:
    assert _map((source, "to")) == {}


def test_a_row_that_is_no_object_maps_to_nothing() -> None:
    assert _map(("a", "to"), row=[1]) == {}


def test_objects_that_go_to_one_place_come_together() -> None:
    row = {"one": {"a": 1}, "two": {"b": 2}, "three": 3}
    assert _map(("one", "x"), ("two", "x"), ("three", "x.c"), row=row) == {
        "x": {"a": 1, "b": 2, "c": 3}
    }


def test_what_is_in_the_way_stays() -> None:
    assert _map(("$id", "x"), ("$id", "x.y")) == {"x": 7}


def test_the_row_stays_as_it_was() -> None:
    row = {"a": {"b": 1}}
    _map(("a", "x"), ("'new'", "x.c"), row=row)
    assert row == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("concat(a, b)", "the function concat"),
        ("a.b.upper()", "the function upper"),
        ('iif(a, "x", "y")', "the function iif"),
        ("a + b", "an expression"),
        ("a[*].b", "an expression"),
        ("a..b", "an expression"),
        ("", "an expression"),
        ("{}", "an expression"),
    ],
)
def test_what_a_source_needs_beyond_that_is_named(source: str, what: str) -> None:
    with pytest.raises(Unsupported, match="only paths and literals") as caught:
        _map((source, "person.name"))
    assert caught.value.text.startswith(f"the mapping needs {what} for person.name;")


@pytest.mark.parametrize(
    ("destination", "what"),
    [
        ("a[0].b", "writes into an array, at a[0].b"),
        ("a b", "no path of names"),
        ("", "no path of names"),
        (".".join("a" * (MOST_NAMES + 1)), f"more than {MOST_NAMES} names"),
    ],
)
def test_a_destination_is_a_path_of_names(destination: str, what: str) -> None:
    with pytest.raises(Unsupported) as caught:
        _map(("a", destination))
    assert what in caught.value.text


NAMES = st.text("abcXYZ_$@:-09 .é", min_size=1, max_size=8)


@given(st.lists(st.one_of(NAMES, st.integers(0, 999_999)), min_size=1, max_size=6))
def test_any_names_can_be_written_as_a_path(steps: list[str | int]) -> None:
    steps = ["first", *steps]
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            escaped = step.replace(".", "\\.")
            text += ("." if text else "") + f"${{{escaped}}}"
    assert read_path(text) == tuple(steps)


@given(st.text(max_size=60))
def test_any_text_is_a_path_or_is_none(text: str) -> None:
    path = read_path(text)
    assert path is None or path[0] != ""
