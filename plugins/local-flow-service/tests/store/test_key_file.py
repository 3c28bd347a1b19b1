"""The key file changed, removed and put back while the service runs, and credentials that no key opens."""

from __future__ import annotations

import base64
import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from click.testing import CliRunner, Result
from dataflows import ROOT
from talking import HEADERS, code, oracle

from headwater.cli.group import root
from headwater.cli.state import State
from headwater.errors import InvalidInput
from headwater_local_flow_service import Settings
from headwater_local_flow_service.store import keys, rotation
from headwater_local_flow_service.store.store import Store
from headwater_local_flow_service.store.vault import DoesNotOpen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Open = Any
SECRETS = {"path": "/auth/params/password", "value": "given-anew"}
USER = {"op": "replace", "path": "/auth/params/username", "value": "somebody"}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return tmp_path / "store" / "local.db.key"


def _write(path: Path, *found: bytes) -> None:
    """Put keys into a file as `openssl` and an editor do: without its modes, and in place."""
    path.write_bytes(b"".join(base64.b64encode(one) + b"\n" for one in found))


def _foreign(path: Path) -> None:
    _write(path, os.urandom(keys.SIZE))


def _empty(path: Path) -> None:
    path.write_text("")


def _remove(path: Path) -> None:
    path.unlink()


def _rotate(path: Path, *options: str) -> Result:
    command = ["local", "rotate-key", "--store", str(path.with_suffix("")), *options]
    return CliRunner().invoke(root, command, obj=State(), standalone_mode=False)


def _ignore(_count: int) -> None:
    pass


@pytest.mark.parametrize("harm", [_foreign, _empty, _remove])
def test_nothing_is_sealed_that_does_not_open_after_a_restart(
    service: Open,
    key: Path,
    caplog: pytest.LogCaptureFixture,
    harm: Callable[[Path], None],
) -> None:
    talker = service()
    before = talker.create()
    whole = key.read_bytes()
    harm(key)
    caplog.clear()
    for _ in range(3):
        answer = talker.post("/connections", json=oracle())
        assert code(answer) == "FLOW-1103-503"
    assert answer.headers["Retry-After"] == "1"
    told = [each for each in caplog.messages if each.startswith("the key file")]
    assert len(told) == 1, "once, and not with each request"
    assert str(key) in told[0]
    assert "backup" in told[0]
    health = talker.get(f"{ROOT}/health")
    assert (health.status_code, health.json()["status"]) == (200, "keyless")
    assert str(key) not in health.text
    # what needs no new seal goes on
    rename = {"op": "replace", "path": "/name", "value": "other"}
    renamed = talker.patch(before["id"], before["etag"], rename)
    assert renamed.status_code == 200, renamed.text
    assert talker.read(before["id"])["name"] == "other"
    etag = renamed.json()["etag"]
    assert code(talker.patch(before["id"], etag, USER)) == "FLOW-1103-503"
    key.write_bytes(whole)
    assert talker.patch(before["id"], etag, USER).status_code == 200
    after = talker.create("after")
    assert talker.get(f"{ROOT}/health").json()["status"] == "ok"
    talker.app.close()
    again = service()
    for reference in (before, after):
        record = again.read(reference["id"])
        change = SECRETS | {"op": "add"}
        assert again.patch(record["id"], record["etag"], change).status_code == 200


def test_trouble_is_told_again_after_a_while(
    service: Open,
    key: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "_TOLD_EVERY", 0.2)
    talker = service()
    key.unlink()
    caplog.clear()
    for _ in range(2):
        talker.get(f"{ROOT}/health")
        time.sleep(0.3)
    assert sum(each.startswith("the key file") for each in caplog.messages) == 2


def test_a_file_with_which_a_start_is_refused_is_not_taken_by_who_runs(
    service: Open, key: Path
) -> None:
    """Former keys taken out before everything was sealed anew, and a rotation taken back in its middle."""
    talker = service()
    [old] = keys.read_file(key) or ()
    new = os.urandom(keys.SIZE)
    _write(key, new, old)
    talker.create()  # sealed with the new one, while the store remembers the old one
    for rest in (new, old):
        _write(key, rest)
        answer = talker.post("/connections", json=oracle())
        assert code(answer) == "FLOW-1103-503"
    _write(key, new, old)
    talker.create()


def test_a_rotation_that_was_not_seen_from_its_begin_is_taken(
    service: Open, key: Path
) -> None:
    talker = service()
    made = talker.create()
    settings = Settings(store=str(key.with_suffix("")))
    other = Store(settings)
    rotation.run(other, settings, _ignore)
    past = time.time() - rotation.GRACE - 1
    os.utime(key, (past, past))
    assert rotation.forget(other, settings, _ignore).forgotten == 1
    other.close()
    assert talker.patch(made["id"], made["etag"], USER).status_code == 200


