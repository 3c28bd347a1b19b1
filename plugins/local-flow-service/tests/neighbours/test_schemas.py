"""The Schema Registry: what a schema may consist of, how it is found again, and in which form it is shown."""

from __future__ import annotations

import re
import urllib.parse
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROFILE = "https://ns.adobe.com/xdm/context/profile"
EVENT = "https://ns.adobe.com/xdm/context/experienceevent"
DETAILS = "https://ns.adobe.com/xdm/context/profile-person-details"
XED = {"Accept": "application/vnd.adobe.xed+json; version=1"}
LIST = {"Accept": "application/vnd.adobe.xed-id+json"}


def one(urls: Any, id: str) -> str:
    return f"{urls.schemas}/{urllib.parse.quote(id, safe='')}"


def test_a_new_schema_gets_its_ids_class_and_metadata(
    service: Any, urls: Any, schema_body: Any
) -> None:
    answer = service().post(urls.schemas, json=schema_body(description="accounts"))
    assert answer.status_code == 201
    schema = answer.json()
    assert re.fullmatch(
        r"https://ns\.adobe\.com/acme/schemas/[0-9a-f]{64}", schema["$id"]
    )
    assert schema["meta:altId"] == "_acme.schemas." + schema["$id"].rpartition("/")[2]
    assert schema["meta:class"] == PROFILE
    assert schema["meta:extends"] == [PROFILE, DETAILS]
    assert schema["allOf"] == [{"$ref": PROFILE}, {"$ref": DETAILS}]
    assert (schema["title"], schema["description"], schema["version"]) == (
        "Support account",
        "accounts",
        "1.0",
    )
    assert (schema["imsOrg"], schema["meta:tenantNamespace"]) == (
        "ACME@AdobeOrg",
        "_acme",
    )
    assert schema["meta:containerId"] == "tenant"
    assert re.fullmatch(r"[0-9a-f]{64}", schema["meta:registryMetadata"]["eTag"])


def test_what_the_registry_writes_itself_is_passed_over(
    service: Any, urls: Any, schema_body: Any
) -> None:
    sent = {
        "$id": "https://ns.adobe.com/other/schemas/1",
        "version": "7.0",
        "imsOrg": "OTHER@AdobeOrg",
    }
    schema = service().post(urls.schemas, json=schema_body(**sent, extra=1)).json()
    assert schema["$id"].startswith("https://ns.adobe.com/acme/")
    assert (schema["version"], schema["imsOrg"], schema["extra"]) == (
        "1.0",
        "ACME@AdobeOrg",
        1,
    )


def test_it_is_found_by_its_encoded_uri_by_its_bare_uri_and_by_its_short_id(
    service: Any, urls: Any, schema_body: Any
) -> None:
    talker = service()
    made = talker.post(urls.schemas, json=schema_body()).json()
    for path in (
        one(urls, made["$id"]),
        f"{urls.schemas}/{made['$id']}",
        f"{urls.schemas}/{made['meta:altId']}",
    ):
        answer = talker.get(path, headers=XED)
        assert answer.status_code == 200, path
        assert answer.json() == made


@pytest.mark.parametrize(
    "variant", ["", "-full", "-notext", "-full-notext", "-full-desc", "-deprecatefield"]
)
def test_a_lookup_takes_every_form_with_a_version(
    service: Any, urls: Any, made_schema: Any, variant: str
) -> None:
    talker = service()
    id = made_schema(talker)
    for version in ("; version=1", ";version=1", ";version=1.0"):
        accept = f"text/html, application/vnd.adobe.xed{variant}+json{version}"
        schema = talker.get(one(urls, id), headers={"Accept": accept}).json()
        assert schema["$id"] == id
        assert ("title" in schema) == (not variant.endswith("notext"))


