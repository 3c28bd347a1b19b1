"""The grammar of ``property``: what it reads, what it refuses, what it finds."""

from __future__ import annotations

import json
import operator as operators
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.listing import filters

ITEM = {
    "name": "desk",
    "state": "enabled",
    "createdAt": 1000,
    "ratio": 0.5,
    "on": True,
    "nothing": None,
    "number": "7",
    "connectionSpec": {"id": "abc", "version": "1.0"},
    "ids": ["a", "b"],
    "columns": [{"name": "x", "size": 1}, {"name": "y", "size": 20}],
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name==desk", True),
        ("name=desk", True),
        ('name=="desk"', True),
        (" name == desk ", True),
        ("name==DESK", False),
        ("name==[desk", False),
        ('name!="[desk]"', True),
        ("name==a,desk", True),
        ('name=="a","desk"', True),
        ('name=="a,desk"', False),
        ("name!=desk", False),
        ("name!=other", True),
        ("missing==x", False),
        ("missing!=x", True),
        ("nothing==null", False),
        ("state==ENABLED", True),
        ("state==EN_ABLED", True),
        ("state==enabled-finalizing", False),
        ("createdAt==1000", True),
        ("createdAt>999", True),
        ("createdAt>=1000", True),
        ("createdAt<1000", False),
        ("createdAt<=1000", True),
        ("createdAt>5", True),
        ("ratio<0.75", True),
        ("ratio==0.5", True),
        ("number==7", True),
        ("on==true", True),
        ("on==1", False),
        ("on!=false", True),
        ("name>car", True),
        ("connectionSpec.id==abc", True),
        ("connectionSpec==abc", False),
        ("connectionSpec.id.deeper==abc", False),
        ("ids[]==b", True),
        ("ids[]==c,a", True),
        ("ids==b", False),
        ("ids[]!=b", False),
        ("columns[].name==y", True),
        ("columns[].size>10", True),
        ("columns[].size>100", False),
        ("name[]==desk", False),
    ],
)
def test_a_condition_finds_what_it_says(text: str, expected: bool) -> None:
    assert filters.parse([text]).matches(ITEM) is expected


def test_several_conditions_must_all_hold() -> None:
    assert filters.parse(["name==desk", "state==enabled"]).matches(ITEM)
    assert not filters.parse(["name==desk", "state==disabled"]).matches(ITEM)


def test_fields_without_an_operator_are_those_to_return() -> None:
    found = filters.parse(["name, connectionSpec.id", "state==enabled"])
    assert found.matches(ITEM)
    assert found.project(ITEM) == {
        "name": "desk",
        "connectionSpec": ITEM["connectionSpec"],
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "FLOW-1449-400"),
        ("==x", "FLOW-1449-400"),
        ("[]==x", "FLOW-1449-400"),
        (".a==x", "FLOW-1449-400"),
        ("a..b==x", "FLOW-1449-400"),
        ("first name==x", "FLOW-1449-400"),
        ("name~=x", "FLOW-1450-400"),
        ("name~x", "FLOW-1450-400"),
        ("name!x", "FLOW-1450-400"),
        ("name===x", "FLOW-1450-400"),
        ("name=>5", "FLOW-1450-400"),
        ("name<>x", "FLOW-1450-400"),
        ("name x", "FLOW-1450-400"),
        ("name==", "FLOW-1453-400"),
        ("name==  ", "FLOW-1453-400"),
        ("name==a,,b", "FLOW-1453-400"),
        ("name==a,", "FLOW-1453-400"),
        ('name=="a', "FLOW-1452-400"),
        ('name=="a"b', "FLOW-1452-400"),
        ("name==a\0", "FLOW-1452-400"),
        ("createdAt>yesterday", "FLOW-1452-400"),
        ("createdAt==true", "FLOW-1452-400"),
        ("name!=a,b", "FLOW-1443-400"),
        ("createdAt>1,2", "FLOW-1443-400"),
        ("on>true", "FLOW-1448-400"),
        ("state>enabled", "FLOW-1448-400"),
        ("metrics.statusSummary.status<=failed", "FLOW-1448-400"),
        ("name like desk", "FLOW-1440-400"),
        ("name IN a,b", "FLOW-1440-400"),
        ("connectionSpec.id contains x==y", "FLOW-1440-400"),
        ('ids[]==["a","b"]', "FLOW-1454-400"),
        ("name=={}", "FLOW-1454-400"),
    ],
)
def test_a_wrong_expression_has_its_own_code(text: str, code: str) -> None:
    with pytest.raises(FlowError) as raised:
        filters.parse([text])
    assert raised.value.code == code


@given(st.lists(st.text(), max_size=3))
def test_any_text_is_read_or_refused(texts: list[str]) -> None:
    found = _parsed(texts)
    assert (
        found.status == 400
        if isinstance(found, FlowError)
        else found.matches(ITEM) in (True, False)
    )


