"""Catalog's batches and files: filters, order, pages and shapes."""

from __future__ import annotations

import time
from typing import Any

import pytest

from headwater_local_flow_service.lake import batches
from headwater_local_flow_service.store.store import Scope

SCOPE = Scope(org="ACME@AdobeOrg", sandbox="prod")


def _listed(desk: Any, query: str = "", collection: str = "batches") -> list[str]:
    answer = desk.talker.get(f"{desk.catalog}/{collection}?{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json())


@pytest.fixture
def three(desk: Any) -> list[str]:
    """Return the ids of three batches: the second of them failed, the third is loading."""
    first = desk.create(externalId="run-1", tags={"a": ["one", "two"]})["id"]
    second = desk.create(externalId="run-2", tags={"a": ["other"], "b": ["x"]})["id"]
    third = desk.create(externalId="other")["id"]
    desk.act(second, "FAIL")
    return [first, second, third]


def test_a_batch_is_read_in_a_map_by_its_id(desk: Any, three: list[str]) -> None:
    for name in ("batches", "batch"):
        answer = desk.talker.get(f"{desk.catalog}/{name}/{three[0]}")
        assert answer.json().keys() == {three[0]}
    some = desk.talker.get(
        f"{desk.catalog}/batches/{three[0]}?properties=status,externalId,none"
    )
    assert some.json() == {three[0]: {"status": "loading", "externalId": "run-1"}}


def test_a_batch_that_is_not_there_is_refused_in_catalogs_shape(
    desk: Any, code: Any
) -> None:
    answer = desk.talker.get(f"{desk.catalog}/batches/none")
    assert answer.status_code == 404
    assert code(answer).endswith("HEADWATER-1404-404")


def test_an_empty_list_is_an_empty_object(desk: Any) -> None:
    for collection in ("batches", "dataSetFiles"):
        assert desk.talker.get(f"{desk.catalog}/{collection}").json() == {}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", [2, 1, 0]),
        ("orderBy=created", [0, 1, 2]),
        ("sort=desc:created", [2, 1, 0]),
        ("orderBy=asc:externalId", [2, 0, 1]),
        ("orderBy=desc:status,asc:externalId", [2, 0, 1]),
        ("limit=1", [2]),
        ("limit=1&start=1", [1]),
        ("start=3", []),
        ("status=failed", [1]),
        ("status=!failed", [2, 0]),
        ("status=failed,loading&limit=2", [2, 1]),
        ("externalId=run-1,run-2", [1, 0]),
        ("property=status==failed", [1]),
        ("property=status!=failed", [2, 0]),
        ("property=completed", [1]),
        ("property=!completed", [2, 0]),
        ("property=externalId~^run-[0-9]%2B$", [1, 0]),
        ("property=externalId>run-1", [1]),
        ("property=recordCount>=0,externalId<run", [2]),
        ("property=recordCount<0", []),
        ("property=status==failed&property=externalId==run-1", []),
        ("tags=a:one", [0]),
        ("tags=a:o*", [1, 0]),
        ("tags=a:*", [1, 0]),
        ("tags=a:other,b:x", [1]),
        ("tags=a:one,b:x", []),
        ("createdAfter=0", [2, 1, 0]),
        ("createdBefore=1", []),
        ("createdAfter=99999999999999", []),
        ("startAfter=0", []),
        ("createdUser=key&recordCount=0", [2, 1, 0]),
        ("createdUser=somebody", []),
    ],
)
def test_batches_are_found_by_their_properties(
    desk: Any, three: list[str], query: str, wanted: list[int]
) -> None:
    assert _listed(desk, query) == [three[position] for position in wanted]


def test_batches_are_found_by_id_and_data_set(desk: Any, three: list[str]) -> None:
    assert _listed(desk, f"batch={three[1]}") == [three[1]]
    assert len(_listed(desk, f"dataSet={desk.data_set}")) == 3
    assert _listed(desk, "dataSet=another") == []


