"""Drafts: made in part, changed, and published from the base connection up."""

from __future__ import annotations

import json
import types
from typing import Any

import pytest

from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl
from headwater.connectors.connector import Connector
from headwater.models import Distribution
from headwater_local_flow_service import Strictness
from headwater_local_flow_service.store import tables

Open = Any
ORACLE = {"id": "ba5126ec-c9ac-11eb-b8bc-0242ac130003", "version": "1.0"}
SPEC = "11111111-2222-4333-8444-555555555555"
CANARY = "correct-horse-battery"


def _state(talker: Any, path: str) -> str:
    [item] = talker.get(path).json()["items"]
    return str(item["state"])


def _draft(talker: Any, type: str, body: Any) -> Any:
    answer = talker.post(f"/{type}?mode=draft", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def _publish(talker: Any, type: str, id: str) -> Any:
    return talker.post(f"/{type}/{id}/action?op=publish")


def _patch(talker: Any, type: str, reference: Any, *operations: Any) -> Any:
    path, headers = f"/{type}/{reference['id']}", {"If-Match": reference["etag"]}
    return talker.send("PATCH", path, headers=headers, json=list(operations))


def test_a_draft_may_lack_credentials_until_it_is_published(
    service: Open, code: Any, oracle: Any
) -> None:
    talker = service()
    made = _draft(talker, "connections", {"name": "later", "connectionSpec": ORACLE})
    assert _state(talker, f"/connections/{made['id']}") == "draft"
    assert talker.get("/connections?property=state==draft&count=true").json() == {
        "count": 1
    }
    assert code(_publish(talker, "connections", made["id"])) == "CONNECTOR-1304-400"
    assert _state(talker, f"/connections/{made['id']}") == "draft"
    auth = oracle()["auth"]
    patched = _patch(
        talker, "connections", made, {"op": "add", "path": "/auth", "value": auth}
    ).json()
    assert _state(talker, f"/connections/{made['id']}") == "draft"
    answer = _publish(talker, "connections", made["id"])
    assert answer.status_code == 200
    assert answer.json()["etag"] not in (made["etag"], patched["etag"])
    item = talker.read(made["id"])
    assert (item["state"], item["etag"]) == ("enabled", answer.json()["etag"])
    assert item["auth"]["params"] == auth["params"] | {"password": "******"}
    assert code(_publish(talker, "connections", made["id"])) == "FLOW-1422-400"


def test_a_draft_masks_the_secrets_it_has(service: Open, code: Any) -> None:
    talker = service()
    auth = {"specName": "Basic Authentication", "params": {"password": CANARY}}
    made = _draft(talker, "connections", {"connectionSpec": ORACLE, "auth": auth})
    assert talker.read(made["id"])["auth"]["params"] == {"password": "******"}
    assert CANARY not in json.dumps(talker.get("/connections").json())
    refused = _publish(talker, "connections", made["id"])
    assert code(refused) == "CONNECTOR-1304-400"
    assert "auth.params.host is missing" in refused.json()["errorMessage"]


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        ({"specName": "nothing", "params": {"password": CANARY}}, "FLOW-1415-400"),
        ({"params": {"password": CANARY}}, "FLOW-1415-400"),
        (
            {"specName": "Basic Authentication", "params": {"pass": CANARY}},
            "CONNECTOR-1312-400",
        ),
        (
            {"specName": "Basic Authentication", "params": {"password": [CANARY]}},
            "CONNECTOR-1312-400",
        ),
        ([], "CONNECTOR-1312-400"),
    ],
)
def test_what_a_draft_has_must_be_right(
    service: Open, code: Any, auth: Any, expected: str
) -> None:
    strict = Strictness(refuse_unknown_fields=True)
    answer = service(strictness=strict).post(
        "/connections?mode=draft", json={"connectionSpec": ORACLE, "auth": auth}
    )
    assert code(answer) == expected
    assert CANARY not in answer.text


