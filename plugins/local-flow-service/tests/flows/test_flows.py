"""Dataflows: what they may consist of, what they inherit, and how they are changed, paused and removed."""

from __future__ import annotations

from typing import Any

import pytest
from dataflows import (
    CONTENT_TYPE,
    CRM_TO_AEP,
    FUTURE,
    HOURLY,
    ONCE,
    PAST,
    Desk,
    copying,
    new_schema,
    source_body,
)

from headwater_local_flow_service import Strictness
from headwater_local_flow_service.store import tables

Open = Any
PATH = "/flows"
CLOUD_STORAGE_TO_AEP = "9753525b-82c7-4dce-8a9b-5ccfce2b9876"
STREAM = "d8a6f005-7eaf-4153-983e-e8574508b877"


def test_it_is_read_back_as_sent_with_what_it_inherits(service: Open) -> None:
    desk = Desk(service())
    answer = desk.talker.post(f"{PATH}/", json=desk.body())
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["Location"].endswith(f"/flows/{made['id']}")
    assert list(made) == ["id", "etag"]
    item = desk.read(made["id"])
    assert item["scheduleParams"] == HOURLY, "texts stay texts"
    assert (item["state"], item["version"], item["etag"]) == (
        "enabled",
        made["etag"],
        made["etag"],
    )
    assert item["runs"] == f"/runs?property=flowId=={made['id']}"
    assert desk.talker.get(item["runs"]).json()["items"] == desk.runs(made["id"])
    reference = {"id": "ba5126ec-c9ac-11eb-b8bc-0242ac130003", "version": "1.0"}
    inherited = item["inheritedAttributes"]
    assert inherited["properties"] == {"isSourceFlow": True}
    base = {"id": desk.base, "connectionSpec": reference}
    assert inherited["sourceConnections"] == [
        {"id": desk.source, "connectionSpec": reference, "baseConnection": base}
    ]
    assert [one["id"] for one in inherited["targetConnections"]] == [desk.target]
    operation = item["lastOperation"]
    assert (
        operation["operation"],
        operation["percentCompleted"],
        operation["ops"],
    ) == ("create", 100.0, [])
    assert operation["status"]["value"] == "completed"
    assert not any(name.startswith("_") for name in item)


def test_the_version_of_a_mapping_is_read_back_as_a_text(service: Open) -> None:
    desk = Desk(service())
    item = desk.read(desk.flow()["id"])
    [_copy, mapping] = item["transformations"]
    assert mapping["params"] == {"mappingId": desk.mapping, "mappingVersion": "0"}


