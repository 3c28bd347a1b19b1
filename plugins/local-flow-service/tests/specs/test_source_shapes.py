"""Which flow specification takes the data of which source, and what its source connections hold."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from headwater.connectors.registry import installed
from headwater_local_flow_service.specs import rest_schemas, source_shapes

Open = Any
HTTP = "bc7b00d6-623a-4dfc-9fdb-f1240aeadaeb"
EVENT_HUBS = "bf9f5905-92b7-48bf-bf20-455bc6b60a4e"
KINESIS = "86043421-563b-46ec-8e6c-e23184711bf6"
PUBSUB = "70116022-a743-464a-bbfe-e226a7f8210c"
SNOWFLAKE_STREAMING = "51ae16c2-bdad-42fd-9fce-8d5dfddaf140"
PENDO = "6ff5654f-19d5-427d-bd3e-c0ebc802389a"
ZENDESK = "0a27232b-2c6e-4396-b8c6-c9fc24e37ba4"
MIXPANEL = "fd2c8ff3-1de0-4f6b-8fa8-4264784870eb"
S3 = "ecadc60c-7455-4d87-84dc-2a0e293d997b"
LANDING_ZONE = "26f526f2-58f4-4712-961d-e41bf1ccc0e8"
SALESFORCE = "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"
LAKE = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"

# Section 7 of the reference: name, id, sources that are among those installed, transformations, whether scheduled.
SPECIFICATIONS: tuple[tuple[str, str, set[str], list[str], bool], ...] = (
    (
        "CRMToAEP",
        "14518937-270c-4525-bdec-c2ba7cce3860",
        {SALESFORCE},
        ["Copy", "Mapping"],
        True,
    ),
    (
        "CloudStorageToAEP",
        "9753525b-82c7-4dce-8a9b-5ccfce2b9876",
        {S3, LANDING_ZONE},
        ["Mapping", "Encryption"],
        True,
    ),
    (
        "RestStorageToAEP",
        "6499120c-0b15-42dc-936e-847ea3c24d72",
        {ZENDESK, MIXPANEL},
        ["Mapping"],
        True,
    ),
    (
        "Stream data without transformation",
        "d8a6f005-7eaf-4153-983e-e8574508b877",
        {HTTP},
        [],
        False,
    ),
    (
        "Steam data with transformation",
        "c1a19761-d2c7-4702-b9fa-fe91f0613e81",
        {HTTP, SNOWFLAKE_STREAMING},
        ["Mapping"],
        False,
    ),
    (
        "Stream data with optional transformation",
        "d69717ba-71b4-4313-b654-49f9cf126d7a",
        {HTTP, EVENT_HUBS, KINESIS, PUBSUB},
        ["Mapping"],
        False,
    ),
    (
        "GenericStreamingAEP",
        "e77fde5a-22a8-11ed-861d-0242ac120002",
        {PENDO},
        ["Mapping"],
        False,
    ),
)


@pytest.mark.parametrize(
    ("name", "id", "sources", "transformations", "scheduled"), SPECIFICATIONS
)
def test_each_flow_specification_is_found_by_the_platforms_name(
    service: Open,
    *,
    name: str,
    id: str,
    sources: set[str],
    transformations: list[str],
    scheduled: bool,
) -> None:
    # Names hold blanks, which clients encode in two ways.
    for query in (
        f'name=="{name}"',
        f"name=={name}",
        f'name=="{name}"'.replace(" ", "+"),
    ):
        path = f"/flowSpecs?property={query}".replace("==", "%3D%3D")
        [item] = service().get(path).json()["items"]
        assert item["id"] == id
    assert sources <= set(item["sourceConnectionSpecIds"])
    assert LAKE in item["targetConnectionSpecIds"]
    assert [one["name"] for one in item["transformationSpecs"]] == transformations
    assert ("scheduleSpec" in item) is scheduled
    assert item["attributes"]["frequency"] == ("batch" if scheduled else "streaming")
    [permission] = item["permissionsInfo"]["view"]
    assert permission["name"] == (
        "EnterpriseSource" if scheduled else "StreamingSource"
    )


def test_every_installed_source_is_taken_by_some_flow_specification(
    service: Open,
) -> None:
    taken = {
        id
        for item in service().get("/flowSpecs").json()["items"]
        for id in item["sourceConnectionSpecIds"]
    }
    working, _failures = installed().all()
    assert {one.spec.id for one in working if one.spec.id} <= taken


def test_no_source_of_files_or_of_a_rest_api_is_taken_for_the_other() -> None:
    working, _failures = installed().all()
    for connector in working:
        shape = source_shapes.shape_of(connector)
        if connector.spec.kind == "file":
            is_store = connector.spec.category == "cloud-storage"
            unverified = connector.spec.id is None
            assert shape.kind == ("file" if is_store or unverified else "rest")


def test_webhooks_carry_their_inlet_in_the_options(service: Open) -> None:
    [item] = service().get(f"/flowSpecs/{SPECIFICATIONS[-1][1]}").json()["items"]
    assert "inletUrl" in item["optionSpec"]["spec"]["properties"]


GENERIC = {
    "urlParams": {"path": "/v1/tickets", "method": "GET", "queryParams": {"a": "b"}},
    "contentPath": {"path": "$.data", "skipAttributes": ["links"]},
    "paginationParams": {"type": "OFFSET", "limitName": "limit", "limitValue": "100"},
    "scheduleParams": {"scheduleStartParamName": "since"},
}


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"headerParams": {"Accept": "application/json"}}, True),
        ({"urlParams": {"method": "GET"}}, False),
        ({"urlParams": {"path": "/x", "method": "DELETE"}}, False),
        ({"contentPath": {"path": "$", "keepAttributes": "id"}}, False),
        ({"explodeEntityPath": {"path": "$.items"}}, True),
        ({"paginationParams": {"type": "NONE"}}, True),
        ({"paginationParams": {"type": "PAGES"}}, False),
        ({"paginationParams": {"limitName": "limit"}}, False),
        ({"paginationParams": {"type": "POINTER"}}, False),
        ({"paginationParams": {"type": "POINTER", "pointerPath": "$.next"}}, True),
        (
            {
                "paginationParams": {
                    "type": "PAGE",
                    "limitName": "size",
                    "limitValue": 10,
                    "pageParamName": "page",
                    "endPageIndex": "headers.x-total-pages",
                }
            },
            True,
        ),
        (
            {
                "paginationParams": {
                    "type": "CONTINUATION_TOKEN",
                    "continuationTokenPath": "$.meta.token",
                    "parameterType": "BODY",
                    "parameterName": "token",
                }
            },
            False,
        ),
        ({"scheduleParams": {"type": "ADVANCE"}}, False),
        (
            {"scheduleParams": {"type": "ADVANCE", "paramFormat": "{START_TIME}"}},
            True,
        ),
    ],
)
def test_generic_rest_asks_for_its_whole_block(change: Any, fits: bool) -> None:
    validator = jsonschema.Draft7Validator(rest_schemas.GENERIC)
    assert validator.is_valid(GENERIC | change) is fits


@pytest.mark.parametrize("name", rest_schemas.GENERIC["required"])
def test_no_part_of_the_block_may_be_missing(name: str) -> None:
    rest = {part: value for part, value in GENERIC.items() if part != name}
    assert not jsonschema.Draft7Validator(rest_schemas.GENERIC).is_valid(rest)
