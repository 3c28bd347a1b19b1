"""Connection specifications come from the installed connectors, rendered as the platform renders them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema

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