@pytest.fixture
def lost(service: Open, key: Path) -> tuple[Any, list[str], bytes]:
    """Return a service, 25 connections sealed with a key that is not known any more and one that opens, and the key."""
    talker = service()
    [own] = keys.read_file(key) or ()
    gone = os.urandom(keys.SIZE)
    _write(key, gone, own)
    ids = [talker.create(f"lost {count}")["id"] for count in range(25)]
    talker.app.close()
    _write(key, own)
    again = service()
    again.create("kept")
    return again, ids, gone


def test_credentials_that_do_not_open_are_a_refusal_with_a_way_out(
    lost: Any, caplog: pytest.LogCaptureFixture
) -> None:
    talker, ids, _gone = lost
    record = talker.read(ids[0])
    caplog.clear()
    answers = [
        talker.patch(ids[0], record["etag"], USER),
        talker.get(f"/connections/{ids[0]}/explore?objectType=root"),
    ]
    tested = talker.get(f"/connections/{ids[0]}/test")
    assert tested.json() == {"result": False}
    for answer in answers:
        assert code(answer) == "CONNECTOR-1312-400", answer.text
        assert "do not open with the key of the store" in answer.text
        assert answer.json()["report"]["id"] == ids[0]
    assert "Traceback" not in caplog.text
    assert "File " not in caplog.text
    assert sum(ids[0] in message for message in caplog.messages) >= len(answers) + 1
    # without the secrets nothing of them can be kept
    no_patches: list[Any] = [[], {}, [5], [{"op": "add"}], [{"op": "add", "path": 5}]]
    for body in no_patches:
        answer = talker.send(
            "PATCH",
            f"/connections/{ids[0]}",
            headers={"If-Match": record["etag"]},
            json=body,
        )
        assert answer.status_code == 400, answer.text
    mask = {"op": "replace", "path": "/auth", "value": record["auth"]}
    assert talker.patch(ids[0], record["etag"], mask).status_code == 400
    rename = {"op": "replace", "path": "/name", "value": "other"}
    etag = talker.patch(ids[0], record["etag"], rename).json()["etag"]
    answer = talker.patch(ids[0], etag, SECRETS | {"op": "replace"}, USER)
    assert answer.status_code == 200, answer.text
    assert talker.patch(ids[0], answer.json()["etag"], USER).status_code == 200


def test_a_rotation_goes_on_with_what_opens_and_names_the_rest(
    lost: Any, key: Path
) -> None:
    talker, ids, gone = lost
    told = json.loads(_rotate(key, "--json").stdout)
    assert sorted(told["closed"]) == sorted(ids)
    assert told["sealed"] == 1
    assert any("further line" in notice for notice in told["notices"])
    done = _rotate(key)
    assert done.return_value == 2
    assert sum(id in done.output for id in ids) == 20
    assert "Traceback" not in done.output
    # the way out: the key that made them as a further line
    _write(key, *(keys.read_file(key) or ()), gone)
    assert talker.patch(ids[0], talker.read(ids[0])["etag"], USER).status_code == 200
    healed = _rotate(key, "--json")
    told = json.loads(healed.stdout)
    assert (told["sealed"], told["closed"]) == (26, [])
    assert not healed.return_value


def test_what_does_not_open_is_an_invalid_store_to_programs() -> None:
    assert isinstance(DoesNotOpen(), InvalidInput)
    assert "further line" in DoesNotOpen().remedy


def test_workers_refuse_a_foreign_key_too(served: Any, tmp_path: Path) -> None:
    place = tmp_path / "served" / "local.db"
    key = place.with_name("local.db.key")
    with served(tmp_path, "--workers", "2", store=str(place)) as (_process, url):
        connections = f"{url}/data/foundation/flowservice/connections"

        def post() -> int:
            answer = requests.post(
                connections, headers=HEADERS, json=oracle(), timeout=30
            )
            return answer.status_code

        assert {post() for _ in range(4)} == {201}
        whole = key.read_bytes()
        _foreign(key)
        assert {post() for _ in range(12)} == {503}
        health = requests.get(f"{url}/health", timeout=30)
        assert (health.status_code, health.json()["status"]) == (200, "keyless")
        key.write_bytes(whole)
        assert {post() for _ in range(12)} == {201}
    store = Store(Settings(store=str(place)))
    rotated = rotation.run(store, Settings(store=str(place)), _ignore)
    assert (rotated.sealed, rotated.closed) == (16, [])
    store.close()


def test_a_key_file_of_a_store_on_postgresql_is_held_against_it_alike(
    own_schema: dict[str, Any], service: Any, tmp_path: Path
) -> None:
    key = tmp_path / "keys" / "pg.key"
    key.parent.mkdir()
    place = {"store": own_schema["store"], "key_file": key}
    talker = service(**place)
    talker.create()
    [own] = keys.read_file(key) or ()
    _foreign(key)
    assert code(talker.post("/connections", json=oracle())) == "FLOW-1103-503"
    _write(key, own)
    talker.create()
    other = Store(Settings(**place))
    rotation.run(other, Settings(**place), _ignore)
    other.close()
    _write(key, (keys.read_file(key) or ())[0])  # without the one the service knows
    talker.create()