def test_a_list_is_filtered_by_what_it_joins_and_inherits(service: Open) -> None:
    desk = Desk(service())
    first, second = (
        desk.flow(name="one")["id"],
        desk.flow(name="two", schedule=ONCE)["id"],
    )
    desk.act(second, "disable")
    lake = "inheritedAttributes.targetConnections[].connectionSpec.id==c604ff05-7f1a-43c0-8e18-33bf874cb11c"
    for given, found in (
        ("name==one", [first]),
        ("state==DISABLED", [second]),
        (f"sourceConnectionIds[]=={desk.source}", [second, first]),
        (f"targetConnectionIds[]=={desk.source}", []),
        (lake, [second, first]),
        ("inheritedAttributes.properties.isSourceFlow==true", [second, first]),
        (f"flowSpec.id=={CRM_TO_AEP}", [second, first]),
    ):
        items = desk.talker.get(PATH, params={"property": given}).json()["items"]
        assert [item["id"] for item in items] == found, given
    body = {"queryString": "name==two", "projectionFields": "id,name"}
    assert desk.talker.post(f"{PATH}/search", json=body).json()["items"] == [
        {"id": second, "name": "two"}
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"state": "enabled"}, "FLOW-1410-400"),
        ({"mode": "draft"}, "CONNECTOR-1368-400"),
        ({"flowSpec": None}, "FLOW-1413-400"),
        ({"flowSpec": {"id": "11111111-2222-4333-8444-555555555555"}}, "FLOW-1413-400"),
        ({"name": 5}, "CONNECTOR-1312-400"),
        ({"sourceConnectionIds": None}, "CONNECTOR-1320-400"),
        ({"sourceConnectionIds": []}, "CONNECTOR-1320-400"),
        ({"sourceConnectionIds": "x"}, "CONNECTOR-1312-400"),
        ({"sourceConnectionIds": ["a", "b"]}, "CONNECTOR-1321-400"),
        ({"sourceConnectionIds": [""]}, "CONNECTOR-1338-400"),
        ({"sourceConnectionIds": [5]}, "CONNECTOR-1338-400"),
        (
            {"sourceConnectionIds": ["11111111-2222-4333-8444-555555555555"]},
            "CONNECTOR-1338-400",
        ),
        ({"targetConnectionIds": ["not an id"]}, "CONNECTOR-1338-400"),
        ({"labels": [5]}, "CONNECTOR-1312-400"),
        ({"policy": []}, "CONNECTOR-1312-400"),
        ({"options": {"partialIngestionPercent": 0}}, "CONNECTOR-1312-400"),
        (
            {"flowSpec": {"id": CLOUD_STORAGE_TO_AEP, "version": "1.0"}},
            "CONNECTOR-1305-400",
        ),
        ({"flowSpec": {"id": STREAM, "version": "1.0"}}, "CONNECTOR-1305-400"),
        ({"transformations": []}, "CONNECTOR-1367-400"),
        ({"transformations": [{"name": "Copy", "params": {}}]}, "CONNECTOR-1367-400"),
        (
            {"transformations": [{"name": "Copy", "params": {"deltaColumn": {}}}]},
            "CONNECTOR-1312-400",
        ),
        ({"transformations": [copying(), copying()]}, "CONNECTOR-1312-400"),
        (
            {"transformations": [copying(), {"name": "Encryption"}]},
            "CONNECTOR-1312-400",
        ),
        ({"transformations": [copying(), {"name": "Mapping"}]}, "CONNECTOR-1359-400"),
        (
            {
                "transformations": [
                    copying(),
                    {"name": "Mapping", "params": {"mappingId": 5}},
                ]
            },
            "CONNECTOR-1312-400",
        ),
        (
            {
                "transformations": [
                    copying(),
                    {"name": "Mapping", "params": {"mappingId": "f" * 32}},
                ]
            },
            "FLOW-1419-400",
        ),
        ({"transformations": ["Copy"]}, "CONNECTOR-1312-400"),
        ({"scheduleParams": None}, "CONNECTOR-1317-400"),
    ],
)
def test_a_wrong_body_is_refused_with_its_code(
    service: Open, code: Any, changes: Any, expected: str
) -> None:
    desk = Desk(service())
    assert code(desk.talker.post(PATH, json=desk.body(**changes))) == expected
    assert desk.talker.get(f"{PATH}?count=true").json() == {"count": 0}
    assert desk.talker.get("/runs?count=true").json() == {"count": 0}


def test_a_flow_specification_is_for_its_sources(service: Open, code: Any) -> None:
    desk = Desk(service())
    body = desk.body(
        flowSpec={"id": CLOUD_STORAGE_TO_AEP, "version": "1.0"},
        transformations=[desk.mapped()],
        schedule=HOURLY,
    )
    assert code(desk.talker.post(PATH, json=body)) == "CONNECTOR-1305-400"


def test_the_mapping_is_for_the_schema_of_the_data_set(
    service: Open, code: Any
) -> None:
    desk = Desk(service())
    other = new_schema(desk.talker)
    reference = {"id": other, "contentType": CONTENT_TYPE}
    mapping = {"mappings": [{"source": "Id", "destination": "_id"}]}
    url = f"http+local://embedded/data/foundation/conversion/mappingSets/{desk.mapping}"
    changed = desk.talker.send(
        "PUT", url, json=mapping | {"outputSchema": {"schemaRef": reference}}
    )
    assert changed.json()["version"] == 1
    for version, expected in (
        ("0", None),
        ("1", "FLOW-1425-400"),
        (2, "FLOW-1412-400"),
        ("x", "FLOW-1412-400"),
    ):
        body = desk.body(
            transformations=[copying(), desk.mapped(mappingVersion=version)]
        )
        answer = desk.talker.post(PATH, json=body)
        assert (code(answer) if expected else answer.status_code) == (
            expected or 201
        ), version