def test_forms_without_texts_keep_fields_that_are_called_title(
    service: Any, urls: Any, schema_body: Any
) -> None:
    talker = service()
    fields = {
        "job": {"properties": {"title": {"type": "string", "title": "Job title"}}}
    }
    made = talker.post(urls.schemas, json=schema_body(definitions=fields)).json()
    accept = {"Accept": "application/vnd.adobe.xed-notext+json;version=1"}
    schema = talker.get(one(urls, made["$id"]), headers=accept).json()
    assert schema["definitions"] == {
        "job": {"properties": {"title": {"type": "string"}}}
    }


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "application/json",
        "application/vnd.adobe.xed+json",
        "application/vnd.adobe.xed-id+json; version=1",
        "application/vnd.adobe.xed-everything+json; version=1",
        "application/vnd.adobe.xed+json; version=one",
        "application/vnd.adobe.xed+json; version=1" + "0" * 50,
        ";;,=,",
    ],
)
def test_a_lookup_that_accepts_nothing_the_registry_writes_is_refused(
    service: Any, urls: Any, made_schema: Any, refusal: Any, accept: str
) -> None:
    talker = service()
    answer = talker.get(one(urls, made_schema(talker)), headers={"Accept": accept})
    assert refusal(answer) == "XDM-1006-406"
    assert "version=1" in answer.json()["detail"]


def test_a_version_that_does_not_exist_is_not_found(
    service: Any, urls: Any, made_schema: Any, refusal: Any
) -> None:
    talker = service()
    accept = {"Accept": "application/vnd.adobe.xed+json; version=2"}
    assert (
        refusal(talker.get(one(urls, made_schema(talker)), headers=accept))
        == "XDM-1010-404"
    )


def test_an_unknown_id_is_not_found(
    service: Any, urls: Any, made_schema: Any, refusal: Any
) -> None:
    talker = service()
    id = made_schema(talker)
    for unknown in (
        f"{id}0",
        "_acme.schemas.00",
        "x",
        "é%00",
        "https://ns.adobe.com/acme/classes/1/2/3",
        PROFILE,
    ):
        assert refusal(talker.get(one(urls, unknown), headers=XED)) == "XDM-1010-404"
        assert refusal(talker.send("DELETE", one(urls, unknown))) == "XDM-1010-404"


@pytest.mark.parametrize(
    "change",
    [
        {"title": None},
        {"title": " "},
        {"title": 7},
        {"type": "array"},
        {"description": []},
        {"allOf": None},
        {"allOf": []},
        {"allOf": {}},
        {"allOf": ["x"]},
        {"allOf": [{}]},
        {"allOf": [{"$ref": 7}]},
        {"allOf": [{"$ref": "https://example.com/profile"}]},
        {"allOf": [{"$ref": "https://ns.adobe.com/"}]},
        {"allOf": [{"$ref": DETAILS}]},
        {"allOf": [{"$ref": "https://ns.adobe.com/xdm/mixins/x"}]},
        {"allOf": [{"$ref": PROFILE}, {"$ref": EVENT}]},
    ],
)
def test_a_schema_needs_a_title_and_exactly_one_class(
    service: Any, urls: Any, schema_body: Any, refusal: Any, change: dict[str, Any]
) -> None:
    body = {
        name: value
        for name, value in schema_body(**change).items()
        if value is not None
    }
    assert refusal(service().post(urls.schemas, json=body)) == "HEADWATER-1400-400"


def test_a_class_that_is_not_known_is_taken_for_one(
    service: Any, urls: Any, schema_body: Any
) -> None:
    reference = "https://ns.adobe.com/xdm/context/account"
    schema = (
        service().post(urls.schemas, json=schema_body("B2B", DETAILS, reference)).json()
    )
    assert schema["meta:class"] == reference


def test_a_class_of_the_tenant_must_exist(
    service: Any, urls: Any, schema_body: Any, refusal: Any
) -> None:
    talker = service()
    absent = "https://ns.adobe.com/acme/classes/" + "0" * 64
    assert (
        refusal(talker.post(urls.schemas, json=schema_body("Mine", absent)))
        == "XDM-1010-404"
    )
    record = [{"$ref": "https://ns.adobe.com/xdm/data/record"}]
    made = talker.post(
        f"{urls.registry}/tenant/classes",
        json={"title": "Ticket", "type": "object", "allOf": record},
    )
    assert made.status_code == 201
    reference = made.json()["$id"]
    group = talker.post(
        f"{urls.registry}/tenant/fieldgroups",
        json={
            "title": "Extra",
            "type": "object",
            "meta:intendedToExtend": [reference],
            "definitions": {},
        },
    ).json()["$id"]
    schema = talker.post(
        urls.schemas, json=schema_body("Mine", reference, group)
    ).json()
    assert (schema["meta:class"], schema["meta:extends"]) == (
        reference,
        [reference, group],
    )
    classes = f"{urls.registry}/tenant/classes/{urllib.parse.quote(reference, safe='')}"
    assert refusal(talker.send("DELETE", classes)) == "HEADWATER-1400-400"
    assert refusal(talker.get(one(urls, reference), headers=XED)) == "XDM-1010-404"
    assert talker.get(classes, headers=XED).json()["title"] == "Ticket"


