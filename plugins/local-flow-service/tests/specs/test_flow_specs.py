"""Flow specifications: the fixed ones, open for the sources that are installed."""

from __future__ import annotations

import types
from typing import Any

import jsonschema
import pytest

from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl
from headwater.connectors.connector import Connector
from headwater.models import Distribution
from headwater_local_flow_service import Strictness
from headwater_local_flow_service.specs import flow_schemas

Open = Any
CRM, CLOUD = (
    "14518937-270c-4525-bdec-c2ba7cce3860",
    "9753525b-82c7-4dce-8a9b-5ccfce2b9876",
)
LAKE = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
SERVICE_CLOUD = "cb66ab34-8619-49cb-96d1-39b37ede86ea"


def _connector(number: int, **facts: Any) -> Connector:
    spec = ConnectionSpec(
        id=f"{number}1111111-2222-4333-8444-555555555555",
        name="x",
        category="x",
        **facts,
    )
    auth = (AuthenticationSpec("Key", [Field("key", secret=True)]),)
    plugin = types.SimpleNamespace(
        connection_spec=hookimpl(lambda: spec),
        credential_schemas=hookimpl(lambda: auth),
    )
    return Connector(f"x{number}", plugin, Distribution("test", "1"))


def test_the_tutorials_look_up_finds_the_source(service: Open) -> None:
    [item] = (
        service()
        .get("/flowSpecs", params={"property": 'name=="CRMToAEP"'})
        .json()["items"]
    )
    assert item["id"] == CRM
    assert SERVICE_CLOUD in item["sourceConnectionSpecIds"]
    assert item["targetConnectionSpecIds"] == [LAKE]
    assert [one["name"] for one in item["transformationSpecs"]] == ["Copy", "Mapping"]


def test_each_kind_of_source_has_its_own(service: Open) -> None:
    kinds: list[dict[str, Any]] = [
        {},
        {"kind": "file"},
        {"kind": "streaming", "ingestion": "streaming"},
    ]
    connectors = [_connector(number, **facts) for number, facts in enumerate(kinds)]
    talker = service(connectors=connectors)
    table, file, streaming = (connector.spec.id for connector in connectors)
    found = {
        item["name"]: item["sourceConnectionSpecIds"]
        for item in talker.get("/flowSpecs/").json()["items"]
    }
    assert (found["CRMToAEP"], found["CloudStorageToAEP"]) == ([table], [file])
    assert [ids for name, ids in found.items() if name.startswith("Stream")] == [
        [streaming],
        [streaming],
    ]


def test_one_is_read_in_a_list_of_one(service: Open, code: Any) -> None:
    talker = service()
    [item] = talker.get(f"/flowSpecs/{CLOUD}").json()["items"]
    assert (item["name"], item["attributes"]["isDraftModeSupported"]) == (
        "CloudStorageToAEP",
        True,
    )
    for wrong in ("nothing", "%00", "00000000-0000-4000-8000-000000000000"):
        assert code(talker.get(f"/flowSpecs/{wrong}")) == "FLOW-1439-404"


def test_every_schema_is_a_schema(service: Open) -> None:
    for item in service().get("/flowSpecs").json()["items"]:
        parts = [
            *item["transformationSpecs"],
            *(item[name] for name in item if name.endswith("Spec")),
        ]
        for part in parts:
            jsonschema.Draft7Validator.check_schema(part["spec"])


@pytest.mark.parametrize(
    ("schedule", "fits"),
    [
        ({"startTime": 1, "frequency": "minute", "interval": 15}, True),
        ({"startTime": 1, "frequency": "minute", "interval": 14}, False),
        ({"startTime": 1, "frequency": "hour", "interval": 1, "backfill": True}, True),
        ({"startTime": 1, "frequency": "day", "interval": 15}, True),
        ({"startTime": 1, "frequency": "week", "interval": 0}, False),
        ({"startTime": 1, "frequency": "hour"}, False),
        ({"startTime": 1, "frequency": "once"}, True),
        ({"startTime": 1, "frequency": "once", "interval": 1}, False),
        ({"startTime": 1, "frequency": "once", "backfill": False}, False),
        ({"startTime": 1, "frequency": "year", "interval": 1}, False),
        ({"frequency": "once"}, False),
        ({"startTime": 1}, False),
    ],
)
def test_the_schedule_schema_says_what_the_rules_say(schedule: Any, fits: bool) -> None:
    schema: Any = flow_schemas.SCHEDULE["spec"]
    assert jsonschema.Draft7Validator(schema).is_valid(schedule) is fits


def test_a_search_finds_sorts_counts_and_groups(service: Open, code: Any) -> None:
    talker = service()
    names = ["CRMToAEP", "CloudStorageToAEP", "RestStorageToAEP"]
    body = {
        "queryString": "attributes.frequency==batch",
        "orderby": "-name",
        "projectionFields": "name",
    }
    answer = talker.post("/flowSpecs/search", json=body).json()
    assert answer == {"items": [{"name": name} for name in sorted(names, reverse=True)]}
    assert talker.post(
        "/flowSpecs/search", json={"queryString": "name==CRMToAEP", "count": True}
    ).json() == {"count": 1}
    assert len(talker.post("/flowSpecs/search", json={"limit": 1}).json()["items"]) == 1
    for name in ("batch", "stream"):
        talker.post("/flowSpecs", json={"name": f"mine-{name}", "providerId": name})
    talker.post("/flowSpecs", json={"name": "mine-again", "providerId": "batch"})
    grouped = {
        "queryString": "name==mine-batch,mine-stream,mine-again",
        "groupByProperty": "providerId",
    }
    found = talker.post("/flowSpecs/search", json=grouped).json()["items"]
    assert [item["name"] for item in found] == [
        "mine-batch",
        "mine-again",
        "mine-stream",
    ]
    strict = service(strictness=Strictness(refuse_unknown_parameters=True))
    assert (
        code(strict.post("/flowSpecs/search?continuationToken=x", json={}))
        == "FLOW-1451-400"
    )
    assert (
        code(talker.post("/flowSpecs/search", json={"orderby": "attributes"}))
        == "FLOW-1433-400"
    )
    assert code(talker.post("/flowSpecs/search")) == "FLOW-1405-400"
