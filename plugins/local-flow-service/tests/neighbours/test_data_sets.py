"""Catalog's data sets: bound to a schema that exists, answered in Catalog's own shapes."""

from __future__ import annotations

import re
from typing import Any

import pytest


def test_a_new_data_set_is_answered_by_one_reference(
    service: Any, urls: Any, made_schema: Any
) -> None:
    talker = service()
    body = {"name": "accounts", "schemaRef": {"id": made_schema(talker)}}
    answer = talker.post(
        urls.data_sets, json=body, params={"requestDataSource": "true"}
    )
    assert answer.status_code == 201
    [reference] = answer.json()
    assert re.fullmatch(r"@/dataSets/[0-9a-f]{24}", reference)
    assert answer.headers[
        "Location"
    ] == "/data/foundation/catalog" + reference.removeprefix("@")


def test_one_is_read_in_a_map_by_its_id(
    service: Any, urls: Any, made_schema: Any
) -> None:
    talker = service()
    reference = {
        "id": made_schema(talker),
        "contentType": "application/vnd.adobe.xed-full-notext+json; version=1",
    }
    tags = {"unifiedProfile": ["enabled: true"]}
    id = _made(
        talker,
        urls,
        name="accounts",
        schemaRef=reference,
        tags=tags,
        extra=1,
        version="9",
        imsOrg="x",
    )
    answer = talker.get(f"{urls.data_sets}/{id}")
    assert list(answer.json()) == [id]
    found = answer.json()[id]
    assert (found["name"], found["schemaRef"], found["tags"], found["extra"]) == (
        "accounts",
        reference,
        tags,
        1,
    )
    assert (found["imsOrg"], found["version"], found["status"]) == (
        "ACME@AdobeOrg",
        "1.0.0",
        "enabled",
    )
    trimmed = talker.get(
        f"{urls.data_sets}/{id}", params={"properties": "name, schemaRef,nothing"}
    ).json()
    assert trimmed == {id: {"name": "accounts", "schemaRef": reference}}


def test_the_schema_may_be_named_by_its_short_id(
    service: Any, urls: Any, made_schema: Any
) -> None:
    talker = service()
    schema = made_schema(talker)
    short = "_" + schema.removeprefix("https://ns.adobe.com/").replace("/", ".")
    id = _made(talker, urls, schemaRef={"id": short})
    found = talker.get(f"{urls.data_sets}/{id}").json()[id]
    assert found["schemaRef"] == {
        "id": schema,
        "contentType": "application/vnd.adobe.xed+json;version=1",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"schemaRef": None},
        {"schemaRef": "x"},
        {"schemaRef": {}},
        {"schemaRef": {"id": 7}},
        {"schemaRef": {"id": "https://ns.adobe.com/acme/schemas/0"}},
        {"schemaRef": {"id": "https://ns.adobe.com/xdm/context/profile"}},
        {"name": 7},
        {"description": []},
        {"tags": []},
        {"tags": {"unifiedProfile": "enabled: true"}},
        {"tags": {"unifiedProfile": [True]}},
    ],
)
def test_a_data_set_needs_a_schema_of_its_sandbox_and_fields_of_the_right_type(
    service: Any, urls: Any, made_schema: Any, refusal: Any, change: dict[str, Any]
) -> None:
    talker = service()
    body = {"name": "accounts", "schemaRef": {"id": made_schema(talker)}} | change
    assert refusal(talker.post(urls.data_sets, json=body)) == "HEADWATER-1400-400"
    assert talker.get(urls.data_sets).json() == {}


@pytest.mark.parametrize(
    "content", ["application/json", "application/vnd.adobe.xed+json", 7]
)
def test_the_content_type_must_be_one_of_the_registry(
    service: Any, urls: Any, made_schema: Any, refusal: Any, content: Any
) -> None:
    talker = service()
    body = {"schemaRef": {"id": made_schema(talker), "contentType": content}}
    assert refusal(talker.post(urls.data_sets, json=body)) == "HEADWATER-1400-400"


