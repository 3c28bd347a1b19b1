"""Data Prep's mapping sets: two vocabularies, one document, and a version for every replacement."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

CONTENT_TYPE = "application/vnd.adobe.xed-full+json;version=1"


def classic(schema: str, **changes: Any) -> dict[str, Any]:
    line = {
        "sourceAttribute": "Id",
        "destinationXdmPath": "_id",
        "identity": False,
        "identityGroup": None,
        "version": 0,
    }
    return {
        "version": 0,
        "xdmSchema": schema,
        "xdmVersion": "1.0",
        "id": None,
        "mappings": [line],
    } | changes


def current(schema: str, **changes: Any) -> dict[str, Any]:
    line = {
        "sourceType": "ATTRIBUTE",
        "source": "Id",
        "destination": "_id",
        "name": "id",
        "description": "key",
    }
    reference = {"id": schema, "contentType": CONTENT_TYPE}
    return {"outputSchema": {"schemaRef": reference}, "mappings": [line]} | changes


@pytest.mark.parametrize("vocabulary", [classic, current])
def test_either_vocabulary_is_read_back_in_both(
    service: Any, urls: Any, made_schema: Any, vocabulary: Any
) -> None:
    talker = service()
    schema = made_schema(talker)
    answer = talker.post(urls.mapping_sets, json=vocabulary(schema))
    assert answer.status_code == 200
    made = answer.json()
    assert set(made) == {
        "id",
        "version",
        "createdDate",
        "modifiedDate",
        "createdBy",
        "modifiedBy",
    }
    assert re.fullmatch(r"[0-9a-f]{32}", made["id"])
    found = talker.get(f"{urls.mapping_sets}/{made['id']}").json()
    assert made.items() <= found.items()
    assert (found["version"], found["status"]) == (0, "PUBLISHED")
    assert (found["xdmSchema"], found["xdmVersion"]) == (schema, "1.0")
    assert (
        found["schemaRef"]
        == found["outputSchema"]["schemaRef"]
        == {"id": schema, "contentType": CONTENT_TYPE}
    )
    [line] = found["mappings"]
    assert line["source"] == line["sourceAttribute"] == "Id"
    assert line["destination"] == line["destinationXdmPath"] == "_id"
    assert (line["sourceType"], line["identity"], line["version"]) == (
        "text/x.schema-path",
        False,
        0,
    )


def test_what_was_read_may_be_written_again(
    service: Any, urls: Any, made_schema: Any
) -> None:
    talker = service()
    lines = [
        {
            "sourceType": "EXPRESSION",
            "source": "upper(Name)",
            "destination": "person.name",
        },
        {"sourceType": "STATIC", "source": '"desk"', "destination": "origin"},
    ]
    made = talker.post(
        urls.mapping_sets, json=current(made_schema(talker), mappings=lines, name="m")
    ).json()
    url = f"{urls.mapping_sets}/{made['id']}"
    before = talker.get(url).json()
    assert talker.send("PUT", url, json=before).json()["version"] == 1
    after = talker.get(url).json()
    assert [line["source"] for line in after["mappings"]] == ["upper(Name)", '"desk"']
    assert {line["sourceType"] for line in after["mappings"]} == {"text/x.aep-xl"}
    assert (after["name"], after["createdDate"]) == ("m", before["createdDate"])


def test_a_replacement_is_a_new_version_and_the_older_ones_stay(
    service: Any, urls: Any, made_schema: Any, refusal: Any
) -> None:
    talker = service()
    schema = made_schema(talker)
    made = talker.post(urls.mapping_sets, json=classic(schema)).json()
    url = f"{urls.mapping_sets}/{made['id']}"
    for number in (1, 2):
        line = {"source": f"s{number}", "destination": "_id"}
        answer = talker.send(
            "PUT",
            url,
            json=current(schema, mappings=[line]),
            params={"validate": "true"},
        )
        assert (answer.status_code, answer.json()["id"], answer.json()["version"]) == (
            200,
            made["id"],
            number,
        )
    for query, source, version in (
        ("", "s2", 2),
        ("?version=2", "s2", 2),
        ("?version=1", "s1", 1),
        ("?version=0", "Id", 0),
    ):
        found = talker.get(url + query).json()
        assert (found["id"], found["mappings"][0]["source"]) == (made["id"], source)
        assert found["version"] == found["mappings"][0]["version"] == version
    assert refusal(talker.get(f"{url}?version=3")) == "HEADWATER-1404-404"
    assert refusal(talker.get(f"{url}?version=x")) == "HEADWATER-1400-400"
    assert refusal(talker.get(f"{url}@1")) == "HEADWATER-1404-404"


def test_replacements_at_once_lose_no_version(
    service: Any, urls: Any, made_schema: Any
) -> None:
    talker = service()
    schema = made_schema(talker)
    url = f"{urls.mapping_sets}/{talker.post(urls.mapping_sets, json=classic(schema)).json()['id']}"

    def replace(number: int) -> int:
        line = {"source": f"s{number}", "destination": "_id"}
        version: int = talker.send(
            "PUT", url, json=current(schema, mappings=[line])
        ).json()["version"]
        return version

    with ThreadPoolExecutor(4) as pool:
        versions = list(pool.map(replace, range(8)))
    assert sorted(versions) == list(range(1, 9))
    for number, version in enumerate(versions):
        assert (
            talker.get(f"{url}?version={version}").json()["mappings"][0]["source"]
            == f"s{number}"
        )


@pytest.mark.parametrize(
    "change",
    [
        {"mappings": None},
        {"mappings": {}},
        {"mappings": ["x"]},
        {"mappings": [{}]},
        {"mappings": [{"source": "a"}]},
        {"mappings": [{"source": " ", "destination": "b"}]},
        {"mappings": [{"source": 7, "destination": "b"}]},
        {"mappings": [{"source": "a", "sourceAttribute": "z", "destination": "b"}]},
        {"mappings": [{"source": "a", "destination": "b", "sourceType": "MAGIC"}]},
        {"mappings": [{"source": "a", "destination": "b", "identity": "yes"}]},
        {"xdmSchema": None},
        {"xdmSchema": 7},
        {"xdmSchema": "https://ns.adobe.com/acme/schemas/0"},
        {"xdmSchema": "https://ns.adobe.com/xdm/context/profile"},
        {"outputSchema": {"schemaRef": {"id": "https://ns.adobe.com/acme/schemas/0"}}},
        {"outputSchema": {"schemaRef": "x"}},
        {"schemaRef": {"contentType": "application/json"}},
        {"xdmVersion": 1},
        {"status": "DONE"},
        {"name": 7},
    ],
)
def test_a_body_that_breaks_a_rule_is_refused_on_create_and_on_replacement(
    service: Any, urls: Any, made_schema: Any, refusal: Any, change: dict[str, Any]
) -> None:
    talker = service()
    schema = made_schema(talker)
    made = talker.post(urls.mapping_sets, json=classic(schema)).json()
    url = f"{urls.mapping_sets}/{made['id']}"
    assert (
        refusal(talker.post(urls.mapping_sets, json=classic(schema, **change)))
        == "HEADWATER-1400-400"
    )
    assert (
        refusal(talker.send("PUT", url, json=classic(schema, **change)))
        == "HEADWATER-1400-400"
    )
    assert talker.get(url).json()["version"] == 0


def test_a_list_says_where_it_starts_and_holds_the_newest_versions(
    service: Any, urls: Any, made_schema: Any, refusal: Any
) -> None:
    talker = service()
    schema = made_schema(talker)
    made = [
        talker.post(urls.mapping_sets, json=classic(schema, name=f"n{n}")).json()["id"]
        for n in range(3)
    ]
    talker.send(
        "PUT", f"{urls.mapping_sets}/{made[0]}", json=classic(schema, name="n0")
    )
    body = talker.get(urls.mapping_sets, params={"limit": 2, "start": 0}).json()
    assert [item["id"] for item in body["data"]] == made[:0:-1]
    assert body["_page"] == {"count": 2, "limit": 2}
    rest = talker.get(urls.mapping_sets, params={"limit": 2, "start": 2}).json()
    assert [(item["id"], item["version"]) for item in rest["data"]] == [(made[0], 1)]
    named = talker.get(
        urls.mapping_sets, params={"limit": 9, "start": 0, "name": "n1"}
    ).json()
    assert [item["id"] for item in named["data"]] == [made[1]]
    for query in (
        "",
        "?limit=1",
        "?start=0",
        "?limit=x&start=0",
        "?limit=0&start=0",
        "?limit=1&start=0&expandSchema=1",
    ):
        assert refusal(talker.get(urls.mapping_sets + query)) == "HEADWATER-1400-400"


def test_the_path_a_tutorial_misprints_names_the_right_one(
    service: Any, urls: Any, refusal: Any
) -> None:
    wrong = urls.mapping_sets.replace("/conversion", "")
    answer = service().post(wrong, json={"xdmSchema": "x"})
    assert refusal(answer) == "HEADWATER-1404-404"
    assert "/data/foundation/conversion/mappingSets" in answer.json()["errorMessage"]