def test_without_a_mapping_the_source_names_the_columns(
    service: Open, code: Any
) -> None:
    desk = Desk(service())
    assert (
        desk.talker.post(PATH, json=desk.body(transformations=[copying()])).status_code
        == 201
    )
    bare = desk.made(
        "/sourceConnections", source_body(desk.base, params={"tableName": "Account"})
    )["id"]
    body = desk.body(transformations=[copying()], sourceConnectionIds=[bare])
    assert code(desk.talker.post(PATH, json=body)) == "CONNECTOR-1370-400"


def test_a_strict_service_refuses_a_start_in_the_past(service: Open, code: Any) -> None:
    past = HOURLY | {"startTime": PAST}
    assert Desk(service()).flow(schedule=past)
    desk = Desk(service(strictness=Strictness(past_start_time="reject")))
    assert (
        code(desk.talker.post(PATH, json=desk.body(schedule=past)))
        == "CONNECTOR-1360-400"
    )
    moved = desk.patch(
        desk.flow()["id"],
        {"op": "replace", "path": "/scheduleParams/startTime", "value": str(PAST)},
    )
    assert code(moved) == "CONNECTOR-1360-400"


def test_a_patch_answers_with_the_new_etag_and_is_remembered(service: Open) -> None:
    desk = Desk(service())
    made = desk.flow()
    operation = {"op": "Replace", "path": "/name", "value": "accounts, hourly"}
    answer = desk.patch(made["id"], operation)
    assert answer.status_code == 200, answer.text
    item = desk.read(made["id"])
    assert (item["name"], item["etag"]) == ("accounts, hourly", answer.json()["etag"])
    assert item["etag"] != made["etag"]
    assert (item["lastOperation"]["operation"], item["lastOperation"]["ops"]) == (
        "update",
        [operation],
    )
    assert item["state"] == "enabled"


def test_labels_and_policies_are_patched(service: Open) -> None:
    desk = Desk(service())
    id = desk.flow()["id"]
    added = desk.patch(
        id,
        {"op": "add", "path": "/labels", "value": ["core/C12"]},
        {"op": "add", "path": "/policy", "value": {"enforcementRefs": []}},
    )
    assert added.status_code == 200, added.text
    assert desk.read(id)["labels"] == ["core/C12"]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (
            {"op": "replace", "path": "/flowSpec/version", "value": "2.0"},
            "CONNECTOR-1365-400",
        ),
        ({"op": "add", "path": "/runs", "value": "/runs"}, "CONNECTOR-1365-400"),
        ({"op": "add", "path": "/lastRunDetails", "value": {}}, "CONNECTOR-1365-400"),
        ({"op": "replace", "path": "/state", "value": "disabled"}, "FLOW-1455-400"),
        ({"op": "move", "path": "/name", "from": "/description"}, "FLOW-1434-400"),
        ({"op": "remove", "path": "/description"}, "FLOW-1455-400"),
        ({"op": "remove", "path": "/transformations/0"}, "CONNECTOR-1367-400"),
        ({"op": "remove", "path": "/scheduleParams"}, "CONNECTOR-1317-400"),
        (
            {
                "op": "replace",
                "path": "/scheduleParams/frequency",
                "value": "fortnight",
            },
            "CONNECTOR-1397-400",
        ),
        (
            {"op": "replace", "path": "/sourceConnectionIds", "value": ["x"]},
            "CONNECTOR-1338-400",
        ),
    ],
)
def test_a_patch_leaves_a_whole_dataflow_or_is_refused(
    service: Open, code: Any, operation: Any, expected: str
) -> None:
    desk = Desk(service())
    id = desk.flow()["id"]
    before, runs = desk.read(id), desk.runs(id)
    assert code(desk.patch(id, operation)) == expected
    assert (desk.read(id), desk.runs(id)) == (before, runs)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("startTime", FUTURE, "CONNECTOR-1366-400"),
        ("backfill", False, "CONNECTOR-1404-400"),
        ("frequency", "once", "CONNECTOR-1403-400"),
        ("frequency", "day", None),
        ("interval", 2, None),
    ],
)
@pytest.mark.parametrize("paused", [False, True])
def test_once_begun_a_schedule_keeps_its_start_and_backfill(  # noqa: PLR0917 - one argument for each parameter
    service: Open, code: Any, field: str, value: Any, expected: str | None, paused: bool
) -> None:
    desk = Desk(service())
    id = desk.flow(schedule=HOURLY | {"startTime": PAST})["id"]
    if paused:
        desk.act(id, "disable")
    answer = desk.patch(
        id, {"op": "replace", "path": f"/scheduleParams/{field}", "value": value}
    )
    assert (code(answer) if expected else answer.status_code) == (expected or 200)


