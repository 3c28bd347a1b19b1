"""Filters for the source: read as a tree, refused by the rule they break."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater_local_flow_service.connections import pql
from headwater_local_flow_service.errors import FlowError

COLUMN = {"nodeType": "fieldLookup", "fieldName": "Id"}
VALUE = {"nodeType": "literal", "value": 5}


def _node(name: Any, *params: Any) -> dict[str, Any]:
    return {"nodeType": "fnApply", "fnName": name, "params": list(params)}


EQUAL = _node("=", COLUMN, VALUE)


def _whole(value: Any, **changes: Any) -> dict[str, Any]:
    return {"type": "PQL", "format": "pql/json", "value": value} | changes


@pytest.mark.parametrize(
    "node",
    [
        EQUAL,
        _node("isNull", COLUMN),
        _node("NOT", EQUAL),
        _node("and", EQUAL, _node("or", EQUAL, EQUAL)),
    ],
)
def test_a_tree_of_known_operators_is_taken(node: Any) -> None:
    pql.check(_whole(node))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], "CONNECTOR-1349-400"),
        (_whole(EQUAL, type="SQL"), "CONNECTOR-1355-400"),
        (_whole(EQUAL, format="json"), "CONNECTOR-1356-400"),
        (_whole(None), "CONNECTOR-1357-400"),
        (_whole("x"), "CONNECTOR-1349-400"),
        (_whole(COLUMN), "CONNECTOR-1349-400"),
        (_whole(_node("")), "CONNECTOR-1350-400"),
        (_whole(_node(None, COLUMN)), "CONNECTOR-1350-400"),
        (_whole(_node("matches", COLUMN)), "CONNECTOR-1351-400"),
        (_whole(_node("=")), "CONNECTOR-1349-400"),
        (_whole(_node("not", EQUAL, EQUAL)), "CONNECTOR-1390-400"),
        (_whole(_node("and", COLUMN)), "CONNECTOR-1349-400"),
        (_whole(_node("=", EQUAL, VALUE)), "CONNECTOR-1349-400"),
        (
            _whole(_node("=", COLUMN, {"nodeType": "literal", "value": None})),
            "CONNECTOR-1377-400",
        ),
        (_whole(_node("=", COLUMN, {"nodeType": "literal"})), "CONNECTOR-1349-400"),
        (
            _whole(_node("=", {"nodeType": "fieldLookup", "fieldName": ""}, VALUE)),
            "CONNECTOR-1349-400",
        ),
    ],
)
def test_a_rule_that_is_broken_has_its_own_code(filters: Any, expected: str) -> None:
    with pytest.raises(FlowError) as raised:
        pql.check(filters)
    assert raised.value.code == expected


LEAVES = (
    st.none()
    | st.integers()
    | st.sampled_from(["fnApply", "and", "not", "=", "literal", "fieldLookup"])
)
KEYS = st.sampled_from(["nodeType", "fnName", "params", "value", "fieldName"])
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
    max_leaves=20,
)


@given(JSON)
def test_any_tree_is_taken_or_refused(value: Any) -> None:
    refusal = _refusal(_whole(value))
    assert refusal is None or refusal.status == 400


def _refusal(filters: Any) -> FlowError | None:
    try:
        pql.check(filters)
    except FlowError as error:
        return error
    return None