def test_a_replaced_schema_keeps_its_id_and_gets_the_next_version(
    service: Any, urls: Any, schema_body: Any, refusal: Any
) -> None:
    talker = service()
    made = talker.post(urls.schemas, json=schema_body()).json()
    answer = talker.send(
        "PUT", one(urls, made["$id"]), json=schema_body("Renamed", EVENT)
    )
    assert answer.status_code == 200
    changed = talker.get(one(urls, made["$id"]), headers=XED).json()
    assert changed == answer.json()
    assert (changed["$id"], changed["title"], changed["version"]) == (
        made["$id"],
        "Renamed",
        "1.1",
    )
    assert changed["meta:class"] == EVENT
    assert (
        changed["meta:registryMetadata"]["eTag"]
        != made["meta:registryMetadata"]["eTag"]
    )
    assert (
        refusal(talker.send("PUT", one(urls, made["$id"]), json={"title": "x"}))
        == "HEADWATER-1400-400"
    )


def test_a_schema_goes_unless_something_refers_to_it(
    service: Any, urls: Any, made_schema: Any, refusal: Any
) -> None:
    talker = service()
    used, free = made_schema(talker), made_schema(talker, "Free")
    assert (
        talker.post(
            urls.data_sets, json={"name": "d", "schemaRef": {"id": used}}
        ).status_code
        == 201
    )
    assert refusal(talker.send("DELETE", one(urls, used))) == "HEADWATER-1400-400"
    assert talker.send("DELETE", one(urls, free)).status_code == 204
    assert refusal(talker.get(one(urls, free), headers=XED)) == "XDM-1010-404"


def test_a_list_is_short_or_whole(
    service: Any, urls: Any, schema_body: Any, made_schema: Any
) -> None:
    talker = service()
    made = talker.post(urls.schemas, json=schema_body()).json()
    body = talker.get(urls.schemas, headers=LIST).json()
    assert body["results"] == [
        {name: made[name] for name in ("$id", "meta:altId", "version", "title")}
    ]
    assert body["_page"] == {"orderby": "-updated", "next": None, "count": 1}
    assert body["_links"] == {}
    whole = talker.get(
        urls.schemas, headers={"Accept": "application/vnd.adobe.xed+json"}
    ).json()
    assert whole["results"] == [made]


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/json", "application/vnd.adobe.xed-full+json"]
)
def test_a_list_needs_an_accept_of_its_own(
    service: Any, urls: Any, refusal: Any, accept: str
) -> None:
    assert (
        refusal(service().get(urls.schemas, headers={"Accept": accept}))
        == "XDM-1006-406"
    )


@pytest.mark.parametrize("orderby", ["title", "-title", "updated", "-created"])
def test_pages_hold_every_schema_once_while_others_are_created(
    service: Any, urls: Any, made_schema: Any, orderby: str
) -> None:
    talker = service()
    titles = ["b", "d", "a", "c", "e"]
    ids = {made_schema(talker, title) for title in titles}
    seen, link = [], f"{urls.schemas}?limit=2&orderby={orderby}"
    while link:
        body = talker.get(link, headers=LIST).json()
        seen += [item for item in body["results"] if item["$id"] in ids]
        assert len(body["results"]) == body["_page"]["count"] <= 2
        following = body["_links"].get("next")
        assert (body["_page"]["next"] is None) == (following is None)
        made_schema(talker, "0")
        link = (
            f"http+local://embedded{following['href']}"
            if following and len(seen) < 5
            else ""
        )
    found = [item["title"] for item in seen]
    assert sorted(found) == sorted(titles)
    if "title" in orderby:
        assert found == sorted(titles, reverse=orderby.startswith("-"))


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=x",
        "limit=-1",
        "orderby=etag",
        "orderby=--title",
        "start=x",
        "start=W10",
        "start=WyJhIiwxXQ",
        "starts=0",
    ],
)
def test_a_list_refuses_a_query_it_does_not_understand(
    service: Any, urls: Any, refusal: Any, query: str
) -> None:
    assert (
        refusal(service().get(f"{urls.schemas}?{query}", headers=LIST))
        == "HEADWATER-1400-400"
    )


