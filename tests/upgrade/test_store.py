"""A store that an earlier version made is read, opened and written as before; one of a later version is left alone."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from upgrade.machine import CLIENTS, FLOW_SERVICE, Caller, Machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEDGER = "1f9e6c1a-5d0b-4c57-8e43-2a7d90b6c3f1"
ORACLE = "ba5126ec-c9ac-11eb-b8bc-0242ac130003"
SALESFORCE = "cb66ab34-8619-49cb-96d1-39b37ede86ea"


@pytest.fixture(scope="module")
def root(written: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the store of a version, for tests that only read."""
    machine = Machine.upgraded(written, tmp_path_factory.mktemp("upgraded") / "machine")
    # Until 0.1.0 this machine was reached unnamed, with clients as well.
    with machine.serving("--reach-sources", "127.0.0.1") as root:
        yield root


def _connections(root: str, spec_id: str) -> list[tuple[Caller, str]]:
    """Return the connections of a source in every organization and sandbox, each with somebody who may read it."""
    found = []
    for client, sandbox in (("desk", "prod"), ("desk", "stage"), ("globex", "prod")):
        caller = Caller.of(root, CLIENTS[client], sandbox)
        page = caller.get(
            f"{FLOW_SERVICE}/connections?property=connectionSpec.id=={spec_id}"
        )
        found += [
            (caller, item["id"]) for item in page["items"] if item["state"] == "enabled"
        ]
    return found


def test_every_object_reads_as_it_did(root: str, written: Path) -> None:
    for part in json.loads((written / "answers.json").read_text(encoding="utf-8")):
        [client] = [
            one
            for one in CLIENTS.values()
            if one["organization"] == part["organization"]
        ]
        caller = Caller.of(root, client, part["sandbox"])
        now = {
            read["path"]: caller.read_as_written(read["path"], read["accept"])
            for read in part["read"]
        }
        assert now == {read["path"]: read["answer"] for read in part["read"]}


def test_something_of_every_kind_was_stored(machine: Machine) -> None:
    objects = machine.told("local", "info", "--settings", "serve.toml")["objects"]
    assert [kind for kind, count in objects.items() if not count] == []


def test_stored_secrets_open(root: str) -> None:
    stored = _connections(root, LEDGER)
    assert len(stored) == 2
    for caller, id in stored:
        assert caller.get(f"{FLOW_SERVICE}/connections/{id}/test") == {
            "result": True
        }, "it accepts one key only"


def test_a_source_is_explored_with_stored_secrets(root: str) -> None:
    caller, id = _connections(root, LEDGER)[0]
    path = f"{FLOW_SERVICE}/connections/{id}/explore"
    assert [item["path"] for item in caller.get(f"{path}?objectType=root")] == [
        "entries"
    ]
    shown = caller.get(f"{path}?objectType=table&object=entries&preview=true")
    assert shown["data"] == [{"id": "e1", "amount": 12.5}, {"id": "e2", "amount": -3}]


@pytest.mark.parametrize("spec_id", [ORACLE, SALESFORCE])
def test_stored_secrets_of_shipped_connectors_are_opened_to_ask_the_source(
    root: str, spec_id: str
) -> None:
    stored = _connections(root, spec_id)
    assert stored
    for caller, id in stored:
        answer = caller.answer("GET", f"{FLOW_SERVICE}/connections/{id}/test")
        assert answer.json()["type"].endswith("CONNECTOR-1006-408"), (
            "asked, and nobody answers at the stored address"
        )


def test_what_was_stored_is_changed_and_added_to(machine: Machine) -> None:
    with machine.serving() as root:
        [(caller, id)] = [
            one
            for one in _connections(root, ORACLE)
            if one[0].headers["x-sandbox-name"] == "prod"
        ]
        path = f"{FLOW_SERVICE}/connections/{id}"
        [item] = caller.get(path)["items"]
        renamed = [{"op": "replace", "path": "/name", "value": "renamed"}]
        caller.send("PATCH", path, json=renamed, headers={"If-Match": item["etag"]})
        assert caller.get(path)["items"][0]["name"] == "renamed"
        body = {name: item[name] for name in ("connectionSpec", "auth")} | {
            "name": "new"
        }
        body["auth"]["params"]["password"] = "not-a-real-password"
        caller.post(f"{FLOW_SERVICE}/connections", body)
        names = {
            one["name"] for one in caller.get(f"{FLOW_SERVICE}/connections")["items"]
        }
        assert {"new", "renamed"} <= names


def test_a_dataflow_goes_on_with_its_runs(machine: Machine) -> None:
    with machine.serving() as root:
        caller = Caller.of(root, CLIENTS["desk"], "prod")
        [flow] = caller.get(
            f'{FLOW_SERVICE}/flows?property=name=="incidents, every hour"'
        )["items"]
        runs = f"{FLOW_SERVICE}/runs?property=flowId=={flow['id']}"
        [due] = [
            run for run in caller.get(runs)["items"] if _status(run) == "scheduled"
        ]
        reported = {"metrics": {"statusSummary": {"status": "success"}}}
        caller.send(
            "PUT",
            f"{FLOW_SERVICE}/runs/{due['id']}",
            json=reported,
            headers={"If-Match": due["etag"]},
        )
        [following] = [
            run for run in caller.get(runs)["items"] if _status(run) == "scheduled"
        ]
        assert following["params"]["windowStartTime"] == due["params"]["windowEndTime"]


def _status(run: dict[str, Any]) -> str:
    return str(run["metrics"]["statusSummary"]["status"])


@pytest.mark.parametrize(
    "command",
    [
        ("local", "info", "--settings", "serve.toml"),
        ("local", "export", "copy.jsonl", "--settings", "serve.toml"),
        ("serve", "--settings", "serve.toml", "--port", "0"),
        ("connections", "list", "--profile", "local"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_a_store_of_a_later_version_is_refused_and_left_alone(
    machine: Machine, command: tuple[str, ...]
) -> None:
    later = machine.told("local", "info", "--settings", "serve.toml")["schema"] + 1
    store = machine.folder / "local.db"
    with closing(sqlite3.connect(store)) as database:
        database.execute(
            "UPDATE headwater_store SET value = ? WHERE name = 'schema'", (str(later),)
        )
        database.commit()
    before = store.read_bytes()
    code, told = machine.refusal(*command)
    assert code == 2
    assert f"was made by a newer version (schema {later}, known {later - 1})" in told
    assert "upgrade headwater-local-flow-service" in told
    assert store.read_bytes() == before
