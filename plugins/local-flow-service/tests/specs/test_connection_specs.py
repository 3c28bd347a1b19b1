"""Connection specifications come from the installed connectors, rendered as the platform renders them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

import headwater
from headwater.connectors.registry import installed
from headwater.connectors.rendering import render

if TYPE_CHECKING:
    from collections.abc import Callable

DATA_LAKE = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
FIXED = {
    DATA_LAKE,
    "23598e46-f560-407b-88d5-ea6207e49db0",
    "26f526f2-58f4-4712-961d-e41bf1ccc0e8",
    "10440537-2a7b-4583-ac39-ed38d4b848e8",
}
ORACLE = "ba5126ec-c9ac-11eb-b8bc-0242ac130003"


def test_the_list_holds_every_connector_whose_id_is_known(service: Any) -> None:
    items = service().get("/connectionSpecs/").json()["items"]
    working, _failures = installed().all()
    assert {item["id"] for item in items} == {
        one.spec.id for one in working if one.spec.id
    } | FIXED
    assert "oracle-service-cloud" in {item["name"] for item in items}


def test_one_is_what_the_core_renders_and_how_it_is_read(service: Any) -> None:
    [item] = service().get(f"/connectionSpecs/{ORACLE}").json()["items"]
    core = render(headwater.load("oracle-service-cloud"))
    assert item | core | {"attributes": item["attributes"]} == item
    assert item["attributes"] == core["attributes"] | {"isDraftModeSupported": True}
    assert item["sourceSpec"]["spec"]["required"] == ["tableName"]
    assert item["exploreSpec"]["type"] == "Tabular"
    assert item["permissionsInfo"]["manage"][0]["permissions"] == ["write"]
    assert item["providerId"] == "0ed90a81-07f4-4586-8190-b40eccef1c5a"
    assert item["attributes"]["connectorName"] == "Oracle Service Cloud"
    assert item["attributes"]["isSource"] is True
    [auth] = item["authSpec"]
    assert auth["name"] == "Basic Authentication"
    assert auth["spec"]["properties"]["password"]["format"] == "password"


def test_they_are_the_same_in_every_sandbox_and_organization(service: Any) -> None:
    talker = service()
    other = talker.like(x_sandbox_name="dev", x_gw_ims_org_id="OTHER@AdobeOrg")
    assert talker.get("/connectionSpecs").json() == other.get("/connectionSpecs").json()


def test_they_are_filtered_by_property(service: Any, code: Callable[..., str]) -> None:
    talker = service()
    for condition in (
        "name==oracle-service-cloud",
        f"id=={ORACLE}",
        "attributes.connectorName==Oracle Service Cloud",
    ):
        [item] = talker.get("/connectionSpecs", params={"property": condition}).json()[
            "items"
        ]
        assert item["id"] == ORACLE
    assert code(talker.get("/connectionSpecs?property=authSpec==x")) == "FLOW-1423-400"


def test_an_unknown_one_is_not_found_and_a_misprint_is_named(
    service: Any, code: Callable[..., str]
) -> None:
    answer = service().get("/connectionSpecs/b66ab34-8619-49cb-96d1-39b37ede86ea")
    assert code(answer) == "FLOW-1439-404"
    assert "cb66ab34-8619-49cb-96d1-39b37ede86ea" in answer.json()["errorMessage"]


def test_every_schema_in_the_list_is_a_schema(service: Any) -> None:
    for item in service().get("/connectionSpecs").json()["items"]:
        parts = [
            part
            for part in (
                item.get("sourceSpec"),
                item.get("targetSpec"),
                *item["authSpec"],
            )
            if part
        ]
        assert parts
        for part in parts:
            jsonschema.Draft7Validator.check_schema(part["spec"])


def test_the_data_lake_is_a_target_and_no_source(
    service: Any, code: Callable[..., str], oracle: Any
) -> None:
    talker = service()
    [item] = talker.get("/connectionSpecs?property=name==datalake").json()["items"]
    assert item["id"] == DATA_LAKE
    assert item["targetSpec"]["spec"]["required"] == ["dataSetId"]
    refused = talker.post(
        "/connections", json=oracle(connectionSpec={"id": DATA_LAKE, "version": "1.0"})
    )
    assert code(refused) == "FLOW-1413-400"


# The names that the platform's own answers and the queries of Adobe's tutorials print.
PLATFORM_NAMES = {
    "google-adwords": "d771e9c1-4f26-40dc-8617-ce58c4b53702",
    "adls-gen2": "b3ba5556-48be-44b7-8b85-ff2b69b46dc4",
    "azure-file-storage": "be5ec48c-5b78-49d5-b8fa-7c89ec4569b8",
    "azure-blob": "4c10e202-c428-4796-9208-5f1f5732b1cf",
    "amazon-s3": "ecadc60c-7455-4d87-84dc-2a0e293d997b",
    "google-cloud": "32e8f412-cdf7-464c-9885-78184cb113fd",
    "landing-zone": "26f526f2-58f4-4712-961d-e41bf1ccc0e8",
    "datalake": DATA_LAKE,
    "Amazon Kinesis": "86043421-563b-46ec-8e6c-e23184711bf6",
    "Azure Event Hubs": "bf9f5905-92b7-48bf-bf20-455bc6b60a4e",
    "dynamics-online": "38ad80fe-8b06-4938-94f4-d4ee80266b07",
    "salesforce": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5",
    "hubspot": "cc6a4487-9e91-433e-a3a3-9cf6626c1806",
    "salesforce-service-cloud": "cb66ab34-8619-49cb-96d1-39b37ede86ea",
    "service-now": "eb13cb25-47ab-407f-ba89-c0125281c563",
    "google-big-query": "3c9b37f8-13a6-43d8-bad3-b863b941fedd",
    "maria-db": "3000eb99-cd47-43f3-827c-43caf170f015",
    "mysql": "26d738e0-8963-47ea-aadf-c60de735468a",
    "postgre-sql": "74a1c565-4e59-48d7-9d67-7c03b8a13137",
    "amazon-redshift": "3416976c-a9ca-4bba-901a-1f08f66978ff",
    "sql-server": "1f372ff9-38a4-4492-96f5-b9a4e4bd00ec",
    "generic-streaming": "e77fd9d2-22a8-11ed-861d-0242ac120002",
    "Streaming Connection": "bc7b00d6-623a-4dfc-9fdb-f1240aeadaeb",
}


@pytest.mark.parametrize("name", PLATFORM_NAMES)
def test_a_filter_by_the_platforms_name_finds_the_specification(
    service: Any, name: str
) -> None:
    for condition in (f"name=={name}", f'name=="{name}"'):
        answer = service().get("/connectionSpecs", params={"property": condition})
        assert [item["id"] for item in answer.json()["items"]] == [PLATFORM_NAMES[name]]


def test_where_the_platforms_name_is_not_known_the_slug_is_listed(service: Any) -> None:
    items = service().get("/connectionSpecs").json()["items"]
    names = {item["id"]: item["name"] for item in items}
    working, _failures = installed().all()
    unknown = [one for one in working if one.spec.id and not one.spec.platform_name]
    assert unknown
    assert [one.slug for one in unknown] == [names[one.spec.id] for one in unknown]


def test_an_id_that_only_documentation_knows_is_answered_with_that(
    service: Any,
) -> None:
    printed = "f82aae23-91e7-4884-b25f-2d2159d841fd"
    for id in (printed, printed.upper()):
        answer = service().get(f"/connectionSpecs/{id}")
        assert answer.status_code == 404
        assert "documentation prints this id for Pinterest Ads" in answer.text
        assert "/connectionSpecs" in answer.text