def _parsed(texts: list[str]) -> filters.Filters | FlowError:
    try:
        return filters.parse(texts)
    except FlowError as error:
        return error


LIKELY = st.text(st.sampled_from('ab.[]=!<>," 01~'), max_size=20)


@given(
    st.lists(LIKELY, max_size=3),
    st.recursive(st.none() | st.integers() | st.text(), st.lists),
)
def test_any_likely_text_is_read_or_refused(texts: list[str], value: Any) -> None:
    found = _parsed(texts)
    item = {"a": value, "b": {"a": value}}
    assert (
        found.status == 400
        if isinstance(found, FlowError)
        else found.matches(item) in (True, False)
    )


NAMES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
VALUES = st.text(
    st.characters(exclude_characters='"\0', exclude_categories=["Cs"]), max_size=12
)


@given(
    st.lists(
        st.builds(filters.Segment, NAMES, st.booleans()), min_size=1, max_size=3
    ).map(tuple),
    st.sampled_from(["==", "!=", ">", "<", ">=", "<="]),
    st.lists(VALUES, min_size=1, max_size=3).map(tuple),
)
def test_what_a_condition_prints_reads_back_as_itself(
    path: tuple[filters.Segment, ...], operator: str, values: tuple[str, ...]
) -> None:
    condition = filters.Condition(
        path, operator, values if operator == "==" else values[:1]
    )
    read = _parsed([str(condition)])
    if isinstance(read, FlowError):
        # true > x, state > x, createdAt > x
        assert read.code in (
            "FLOW-1448-400",
            "FLOW-1452-400",
        )
    else:
        assert read.conditions == (condition,)


@given(VALUES)
def test_a_text_equals_itself_in_quotes(value: str) -> None:
    assert filters.parse([f'name=="{value}"']).matches({"name": value})


def test_an_alias_looks_at_the_field_it_stands_for() -> None:
    [condition] = filters.parse(["state==failed"]).conditions
    run = {"metrics": {"statusSummary": {"status": "failed"}}}
    assert not condition.matches(run)
    assert condition.resolve_alias({"state": "metrics.statusSummary.status"}).matches(
        run
    )
    assert condition.resolve_alias({"name": "other"}) is condition


SCALARS = (
    st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["a", "b", "B", "2", "true", "", "a,b"])
    | st.none()
)
FIELDS = st.sampled_from(["a", "b"])
ITEMS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=2)
    ),
)
PATHS = st.lists(
    st.builds(filters.Segment, FIELDS, st.booleans()), min_size=1, max_size=3
).map(tuple)
WANTED = st.sampled_from(["a", "b", "2", "-1", "true", "false", "", "a,b"])


@given(
    PATHS,
    st.sampled_from(["==", "!=", ">", ">=", "<", "<="]),
    st.lists(WANTED, min_size=1, max_size=2),
    ITEMS,
)
def test_a_condition_finds_what_a_naive_reading_finds(
    path: tuple[filters.Segment, ...], operator: str, values: list[str], value: Any
) -> None:
    item = {"a": value, "b": [value, {"a": value}]}
    given = tuple(values) if operator == "==" else tuple(values[:1])
    assert filters.Condition(path, operator, given).matches(item) is _naive(
        path, operator, given, item
    )


def _naive(
    path: tuple[filters.Segment, ...], operator: str, values: tuple[str, ...], item: Any
) -> bool:
    found = [item]
    for segment in path:
        found = [
            one[segment.name]
            for one in found
            if isinstance(one, dict) and segment.name in one
        ]
        if segment.each:
            found = [inner for one in found if isinstance(one, list) for inner in one]
    texts = [one for one in found if isinstance(one, str)]
    numbers = [one for one in found if type(one) is int]
    words = [json.dumps(one) for one in found if isinstance(one, bool)]
    if operator in ("==", "!="):
        equal = any(
            value in texts or value in words or value in map(str, numbers)
            for value in values
        )
        return equal is (operator == "==")
    compare = {
        ">": operators.gt,
        ">=": operators.ge,
        "<": operators.lt,
        "<=": operators.le,
    }[operator]
    numeric = values[0].lstrip("-").isdecimal()
    return any(compare(one, values[0]) for one in texts) or (
        numeric and any(compare(one, int(values[0])) for one in numbers)
    )


@given(st.lists(st.text(max_size=12), max_size=3))
def test_what_filters_print_reads_back_as_themselves(texts: list[str]) -> None:
    found = _parsed(texts)
    if isinstance(found, filters.Filters):
        printed = [
            *map(str, found.conditions),
            *filter(None, [",".join(found.projection)]),
        ]
        assert filters.parse(printed) == found
