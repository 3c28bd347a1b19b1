"""The key of a store rotated while it is used, killed in the middle, and the former key forgotten."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import requests
from click.testing import CliRunner, Result
from talking import HEADERS

from headwater.cli.group import root
from headwater.cli.state import State
from headwater.errors import InvalidInput
from headwater.secret import Secret
from headwater_local_flow_service import Settings, StoreError
from headwater_local_flow_service.store import keys, rotation, tables
from headwater_local_flow_service.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from headwater_local_flow_service.store.rows import Record

PASSWORD = "correct-horse-battery"
ROWS = 900


def _records(store: Store) -> list[Record]:
    with store.reading() as rows:
        return [record for record, _ in rows.walk(tables.connections)]


def _open_all(store: Store) -> set[str]:
    """Open every credential of a store, and return the passwords in them."""
    return {
        store.vault.open(
            record.secrets, record.scope.org, record.scope.sandbox, record.id
        )["password"]
        for record in _records(store)
        if record.secrets is not None
    }


def _older(store: Store) -> int:
    """Count what is not sealed with the newest key."""
    prefix = store.vault.prefix
    return sum(
        not (record.secrets or b"").startswith(prefix) for record in _records(store)
    )


def _ignore(_count: int) -> None:
    pass


def _fill(store: Store, number: int) -> None:
    """Store copies of the only connection, each sealed for itself."""
    [record] = _records(store)
    copies = []
    for count in range(number):
        id = f"00000000-0000-4000-8000-{count:012d}"
        owner = (record.scope.org, record.scope.sandbox, id)
        secrets = store.vault.seal({"password": PASSWORD}, *owner)
        copies.append((attrs.evolve(record, id=id, secrets=secrets), ()))
    with store.writing() as rows:
        rows.add_all(tables.connections, copies)


@pytest.fixture
def place(service: Callable[..., Any], tmp_path: Path) -> Path:
    """Return a store with one connection."""
    talker = service()
    talker.create()
    talker.app.close()
    return tmp_path / "store" / "local.db"


def _age(key: Path) -> None:
    past = time.time() - rotation.GRACE - 1
    os.utime(key, (past, past))


def test_a_new_key_seals_everything_and_the_former_one_is_forgotten(
    place: Path,
) -> None:
    key = place.with_name("local.db.key")
    settings = Settings(store=str(place))
    store = Store(settings)
    _fill(store, ROWS)
    [former] = keys.read_file(key) or ()
    done = rotation.run(store, settings, _ignore)
    assert (done.sealed, done.resumed, done.keys) == (ROWS + 1, False, 2)
    assert key.stat().st_mode & 0o777 == 0o600
    assert _older(store) == 0
    with pytest.raises(InvalidInput, match="just now"):
        rotation.forget(store, settings, _ignore)
    _age(key)
    assert rotation.forget(store, settings, _ignore).forgotten == 1
    assert former not in (keys.read_file(key) or ())
    assert _open_all(store) == {PASSWORD}
    store.close()
    reopened = Store(settings)
    assert _open_all(reopened) == {PASSWORD}
    reopened.close()


def test_a_running_service_takes_the_new_key_and_its_tokens_stay_good(
    place: Path, service: Callable[..., Any]
) -> None:
    talker = service(store=str(place))
    token = talker.app.store.vault.token_cipher().encrypt(b"x")
    settings = Settings(store=str(place))
    other = Store(settings)
    rotation.run(other, settings, _ignore)
    made = talker.create("after")
    assert _older(other) == 0, "the service writes with the new key"
    # what the other process sealed is opened by the service
    for record in _records(other):
        change = {"op": "replace", "path": "/auth/params/username", "value": "somebody"}
        assert talker.patch(record.id, record.etag, change).status_code == 200
    assert talker.app.store.vault.token_cipher().decrypt(token) == b"x"
    assert talker.read(made["id"])["name"] == "after"
    other.close()


def test_writers_go_on_while_the_key_is_rotated(
    place: Path, service: Callable[..., Any]
) -> None:
    talker = service(store=str(place))
    _fill(talker.app.store, ROWS)
    settings = Settings(store=str(place))
    other = Store(settings)
    stop = threading.Event()
    statuses: list[int] = []

    def write() -> None:
        while not stop.is_set():
            made = talker.create("meanwhile")
            change = {"op": "replace", "path": "/name", "value": "changed"}
            statuses.append(talker.patch(made["id"], made["etag"], change).status_code)

    writer = threading.Thread(target=write)
    writer.start()
    rotation.run(other, settings, _ignore)
    stop.set()
    writer.join(30)
    assert set(statuses) == {200}
    assert rotation.run(other, settings, _ignore).keys == 3
    assert _older(other) == 0
    assert _open_all(other) == {PASSWORD}
    other.close()


KILLED = """
import os, signal, sys
from headwater_local_flow_service import Settings
from headwater_local_flow_service.store import keys, rotation
from headwater_local_flow_service.store.store import Store
settings = Settings(store=sys.argv[1])
at = int(sys.argv[2])
def die(*_given):
    os.kill(os.getpid(), signal.SIGKILL)
def tell(count):
    if count >= at:
        die()
if at == -1:
    keys.replace_file = die
if at == -2:
    real = keys.replace_file
    keys.replace_file = lambda *given: (real(*given), die())