def test_once_begun_what_repeats_goes_on_repeating(service: Open, code: Any) -> None:
    desk = Desk(service())
    id = desk.flow(schedule=HOURLY | {"startTime": PAST})["id"]
    once = {"startTime": PAST, "frequency": "once"}
    assert (
        code(
            desk.patch(id, {"op": "replace", "path": "/scheduleParams", "value": once})
        )
        == "CONNECTOR-1403-400"
    )


def test_it_is_paused_and_goes_on(service: Open, code: Any) -> None:
    desk = Desk(service())
    made = desk.flow()
    paused = desk.talker.post(
        f"{PATH}/{made['id']}/action?op=DISABLE", headers={"If-Match": made["etag"]}
    )
    assert paused.status_code == 200
    assert paused.json()["etag"] != made["etag"]
    assert desk.read(made["id"])["state"] == "disabled"
    assert code(desk.act(made["id"], "disable")) == "FLOW-1422-400"
    stale = desk.talker.post(
        f"{PATH}/{made['id']}/action?op=enable", headers={"If-Match": made["etag"]}
    )
    assert code(stale) == "FLOW-1404-412"
    assert desk.act(made["id"], "enable").status_code == 200
    assert desk.read(made["id"])["state"] == "enabled"
    assert code(desk.act(made["id"], "enable")) == "FLOW-1422-400"
    assert code(desk.act(made["id"], "publish")) == "FLOW-1422-400"
    assert code(desk.act(made["id"], "finalize")) == "FLOW-1402-400"
    assert code(desk.act(made["id"], "re-trigger")) == "FLOW-1434-400"


def test_what_it_joins_stays_while_it_is_active_and_its_base_while_it_is_there(
    service: Open, code: Any
) -> None:
    desk = Desk(service())
    id = desk.flow()["id"]
    assert (
        code(desk.talker.send("DELETE", f"/sourceConnections/{desk.source}"))
        == "FLOW-1447-400"
    )
    assert (
        code(desk.talker.send("DELETE", f"/targetConnections/{desk.target}"))
        == "FLOW-1447-400"
    )
    desk.act(id, "disable")
    assert (
        code(desk.talker.send("DELETE", f"/connections/{desk.base}")) == "FLOW-1418-400"
    )
    assert desk.talker.send("DELETE", f"{PATH}/{id}").status_code == 204
    for path in (
        f"/sourceConnections/{desk.source}",
        f"/targetConnections/{desk.target}",
        f"/connections/{desk.base}",
    ):
        assert desk.talker.send("DELETE", path).status_code == 204


def test_what_has_lost_its_source_cannot_go_on(service: Open, code: Any) -> None:
    desk = Desk(service())
    id = desk.flow()["id"]
    desk.act(id, "disable")
    assert (
        desk.talker.send("DELETE", f"/sourceConnections/{desk.source}").status_code
        == 204
    )
    assert code(desk.act(id, "enable")) == "CONNECTOR-1338-400"
    other = desk.made("/sourceConnections", source_body(desk.base))["id"]
    moved = desk.patch(
        id, {"op": "replace", "path": "/sourceConnectionIds", "value": [other]}
    )
    assert moved.status_code == 200
    assert desk.act(id, "enable").status_code == 200


def test_a_source_whose_base_is_gone_is_joined_by_nothing(
    service: Open, code: Any
) -> None:
    desk = Desk(service())
    assert desk.talker.send("DELETE", f"/connections/{desk.base}").status_code == 204
    assert code(desk.talker.post(PATH, json=desk.body())) == "CONNECTOR-1338-400"


@pytest.mark.parametrize("headers", [{}, {"Transfer-Encoding": "chunked"}])
def test_the_body_of_an_action_is_read_however_it_comes(
    service: Open, code: Any, headers: Any
) -> None:
    desk = Desk(service())
    id = desk.flow()["id"]
    raw = b'{"status": {"value": "BOGUS"}}'
    body: Any = iter([raw]) if headers else raw
    json = {"Content-Type": "application/json"}
    answer = desk.talker.post(f"{PATH}/{id}/action?op=disable", data=body, headers=json)
    assert code(answer) == "FLOW-1437-400"