def test_a_list_is_a_map_too_newest_first_in_pages(
    service: Any, urls: Any, made_schema: Any
) -> None:
    talker = service()
    schema = {"id": made_schema(talker)}
    made = [
        _made(talker, urls, name=f"n{number % 2}", schemaRef=schema)
        for number in range(5)
    ]
    assert list(talker.get(urls.data_sets).json()) == made[::-1]
    first = talker.get(urls.data_sets, params={"limit": 2}).json()
    second = talker.get(urls.data_sets, params={"limit": 2, "start": 2}).json()
    assert [*first, *second] == made[:0:-1]
    assert (
        list(
            talker.get(
                urls.data_sets, params={"name": "n1", "orderBy": "asc:created"}
            ).json()
        )
        == made[1::2]
    )
    trimmed = talker.get(
        urls.data_sets, params={"properties": "name", "orderBy": "name"}
    ).json()
    assert [item["name"] for item in trimmed.values()] == ["n0", "n0", "n0", "n1", "n1"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "start=-1",
        "start=9999999999",
        "orderBy=a.b",
        "limit=101",
        "orderBy=up:name",
        "limits=1",
    ],
)
def test_a_list_refuses_a_query_it_does_not_understand(
    service: Any, urls: Any, refusal: Any, query: str
) -> None:
    assert refusal(service().get(f"{urls.data_sets}?{query}")) == "HEADWATER-1400-400"


def test_fields_and_patches_change_a_data_set(
    service: Any, urls: Any, made_schema: Any
) -> None:
    talker = service()
    id = _made(talker, urls, name="one", schemaRef={"id": made_schema(talker)})
    url = f"{urls.data_sets}/{id}"
    changed = talker.send("PATCH", url, json={"description": "new", "imsOrg": "x"})
    assert (changed.status_code, changed.json()) == (200, [f"@/dataSets/{id}"])
    profile = {"op": "add", "path": "/tags", "value": {"unifiedProfile": ["enabled:true"]}}  # fmt: skip
    patch = talker.send(
        "PATCH",
        url,
        json=[profile],
        headers={"Content-Type": "application/json-patch+json"},
    )
    assert patch.status_code == 200, patch.text
    found = talker.get(url).json()[id]
    assert (found["name"], found["description"]) == ("one", "new")
    assert found["tags"] == {"unifiedProfile": ["enabled:true"]}
    assert (found["version"], found["imsOrg"]) == ("1.0.2", "ACME@AdobeOrg")
    assert list(talker.get(f"{urls.data_sets}?tags=unifiedProfile:*").json()) == [id]


@pytest.mark.parametrize(
    "change",
    [
        ({"tags": {"a": 1}}, "application/json"),
        ([{"op": "remove", "path": "/schemaRef"}], "application/json-patch+json"),
        ([{"op": "add", "path": "/none/x", "value": 1}], "application/json-patch+json"),
        ([{"op": "add", "path": "/name", "value": "x"}], "application/json"),
        ("text", "application/json"),
    ],
)
def test_a_change_that_breaks_a_rule_changes_nothing(
    service: Any, urls: Any, made_schema: Any, refusal: Any, change: tuple[Any, str]
) -> None:
    talker = service()
    body, media_type = change
    id = _made(talker, urls, name="one", schemaRef={"id": made_schema(talker)})
    url = f"{urls.data_sets}/{id}"
    before = talker.get(url).json()
    answer = talker.send("PATCH", url, json=body, headers={"Content-Type": media_type})
    assert refusal(answer) == "HEADWATER-1400-400"
    assert talker.get(url).json() == before


def test_the_schema_of_a_data_set_stays(
    service: Any, urls: Any, made_schema: Any, refusal: Any
) -> None:
    talker = service()
    id = _made(talker, urls, schemaRef={"id": made_schema(talker)})
    other = {"schemaRef": {"id": made_schema(talker, "another")}}
    answer = talker.send("PATCH", f"{urls.data_sets}/{id}", json=other)
    assert refusal(answer) == "HEADWATER-1400-400"


def test_a_deleted_data_set_is_gone_and_its_schema_free(
    service: Any, urls: Any, made_schema: Any, refusal: Any
) -> None:
    talker = service()
    schema = made_schema(talker)
    id = _made(talker, urls, schemaRef={"id": schema})
    url = f"{urls.data_sets}/{id}"
    gone = talker.send("DELETE", url)
    assert (gone.status_code, gone.json()) == (200, [f"@/dataSets/{id}"])
    for method in ("GET", "DELETE", "PATCH"):
        answer = talker.send(method, url, json={"name": "x"})
        assert refusal(answer) == "HEADWATER-1404-404"
    assert talker.send("DELETE", f"{urls.schemas}/{schema.replace('/', '%2F')}").status_code == 204  # fmt: skip


def test_an_unknown_one_is_not_found(service: Any, urls: Any, refusal: Any) -> None:
    talker = service()
    for unknown in ("0" * 24, "x", "%00", "%ff"):
        answer = talker.get(f"{urls.data_sets}/{unknown}")
        assert refusal(answer) == "HEADWATER-1404-404"
        assert answer.json()["status"] == 404


def _made(talker: Any, urls: Any, **body: Any) -> str:
    answer = talker.post(urls.data_sets, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()[0]).removeprefix("@/dataSets/")
