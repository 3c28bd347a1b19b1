"""Searches: a list's query in a body."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater_local_flow_service import Strictness
from headwater_local_flow_service.kernel.search import split_query

Open = Any
PATH = "/connections/search"


def _names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


def test_a_search_filters_sorts_and_projects(service: Open) -> None:
    talker = service()
    for name in ("b", "a", "c"):
        talker.create(name, description="x" if name != "c" else "y")
    body = {"queryString": "description==x&state==enabled", "orderby": "name"}
    assert _names(talker.post(PATH, json=body)) == ["a", "b"]
    answer = talker.post(
        PATH, json=body | {"projectionFields": "name,description", "limit": 1}
    )
    assert answer.json()["items"] == [{"name": "a", "description": "x"}]
    assert talker.post(PATH, json=body | {"projectionFields": ["name"]}).json()[
        "items"
    ] == [
        {"name": "a"},
        {"name": "b"},
    ]
    assert talker.post(PATH, json=body | {"count": True}).json() == {"count": 2}


def test_every_field_of_a_search_may_be_missing(service: Open) -> None:
    talker = service()
    talker.create("a")
    talker.create("b")
    for body in (
        {},
        {"queryString": ""},
        {"queryString": None, "count": False, "limit": None},
        {"other": 5},
    ):
        answer = talker.post(PATH, json=body)
        assert _names(answer) == ["b", "a"]
        assert answer.json()["_links"] == {}


def test_an_ampersand_in_quotes_parts_nothing(service: Open) -> None:
    talker = service()
    talker.create("R&D")
    talker.create("other")
    assert _names(
        talker.post(PATH, json={"queryString": 'name=="R&D"&state==enabled'})
    ) == ["R&D"]
    assert _names(
        talker.post(
            PATH, json={"queryString": "property=name==other&property=state==enabled"}
        )
    ) == ["other"]


def test_a_search_goes_on_by_its_link_alone_and_beside_its_body(service: Open) -> None:
    talker = service()
    for number in range(5):
        talker.create(f"n{number}")
    body = {"orderby": "name", "limit": 2}
    first = talker.post(PATH, json=body)
    href = first.json()["_links"]["next"]["href"]
    assert href.startswith("/connections/search?continuationToken=")
    assert (
        _names(talker.post(href, json={}))
        == _names(talker.post(href, json=body))
        == ["n2", "n3"]
    )
    assert _names(talker.get(href.replace("/search", ""))) == ["n2", "n3"]
    last = talker.post(
        talker.post(href, json=body).json()["_links"]["next"]["href"], json=body
    )
    assert _names(last) == ["n4"]
    assert last.json()["_links"] == {}


def test_a_search_may_ask_for_a_thousand_and_a_list_that_goes_on_does_not(
    service: Open,
) -> None:
    talker = service()
    for number in range(103):
        talker.create(f"n{number}")
    answer = talker.post(PATH, json={"limit": 5000})
    assert len(_names(answer)) == 103
    page = talker.post(PATH, json={"limit": 101, "orderby": "createdAt"}).json()
    assert len(page["items"]) == 101
    assert len(talker.post(PATH, json={}).json()["items"]) == 100
    assert (
        len(
            talker.get(page["_links"]["next"]["href"].replace("/search", "")).json()[
                "items"
            ]
        )
        == 2
    )


def test_nothing_of_another_sandbox_is_found(service: Open) -> None:
    talker = service()
    talker.create("mine")
    for other in (
        talker.like(x_sandbox_name="dev"),
        talker.like(x_gw_ims_org_id="OTHER@AdobeOrg"),
    ):
        assert _names(other.post(PATH, json={"queryString": "name==mine"})) == []
        assert other.post(PATH, json={"count": True}).json() == {"count": 0}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([1], "CONNECTOR-1000-400"),
        ({"queryString": 5}, "FLOW-1454-400"),
        ({"queryString": "name=="}, "FLOW-1453-400"),
        ({"queryString": "name~x"}, "FLOW-1450-400"),
        ({"queryString": "name like x"}, "FLOW-1440-400"),
        ({"queryString": "name!=a,b"}, "FLOW-1443-400"),
        ({"limit": "ten"}, "FLOW-1454-400"),
        ({"limit": True}, "FLOW-1454-400"),
        ({"limit": 1.5}, "FLOW-1454-400"),
        ({"limit": 0}, "FLOW-1452-400"),
        ({"limit": -(10**30)}, "FLOW-1452-400"),
        ({"count": "yes"}, "FLOW-1454-400"),
        ({"count": True, "limit": 5}, "FLOW-1401-400"),
        ({"orderby": "!name"}, "FLOW-1432-400"),
        ({"orderby": "nothing"}, "FLOW-1433-400"),
        ({"orderby": ["name"]}, "FLOW-1454-400"),
        ({"projectionFields": 5}, "FLOW-1454-400"),
        ({"projectionFields": [5]}, "FLOW-1454-400"),
        ({"projectionFields": "name==x"}, "FLOW-1449-400"),
        ({"groupByProperty": {}}, "FLOW-1454-400"),
    ],
)
def test_a_wrong_field_has_its_own_code(
    service: Open, code: Any, body: Any, expected: str
) -> None:
    assert code(service().post(PATH, json=body)) == expected


def test_a_search_needs_a_body_and_a_token_of_this_service(
    service: Open, code: Any
) -> None:
    talker = service()
    assert code(talker.post(PATH)) == "FLOW-1405-400"
    assert code(talker.post(f"{PATH}?continuationToken=x", json={})) == "FLOW-1452-400"
    strict = service(strictness=Strictness(refuse_unknown_parameters=True))
    assert code(strict.post(f"{PATH}?limit=5", json={})) == "FLOW-1451-400"


PART = st.text(
    st.characters(exclude_characters='&"', exclude_categories=["Cs"]), min_size=1
).map(str.strip)


@given(st.lists(PART.filter(lambda part: part and not part.startswith("property="))))
def test_parts_are_found_again(parts: list[str]) -> None:
    assert split_query("&".join(parts)) == parts