def test_its_runs_go_with_it(service: Open, code: Any) -> None:
    desk = Desk(service())
    id, other = desk.flow()["id"], desk.flow()["id"]
    [run] = desk.runs(id)
    assert desk.talker.send("DELETE", f"{PATH}/{id}").status_code == 204
    assert code(desk.talker.get(f"{PATH}/{id}")) == "FLOW-1439-404"
    assert code(desk.talker.get(f"/runs/{run['id']}")) == "FLOW-1439-404"
    assert len(desk.runs(other)) == 1


def test_nothing_crosses_organizations_and_sandboxes(service: Open, code: Any) -> None:
    desk = Desk(service())
    made = desk.flow()
    [run] = desk.runs(made["id"])
    for stranger in (
        desk.talker.like(x_sandbox_name="dev"),
        desk.talker.like(x_gw_ims_org_id="OTHER@AdobeOrg"),
    ):
        assert code(stranger.get(f"{PATH}/{made['id']}")) == "FLOW-1439-404"
        assert code(stranger.get(f"/runs/{run['id']}")) == "FLOW-1439-404"
        assert (
            stranger.get(PATH).json()["items"]
            == stranger.get("/runs").json()["items"]
            == []
        )
        assert (
            code(stranger.post(f"{PATH}/{made['id']}/action?op=disable"))
            == "FLOW-1439-404"
        )
        assert (
            code(stranger.post(f"/runs/{run['id']}/action?op=re-trigger"))
            == "FLOW-1439-404"
        )
        assert code(stranger.send("DELETE", f"{PATH}/{made['id']}")) == "FLOW-1439-404"
        assert code(stranger.post(PATH, json=desk.body())) == "CONNECTOR-1338-400"
        assert (
            code(stranger.post("/runs", json={"flowId": made["id"]})) == "FLOW-1430-400"
        )
        patched = [{"op": "replace", "path": "/name", "value": "mine"}]
        headers = {"If-Match": made["etag"]}
        assert (
            code(
                stranger.send(
                    "PATCH", f"{PATH}/{made['id']}", json=patched, headers=headers
                )
            )
            == "FLOW-1439-404"
        )
    assert desk.read(made["id"])["etag"] == made["etag"]


def test_a_draft_may_lack_nearly_everything_until_it_is_published(
    service: Open, code: Any
) -> None:
    desk = Desk(service())
    body = {"flowSpec": {"id": CRM_TO_AEP, "version": "1.0"}, "name": "later"}
    answer = desk.talker.post(f"{PATH}?mode=draft", json=body)
    assert answer.status_code == 201, answer.text
    id = answer.json()["id"]
    item = desk.read(id)
    assert (item["state"], item["inheritedAttributes"]["sourceConnections"]) == (
        "draft",
        [],
    )
    assert desk.runs(id) == []
    assert code(desk.act(id, "enable")) == "FLOW-1422-400"
    assert code(desk.act(id, "publish")) == "CONNECTOR-1320-400"
    whole = desk.body()
    names = (
        "sourceConnectionIds",
        "targetConnectionIds",
        "transformations",
        "scheduleParams",
    )
    operations = [
        {"op": "add", "path": f"/{name}", "value": whole[name]} for name in names
    ]
    assert desk.patch(id, *operations).status_code == 200
    assert desk.read(id)["state"] == "draft"
    assert desk.act(id, "publish").status_code == 200
    assert desk.read(id)["state"] == "enabled"
    assert len(desk.runs(id)) == 1


def test_what_is_published_joins_no_drafts(service: Open, code: Any) -> None:
    desk = Desk(service())
    source = desk.made("/sourceConnections?mode=draft", source_body(desk.base))["id"]
    body = desk.body(sourceConnectionIds=[source])
    assert code(desk.talker.post(PATH, json=body)) == "CONNECTOR-1312-400"
    flow = desk.made(f"{PATH}?mode=draft", body)["id"]
    assert code(desk.act(flow, "publish")) == "FLOW-1422-400"
    assert desk.act(source, "publish", "/sourceConnections").status_code == 200
    assert desk.act(flow, "publish").status_code == 200


