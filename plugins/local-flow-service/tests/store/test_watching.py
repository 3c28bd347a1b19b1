"""A store taken away under a service: nothing is acknowledged that is stored nowhere, nothing answered from a ghost."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import disks
import pytest
import requests
from processes import workers_of
from talking import BASE, HEADERS, oracle

from headwater_local_flow_service import Settings, StoreError
from headwater_local_flow_service.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

Open = Any
GONE = "the store is gone"


def _files(store: Path) -> list[Path]:
    return [store, Path(f"{store}-wal"), Path(f"{store}-shm")]


def _remove(store: Path) -> None:
    for path in _files(store):
        path.unlink()


def _remove_database(store: Path) -> None:
    store.unlink()


def _rename(store: Path) -> None:
    store.rename(store.with_name("other.db"))


def _rename_folder(store: Path) -> None:
    store.parent.rename(store.parent.with_name("elsewhere"))


def _replace(store: Path) -> None:
    _make_other(store.with_name("other.db"))
    store.with_name("other.db").replace(store)


def _overwrite(store: Path) -> None:
    """Copy another store over it, which keeps the file and changes all that is in it."""
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    _make_other(store.with_name("other.db"))
    store.write_bytes(
        store.with_name("other.db").read_bytes().ljust(store.stat().st_size, b"\0")
    )
    time.sleep(1.1)


def _make_other(path: Path) -> None:
    Store(Settings(store=str(path))).close()


def _cut(store: Path) -> None:
    os.truncate(store, store.stat().st_size // 2)


def _empty(store: Path) -> None:
    os.truncate(store, 0)


def _remove_log(store: Path) -> None:
    _files(store)[1].unlink()


def _remove_index(store: Path) -> None:
    _files(store)[2].unlink()


def _replace_log(store: Path) -> None:
    _files(store)[1].rename(store.with_name("aside"))
    _files(store)[1].touch()


def _empty_log(store: Path) -> None:
    os.truncate(_files(store)[1], 0)


def _cut_log(store: Path) -> None:
    os.truncate(_files(store)[1], 1_000)  # in the middle of its first page


LOSSES = [
    _remove,
    _remove_database,
    _rename,
    _rename_folder,
    _replace,
    _overwrite,
    _cut,
    _empty,
    _remove_log,
    _remove_index,
    _replace_log,
    _empty_log,
    _cut_log,
]


@pytest.fixture(params=LOSSES, ids=lambda loss: loss.__name__.strip("_"))
def loss(request: pytest.FixtureRequest) -> Callable[[Path], None]:
    taken: Callable[[Path], None] = request.param
    return taken


def _fill(talker: Any, store: Path) -> list[dict[str, Any]]:
    """Store a few connections, some of them in the database itself and some in its log alone."""
    made = [talker.create(f"n{number}") for number in range(30)]
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    return [*made, talker.create("last")]


def test_the_moment_a_store_is_gone_nothing_is_acknowledged_and_nothing_answered(
    service: Open,
    tmp_path: Path,
    code: Callable[..., str],
    loss: Callable[[Path], None],
    caplog: Any,
) -> None:
    talker = service()
    store = tmp_path / "store" / "local.db"
    made = _fill(talker, store)
    there = sorted(tmp_path.rglob("local.db*"))
    loss(store)
    left = {path for path in tmp_path.rglob("local.db*") if path not in there}
    for answer in (
        talker.post("/connections", json=oracle("ghost")),
        talker.post("/connections", json=oracle("ghost")),
        talker.patch(
            made[0]["id"],
            made[0]["etag"],
            {"op": "replace", "path": "/name", "value": "x"},
        ),
        talker.send("DELETE", f"/connections/{made[1]['id']}"),
        talker.get(f"/connections/{made[2]['id']}"),
        talker.get("/connections"),
    ):
        assert code(answer) == "FLOW-1103-503"
        assert GONE in answer.json()["errorMessage"]
        assert str(tmp_path) not in answer.text
        assert answer.headers["Retry-After"]
    health = talker.get("http+local://embedded/health")
    assert (health.status_code, health.json()["status"]) == (503, "gone")
    assert str(store) in caplog.text
    assert "restart" in caplog.text or "start it again" in caplog.text
    # neither an empty store nor anything else was made in its place
    assert {path for path in tmp_path.rglob("local.db*") if path not in there} == left


@pytest.mark.parametrize("move", [_rename_folder, _rename])
def test_a_store_that_is_put_back_is_served_again_with_all_it_held(
    service: Open, tmp_path: Path, code: Callable[..., str], move: Any
) -> None:
    talker = service()
    store = tmp_path / "store" / "local.db"
    made = _fill(talker, store)
    move(store)
    assert code(talker.post("/connections", json=oracle("ghost"))) == "FLOW-1103-503"
    if move is _rename:
        store.with_name("other.db").rename(store)
    else:
        (tmp_path / "elsewhere").rename(tmp_path / "store")
    assert talker.create("back")
    assert talker.get("/connections?count=true").json() == {"count": len(made) + 1}
    assert talker.get("http+local://embedded/health").status_code == 200


@pytest.mark.parametrize("remove", [_remove_log, _remove_index])
def test_what_a_removed_log_held_is_in_the_store_after_a_restart(
    service: Open, tmp_path: Path, code: Callable[..., str], remove: Any, caplog: Any
) -> None:
    talker = service()
    store = tmp_path / "store" / "local.db"
    made = _fill(talker, store)
    remove(store)
    assert code(talker.get("/connections")) == "FLOW-1103-503"
    assert "has all it held" in caplog.text
    kept = tmp_path / "kept.db"
    # what a process that is killed now leaves
    shutil.copy(store, kept)
    with closing(sqlite3.connect(kept)) as database:
        ids = {
            row[0] for row in database.execute("SELECT id FROM headwater_connections")
        }
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert ids == {reference["id"] for reference in made}


def test_a_store_that_is_compacted_is_no_less_the_same(
    service: Open, tmp_path: Path
) -> None:
    talker = service()
    store = tmp_path / "store" / "local.db"
    made = [talker.create(f"{'x' * 200}{number}") for number in range(300)]
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = store.stat().st_size
    assert talker.read(made[0]["id"])
    for reference in made[1:]:
        talker.send("DELETE", f"/connections/{reference['id']}")
    talker.app.store.compact()
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert store.stat().st_size < before
    assert talker.read(made[0]["id"])
    assert talker.create("after")


def test_looking_costs_a_small_part_of_the_shortest_request(service: Open) -> None:
    store = service().app.store
    began = time.perf_counter()
    for _ in range(10_000):
        store._watch.check()
    # microseconds on any machine; what it is here stands in docs/run-as-a-server.md
    assert (time.perf_counter() - began) / 10_000 < 0.000_5


def test_a_service_with_several_workers_refuses_in_all_of_them_and_none_makes_another(
    served: Any, tmp_path: Path
) -> None:
    store = tmp_path / "store" / "local.db"
    with served(tmp_path, "--workers", "2", store=str(store)) as (process, url):
        made = [_post(url, f"n{number}") for number in range(20)]
        assert {answer.status_code for answer in made} == {201}
        held = _hold(store, tmp_path / "held")
        _remove(store)
        assert {_post(url, "ghost").status_code for _ in range(40)} == {503}
        assert not store.exists()
        for worker in workers_of(process.pid):
            os.kill(worker, signal.SIGKILL)
        time.sleep(2)
        assert not store.exists()
        for path, kept in held.items():
            os.link(kept, path)
        _until_served(url)
        assert _post(url, "after").status_code == 201
        count = requests.get(
            url + re.sub("^[^:]*://[^/]*", "", BASE) + "/connections?count=true",
            headers=HEADERS,
            timeout=30,
        )
        assert count.json() == {"count": 21}


def test_a_disk_that_is_taken_away_takes_its_store_with_it(
    served: Any, tmp_path: Path
) -> None:
    """A key on another disk knows of the store: none is made in the folder that the disk was mounted at."""
    store, settings = tmp_path / "disk" / "local.db", tmp_path / "serve.toml"
    settings.write_text('key_file = "key"')
    options = ("--workers", "2", "--settings", str(settings))
    with disks.mounted(tmp_path / "disk") as disk:
        with served(tmp_path, *options, store=str(store)) as (_process, url):
            assert _post(url, "there").status_code == 201
            disks.take_away(disk)
            assert {_post(url, "ghost").status_code for _ in range(20)} == {503}
            health = requests.get(f"{url}/health", timeout=30)
            assert (health.status_code, health.json()["status"]) == (503, "gone")
            assert [*disk.iterdir()] == []
        with pytest.raises(StoreError, match="its disk is not mounted"):
            Store(Settings(store=str(store), key_file=tmp_path / "key"))
        assert [*disk.iterdir()] == []


def _hold(store: Path, folder: Path) -> dict[Path, Path]:
    """Keep the files of a store under other names, so that their removal can be undone."""
    folder.mkdir()
    held = {path: folder / path.name for path in _files(store)}
    for path, kept in held.items():
        os.link(path, kept)
    return held


def _post(url: str, name: str) -> requests.Response:
    path = re.sub("^[^:]*://[^/]*", "", BASE)
    return requests.post(
        f"{url}{path}/connections", json=oracle(name), headers=HEADERS, timeout=30
    )


def _until_served(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{url}/health", timeout=5).status_code == 200:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise AssertionError("the service did not come back")
