"""Whatever a source answers, reading it ends in a value or in one of our errors, never in an exception of Python's."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import SourceError
from headwater.sources import HttpAnswer
from headwater_salesforce_service_cloud import limits, meanings, objects, soql
from headwater_salesforce_service_cloud.description import read_description

NAMES = st.sampled_from(["Id", "Name", "Big__b", "é", "", "a b"]) | st.text(max_size=9)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | NAMES
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELD = st.fixed_dictionaries(
    {"name": NAMES | VALUES},
    optional={
        "type": st.sampled_from(["id", "string", "base64", "address"]) | VALUES,
        "sortable": VALUES,
    },
)
DESCRIBED = st.fixed_dictionaries(
    {"fields": st.lists(FIELD | VALUES, max_size=5) | VALUES},
    optional={"name": NAMES | VALUES, "retrieveable": VALUES},
)
ERROR = st.fixed_dictionaries(
    {},
    optional={
        "errorCode": st.sampled_from([*meanings.DATA]) | VALUES,
        "error": st.sampled_from([*meanings.LOGIN]) | VALUES,
    },
)
BODIES = st.binary(max_size=200) | st.one_of(
    st.lists(ERROR | VALUES, max_size=3), ERROR, VALUES
).map(lambda value: json.dumps(value).encode())


@given(body=BODIES, status=st.integers(300, 599))
def test_any_refusal_is_an_error_with_a_remedy(body: bytes, status: int) -> None:
    answer = HttpAnswer(status=status, headers={}, body=body)
    meanings.is_final(answer)
    for table in (meanings.LOGIN, meanings.DATA):
        error = meanings.refusal(answer, table, "acme.my.salesforce.com")
        assert isinstance(error, SourceError)
        assert error.remedy


@given(body=DESCRIBED | VALUES)
def test_any_description_is_one_or_none(body: Any) -> None:
    description = read_description(body)
    if description is None:
        return
    assert all(map(soql.is_name, description.names))
    assert not description.keyed or "Id" in description.names


@given(value=st.text(max_size=60) | st.from_regex(r"api-usage=\d{1,15}/\d{1,15}"))
def test_any_header_is_limits_or_none(value: str) -> None:
    answer = HttpAnswer(status=200, headers={"Sforce-Limit-Info": value}, body=b"")
    assert all(limit.left >= 0 for limit in limits.read_usage(answer))


@given(
    names=st.lists(
        st.from_regex(r"[A-Za-z]\w{0,42}", fullmatch=True).filter(soql.is_name),
        min_size=1,
        max_size=400,
        unique=True,
    )
)
def test_every_column_is_selected_once_and_each_query_fits(names: list[str]) -> None:
    names = ["Id", *(name for name in names if name != "Id")]
    queries = soql.selects(names, "Case", keyed=True)
    selected = [name for query in queries for name in query.names if name != "Id"]
    assert ["Id", *selected] == names
    assert all(len(query.text(1000)) <= soql.LONGEST_SELECT + 100 for query in queries)
    halves = queries[0].halves()
    if halves is not None:
        both = [name for half in halves for name in half.names if name != "Id"]
        assert both == [name for name in queries[0].names if name != "Id"]


@given(name=st.text(max_size=30))
def test_any_name_has_a_restriction_or_none(name: str) -> None:
    found = objects.find_restriction(name)
    assert found is None or name.lower() in found.names