def test_source_and_target_may_lack_nearly_everything(
    service: Open, code: Any, target_body: Any
) -> None:
    talker = service()
    source = _draft(talker, "sourceConnections", {"connectionSpec": ORACLE})
    assert (
        code(_publish(talker, "sourceConnections", source["id"]))
        == "CONNECTOR-1304-400"
    )
    reference = target_body("x")["connectionSpec"]
    target = _draft(talker, "targetConnections", {"connectionSpec": reference})
    assert (
        code(_publish(talker, "targetConnections", target["id"]))
        == "CONNECTOR-1304-400"
    )
    assert (
        code(talker.post("/sourceConnections?mode=draft", json={"name": "x"}))
        == "FLOW-1413-400"
    )
    wrong = {"connectionSpec": ORACLE, "data": {"format": "json"}}
    assert (
        code(talker.post("/sourceConnections?mode=draft", json=wrong))
        == "CONNECTOR-1327-400"
    )


def test_a_source_connection_is_published_after_its_base(
    service: Open, code: Any, oracle: Any, source_body: Any
) -> None:
    talker = service()
    base = _draft(talker, "connections", oracle())
    body = source_body(base["id"])
    assert code(talker.post("/sourceConnections", json=body)) == "CONNECTOR-1312-400"
    source = _draft(talker, "sourceConnections", body)
    assert code(_publish(talker, "sourceConnections", source["id"])) == "FLOW-1422-400"
    assert _publish(talker, "connections", base["id"]).status_code == 200
    assert _publish(talker, "sourceConnections", source["id"]).status_code == 200
    assert _state(talker, f"/sourceConnections/{source['id']}") == "enabled"


def test_a_source_connection_is_not_published_once_its_base_is_gone(
    service: Open, code: Any, source_body: Any
) -> None:
    talker = service()
    base = talker.create()["id"]
    source = _draft(talker, "sourceConnections", source_body(base))
    assert talker.send("DELETE", f"/connections/{base}").status_code == 204
    assert code(_publish(talker, "sourceConnections", source["id"])) == "FLOW-1422-400"


def test_a_target_connection_is_completed_and_published(
    service: Open, code: Any, target_body: Any, stored: Any
) -> None:
    talker = service()
    whole = target_body(stored(talker, tables.data_sets))
    target = _draft(
        talker,
        "targetConnections",
        {"connectionSpec": whole["connectionSpec"], "data": whole["data"]},
    )
    assert (
        code(_publish(talker, "targetConnections", target["id"]))
        == "CONNECTOR-1325-400"
    )
    operation = {"op": "add", "path": "/params", "value": whole["params"]}
    assert _patch(talker, "targetConnections", target, operation).status_code == 200
    assert _publish(talker, "targetConnections", target["id"]).status_code == 200
    [item] = talker.get(f"/targetConnections/{target['id']}").json()["items"]
    assert (item["state"], item["params"]) == ("enabled", whole["params"])


def test_a_specification_without_draft_mode_takes_no_drafts(
    service: Open, code: Any
) -> None:
    spec = ConnectionSpec(
        id=SPEC, name="Stream", category="x", ingestion="streaming", kind="streaming"
    )
    auth = (AuthenticationSpec("Key", [Field("key", secret=True)]),)
    plugin = types.SimpleNamespace(
        connection_spec=hookimpl(lambda: spec),
        credential_schemas=hookimpl(lambda: auth),
    )
    talker = service(
        connectors=[Connector("stream", plugin, Distribution("test", "1"))]
    )
    body = {"connectionSpec": {"id": SPEC, "version": "1.0"}}
    for type in ("connections", "sourceConnections"):
        assert code(talker.post(f"/{type}?mode=draft", json=body)) == "FLOW-1434-400"


def test_an_etag_guards_an_action_only_where_it_is_sent(
    service: Open, code: Any, oracle: Any
) -> None:
    talker = service()
    made = _draft(talker, "connections", oracle())
    path = f"/connections/{made['id']}/action?op=PUBLISH"
    assert code(talker.post(path, headers={"If-Match": '"0"'})) == "FLOW-1404-412"
    assert talker.post(path, headers={"If-Match": made["etag"]}).status_code == 200