def test_a_limit_above_300_is_clamped(service: Any, urls: Any) -> None:
    assert service().get(f"{urls.schemas}?limit=1000", headers=LIST).status_code == 200


def test_the_stats_name_the_tenant(service: Any, urls: Any, made_schema: Any) -> None:
    talker = service()
    made_schema(talker)
    assert talker.get(f"{urls.registry}/stats").json() == {
        "imsOrg": "ACME@AdobeOrg",
        "tenantId": "acme",
        "counts": {"schemas": 1, "classes": 0, "fieldgroups": 0},
    }
    other = talker.like(x_gw_ims_org_id="12.Other-Org@AdobeOrg")
    assert other.get(f"{urls.registry}/stats").json()["tenantId"] == "t12otherorg"


def test_an_encoded_id_arrives_through_a_real_server(
    tmp_path: Path, served: Callable[..., Any]
) -> None:
    import requests

    headers = {
        "Authorization": "Bearer x",
        "x-api-key": "key",
        "x-gw-ims-org-id": "ACME@AdobeOrg",
        "x-sandbox-name": "prod",
    }
    with served(tmp_path) as (_process, root):
        schemas = f"{root}/data/foundation/schemaregistry/tenant/schemas"
        body = {"title": "T", "type": "object", "allOf": [{"$ref": PROFILE}]}
        made = requests.post(schemas, json=body, headers=headers, timeout=10).json()
        for id in (
            urllib.parse.quote(made["$id"], safe=""),
            made["$id"],
            made["meta:altId"],
        ):
            answer = requests.get(f"{schemas}/{id}", headers=headers | XED, timeout=10)
            assert answer.json() == made, id


def test_a_field_group_may_describe_its_fields_among_its_own_definitions(
    service: Any, urls: Any
) -> None:
    talker = service()
    fields = {"_acme": {"type": "object", "properties": {"key": {"type": "string"}}}}
    body = {
        "title": "Keys",
        "type": "object",
        "definitions": {"keys": {"properties": fields}},
        "allOf": [{"$ref": "#/definitions/keys"}],
    }
    answer = talker.post(f"{urls.registry}/tenant/fieldgroups", json=body)
    assert answer.status_code == 201
    group = answer.json()
    assert (group["allOf"], group["meta:extends"]) == (body["allOf"], [])
    assert group["definitions"] == body["definitions"]

    lost = body | {"allOf": [{"$ref": "#/definitions/others"}]}
    refused = talker.post(f"{urls.registry}/tenant/fieldgroups", json=lost)
    assert refused.status_code == 400
    assert "names none of the definitions" in refused.json()["detail"]


def test_the_full_form_resolves_what_the_tenant_has_defined(
    service: Any, urls: Any
) -> None:
    talker = service()
    fields = {
        "_acme": {
            "type": "object",
            "properties": {"key": {"type": "string", "title": "Key"}},
        }
    }
    group = talker.post(
        f"{urls.registry}/tenant/fieldgroups",
        json={
            "title": "Keys",
            "type": "object",
            "definitions": {"keys": {"properties": fields}},
            "allOf": [{"$ref": "#/definitions/keys"}],
        },
    ).json()
    body = {
        "title": "Accounts",
        "type": "object",
        "allOf": [{"$ref": PROFILE}, {"$ref": group["$id"]}],
    }
    id = talker.post(urls.schemas, json=body).json()["$id"]

    def shown(form: str) -> Any:
        accept = f"application/vnd.adobe.{form}+json; version=1"
        return talker.get(one(urls, id), headers={"Accept": accept}).json()

    assert shown("xed")["allOf"] == body["allOf"]
    full = shown("xed-full")
    assert full["properties"] == fields
    assert (full["title"], full["$id"], full["meta:class"]) == ("Accounts", id, PROFILE)
    assert "allOf" not in full
    without_texts = shown("xed-full-notext")["properties"]["_acme"]["properties"]
    assert without_texts == {"key": {"type": "string"}}