def test_a_wrong_draft_is_refused_as_well(service: Open, code: Any) -> None:
    desk = Desk(service())
    body = desk.body(schedule=HOURLY | {"interval": 0})
    assert (
        code(desk.talker.post(f"{PATH}?mode=draft", json=body)) == "CONNECTOR-1362-400"
    )
    stream = {"flowSpec": {"id": STREAM, "version": "1.0"}}
    assert code(desk.talker.post(f"{PATH}?mode=draft", json=stream)) == "FLOW-1434-400"


def test_what_only_the_service_needs_cannot_be_sent(service: Open) -> None:
    desk = Desk(service())
    id = desk.flow(
        _covered=5, lastRunDetails={"id": "x"}, runs="/x", inheritedAttributes={}
    )["id"]
    item = desk.read(id)
    assert "lastRunDetails" not in item
    assert item["runs"] == f"/runs?property=flowId=={id}"
    assert [run["params"]["windowStartTime"] for run in desk.runs(id)] == [0]
    assert (
        desk.talker.app.store.get(tables.flows, *_at(id)).document["_covered"] == FUTURE
    )


def _at(id: str) -> tuple[Any, str]:
    from headwater_local_flow_service.store.store import Scope

    return Scope(org="ACME@AdobeOrg", sandbox="prod"), id


def test_a_specification_for_files_names_the_one_for_the_table_of_a_source(
    service: Open, code: Any
) -> None:
    # The page about CRM systems makes its dataflow with the specification for cloud storages.
    desk = Desk(service())
    body = desk.body(flowSpec={"id": CLOUD_STORAGE_TO_AEP, "version": "1.0"})
    refused = desk.talker.post(PATH, json=body)
    assert code(refused) == "CONNECTOR-1305-400"
    text = refused.json()["errorMessage"]
    assert "CloudStorageToAEP" in text
    assert f"CRMToAEP ({CRM_TO_AEP})" in text


def test_a_stream_to_be_transformed_needs_its_mapping(
    service: Open, code: Any, stored: Any
) -> None:
    desk = Desk(service())
    http = {"id": "bc7b00d6-623a-4dfc-9fdb-f1240aeadaeb", "version": "1.0"}
    base = stored(
        desk.talker,
        tables.connections,
        spec_id=http["id"],
        document={"connectionSpec": http},
    )
    body = {"baseConnectionId": base, "connectionSpec": http}
    source = desk.made("/sourceConnections", body)["id"]
    with_mapping = {"id": "c1a19761-d2c7-4702-b9fa-fe91f0613e81", "version": "1.0"}
    stream: dict[str, Any] = {
        "flowSpec": with_mapping,
        "sourceConnectionIds": [source],
        "scheduleParams": None,
    }
    refused = desk.talker.post(PATH, json=desk.body(**stream, transformations=None))
    assert code(refused) == "CONNECTOR-1328-400"
    flow = desk.flow(**stream, transformations=[desk.mapped()])["id"]
    gone = {"op": "remove", "path": "/transformations"}
    assert code(desk.patch(flow, gone)) == "CONNECTOR-1328-400"
    scheduled = desk.body(
        **stream | {"scheduleParams": HOURLY}, transformations=[desk.mapped()]
    )
    # A public client sends a schedule with every dataflow; there is none to keep here.
    made = desk.talker.post(PATH, json=scheduled)
    assert made.status_code == 201
    assert "streaming data has no schedule" in made.headers["Warning"]
    assert "scheduleParams" not in desk.read(made.json()["id"])


def test_a_strict_service_refuses_the_schedule_of_a_stream(
    service: Open, code: Any, stored: Any
) -> None:
    desk = Desk(service(strictness=Strictness(refuse_loose_spellings=True)))
    http = {"id": "bc7b00d6-623a-4dfc-9fdb-f1240aeadaeb", "version": "1.0"}
    base = stored(
        desk.talker,
        tables.connections,
        spec_id=http["id"],
        document={"connectionSpec": http},
    )
    source = desk.made(
        "/sourceConnections", {"baseConnectionId": base, "connectionSpec": http}
    )["id"]
    stream: dict[str, Any] = {
        "flowSpec": {"id": STREAM, "version": "1.0"},
        "sourceConnectionIds": [source],
        "scheduleParams": HOURLY,
        "transformations": None,
    }
    answer = desk.talker.post(PATH, json=desk.body(**stream))
    assert code(answer) == "CONNECTOR-1312-400"