def test_the_times_of_creation_are_exclusive(desk: Any, three: list[str]) -> None:
    created = desk.read(three[1])["created"]
    assert three[1] not in _listed(desk, f"createdAfter={created}")
    assert three[1] not in _listed(desk, f"createdBefore={created}")
    assert three[1] in _listed(
        desk, f"createdAfter={created - 1}&createdBefore={created + 1}"
    )


def test_properties_that_an_object_lacks_leave_it_empty(
    desk: Any, three: list[str]
) -> None:
    found = desk.talker.get(f"{desk.catalog}/batches?properties=replay&limit=1").json()
    assert found == {three[2]: {}}


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=%C2%B2",
        "start=-1",
        "orderBy=up:created",
        "orderBy=a.b",
        "property=a.b==c",
        "property=a~(",
        "property=a~" + "(a%2B)%2B" * 200,
        "property=",
        "property=!a==b",
        "createdAfter=yesterday",
        "statuss=failed",
        "status=%00",
        "&".join(["property=a,b,c,d,e,f,g,h,i,j,k"] * 2),
    ],
)
def test_a_query_that_breaks_a_rule_is_refused(desk: Any, query: str) -> None:
    assert desk.talker.get(f"{desk.catalog}/batches?{query}").status_code == 400


def test_a_pattern_that_never_ends_is_given_up(desk: Any) -> None:
    desk.create(externalId="a" * 250 + "!")
    began = time.monotonic()
    answer = desk.talker.get(
        f"{desk.catalog}/batches", params={"property": "externalId~^(a|aa)+$"}
    )
    assert time.monotonic() - began < 20, "it would take longer than anybody lives"
    assert answer.status_code == 400
    assert "takes too long" in answer.json()["detail"]


def test_files_of_data_sets_are_listed_with_their_batches(desk: Any) -> None:
    first = desk.fill([{"id": "a", "n": 1}])["id"]
    second = desk.fill([{"id": "b", "n": 2}, {"id": "c", "n": 3}])["id"]
    files = desk.talker.get(
        f"{desk.catalog}/dataSetFiles?dataSetId={desk.data_set}&orderBy=created"
    ).json()
    assert [file["batchId"] for file in files.values()] == [first, second]
    assert [file["records"] for file in files.values()] == [1, 2]
    [id] = _listed(desk, f"batchId={second}", "dataSetFiles")
    one = desk.talker.get(f"{desk.catalog}/dataSetFiles/{id}").json()
    assert one == {id: files[id]}
    assert _listed(desk, "dataSetId=another", "dataSetFiles") == []
    assert _listed(desk, "limit=1&start=1", "dataSetFiles") != []


def test_the_values_of_a_property_are_listed(desk: Any, three: list[str]) -> None:
    url = f"{desk.catalog}/batches/uniques"
    assert desk.talker.get(f"{url}/status").json() == ["failed", "loading"]
    assert desk.talker.get(f"{url}/dataSet").json() == [desk.data_set]
    assert desk.talker.get(f"{url}/metrics").status_code == 400
    assert three


def test_the_last_batches_of_every_data_set_are_told(
    desk: Any, desk_of: Any, three: list[str]
) -> None:
    other = desk_of(desk.talker)
    told = desk.talker.get(f"{desk.catalog}/lastBatches").json()
    assert told[other.data_set] == {}
    assert told[desk.data_set] == {
        "lastBatchId": three[2],
        "lastBatchStatus": "loading",
        "lastFailedBatchId": three[1],
    }
    assert desk.talker.get(f"{desk.catalog}/lastBatches?dataSetId=x").status_code == 404


def test_no_client_sees_who_promotes_a_batch(desk: Any) -> None:
    batch = desk.create()["id"]
    with desk.talker.app.store.writing(SCOPE) as rows:
        record = batches.require(rows, SCOPE, batch)
        lease = {"attempt": "x", "until": 99_999_999_999_999}
        batches.change(rows, record, "key", state="staging", **{batches.LEASE: lease})
    shown = desk.read(batch)
    assert shown["status"] == "staging"
    assert not any(name.startswith("_") for name in shown)