rotation.run(Store(settings), settings, tell)
"""


@pytest.mark.parametrize("moment", [-1, -2, 1, 400, ROWS + 1])
def test_a_rotation_killed_at_any_moment_goes_on_where_it_was(
    place: Path, moment: int
) -> None:
    settings = Settings(store=str(place))
    store = Store(settings)
    _fill(store, ROWS)
    command = [sys.executable, "-c", KILLED, str(place), str(moment)]
    assert (
        subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    )
    assert _open_all(store) == {PASSWORD}, "what is stored opens in between"
    left = _older(store)
    done = rotation.run(store, settings, _ignore)
    assert done.resumed is (moment != -1)
    assert done.keys == 2, "one new key, however often it was begun"
    assert done.sealed == (left if moment != -1 else ROWS + 1)
    assert _older(store) == 0
    assert _open_all(store) == {PASSWORD}
    assert list(place.parent.glob(".*")) == [], "no half a key file is left"
    store.close()


def test_keys_of_the_environment_are_put_there_by_who_starts_the_services(
    place: Path,
) -> None:
    [former] = keys.read_file(place.with_name("local.db.key")) or ()
    texts = [base64.b64encode(key).decode() for key in (former, os.urandom(32))]
    alone = Settings(store=str(place), key=Secret(texts[0]))
    store = Store(alone)
    with pytest.raises(InvalidInput, match="HEADWATER_LOCAL_KEY") as raised:
        rotation.run(store, alone, _ignore)
    assert texts[0] not in f"{raised.value!r} {raised.value.remedy}"
    store.close()
    both = Settings(store=str(place), key=Secret(f"{texts[1]} {texts[0]}"))
    store = Store(both)
    assert rotation.run(store, both, _ignore).sealed == 1
    store.close()
    store = Store(Settings(store=str(place), key=Secret(texts[1])))
    assert _open_all(store) == {PASSWORD}
    store.close()
    with pytest.raises(StoreError, match="does not belong"):
        Store(alone)


def test_a_key_that_another_store_may_need_is_not_forgotten(
    place: Path, tmp_path: Path
) -> None:
    key = place.with_name("local.db.key")
    first = Settings(store=str(place), key_file=key)
    second = Settings(store=str(tmp_path / "second.db"), key_file=key)
    stores = [Store(settings) for settings in (first, second)]
    for settings, store in zip((first, second), stores, strict=True):
        rotation.run(store, settings, _ignore)
    _age(key)
    with pytest.raises(InvalidInput, match="other stores") as raised:
        rotation.forget(stores[0], first, _ignore)
    assert stores[1].label in str(raised.value)
    assert len(keys.read_file(key) or ()) > 1
    for store in stores:
        assert _open_all(store) <= {PASSWORD}
        store.close()


def test_one_rotation_at_a_time(place: Path) -> None:
    settings = Settings(store=str(place))
    store = Store(settings)
    with (
        keys.locked(place.with_name("local.db.key")),
        pytest.raises(StoreError, match="being rotated"),
    ):
        rotation.run(store, settings, _ignore)
    store.close()


def test_the_command_says_what_it_did(place: Path) -> None:
    done = _command(place)
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert (facts["sealed"], facts["keys"], facts["forgotten"]) == (1, 2, 0)
    assert isinstance(_command(place, "--forget").exception, InvalidInput)
    _age(place.with_name("local.db.key"))
    assert json.loads(_command(place, "--forget").stdout)["forgotten"] == 1


def _command(place: Path, *options: str) -> Result:
    command = ["local", "rotate-key", "--store", str(place), "--json", *options]
    return CliRunner().invoke(root, command, obj=State())


def test_postgresql_is_rotated_alike(own_schema: dict[str, Any], service: Any) -> None:
    fresh = base64.b64encode(os.urandom(32)).decode()
    talker = service(**own_schema)
    talker.create()
    talker.app.close()
    both = own_schema | {"key": Secret(f"{fresh},{own_schema['key'].reveal()}")}
    store = Store(Settings(**both))
    assert rotation.run(store, Settings(**both), _ignore).sealed == 1
    assert _older(store) == 0
    assert _open_all(store) == {PASSWORD}
    store.close()


def test_a_served_service_takes_the_new_key_and_forgets_the_former_one(
    served: Any, tmp_path: Path, oracle: Any
) -> None:
    place = tmp_path / "served" / "local.db"
    key = place.with_name("local.db.key")
    with served(tmp_path, "--workers", "2", store=str(place)) as (_process, root):
        url = f"{root}/data/foundation/flowservice/connections"

        def send(method: str, path: str = "", **rest: Any) -> requests.Response:
            headers = HEADERS | rest.pop("headers", {})
            answer = requests.request(
                method, url + path, headers=headers, timeout=30, **rest
            )
            assert answer.status_code in (200, 201), answer.text
            return answer

        def rename_user(reference: dict[str, Any]) -> None:
            """Change a parameter beside the secrets, for which they are opened and sealed again."""
            change = [
                {"op": "replace", "path": "/auth/params/username", "value": "other"}
            ]
            send(
                "PATCH",
                f"/{reference['id']}",
                json=change,
                headers={"If-Match": reference["etag"]},
            )

        before = [send("POST", json=oracle()).json() for _ in range(8)]
        command = ["local", "rotate-key", "--store", str(place), "--json"]
        program = [sys.executable, "-m", "headwater", *command]
        done = subprocess.run(program, capture_output=True, timeout=60, check=True)
        assert json.loads(done.stdout)["sealed"] == 8
        after = [send("POST", json=oracle()).json() for _ in range(8)]
        for reference in (*before[:4], *after[:4]):
            rename_user(reference)
        _age(key)
        done = subprocess.run(
            [*program, "--forget"], capture_output=True, timeout=60, check=True
        )
        told = json.loads(done.stdout)
        assert (told["forgotten"], told["sealed"]) == (1, 0), "nobody used the former"
        for reference in (*before[4:], *after[4:]):
            rename_user(reference)
    store = Store(Settings(store=str(place)))
    assert _older(store) == 0
    assert len(_records(store)) == 16
    assert _open_all(store) == {PASSWORD}
    store.close()
