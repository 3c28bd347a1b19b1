"""Grouped commits against the worst: killed processes, full disks, and every order of units there is."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from headwater_local_flow_service import Settings
from headwater_local_flow_service.store.store import Record, Scope, Store
from headwater_local_flow_service.store.storeerrors import StoreUnavailable
from headwater_local_flow_service.store.tables import connections

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FULL = bool(os.environ.get("HEADWATER_TEST_FULL"))
ROUNDS = 20 if FULL else 5
SCOPE = Scope(org="ACME@AdobeOrg", sandbox="prod")

WRITER = """
import os, sys, threading, uuid
from headwater_local_flow_service import Settings
from headwater_local_flow_service.store.store import Record, Scope, Store
from headwater_local_flow_service.store.storeerrors import StoreUnavailable
from headwater_local_flow_service.store.tables import connections

store = Store(Settings(store=sys.argv[1]))
limit = int(sys.argv[2])
if limit:  # bytes of a file, as on a disk that is full
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
over = threading.Event()

def record(id):
    return Record(
        id=id, scope=Scope(org="ACME@AdobeOrg", sandbox="prod"), name="", spec_id="", state="", etag="1",
        created_at=1, updated_at=1, created_by="", updated_by="", document={"filling": "x" * 2000},
    )

def write():
    while not over.is_set():
        id = str(uuid.uuid4())
        try:
            with store.writing() as rows:
                rows.add(connections, record(id))
        except StoreUnavailable:
            over.set()
            return
        os.write(1, f"{id}\\n".encode())  # acknowledged

threads = [threading.Thread(target=write) for _ in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    with store.writing() as rows:  # in the same process, once there is room again
        rows.add(connections, record("with room again"))
    os.write(1, b"with room again\\n")
    store.close()
"""


def _start(path: Path, limit: int = 0) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(limit)], stdout=subprocess.PIPE
    )


def _acknowledged(process: subprocess.Popen[bytes]) -> set[str]:
    assert process.stdout is not None
    with process.stdout as pipe:
        # the last line may have been cut by the kill
        return set(pipe.read().decode().rpartition("\n")[0].split("\n")) - {""}


def _stored(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {
            id for (id,) in database.execute("SELECT id FROM headwater_connections")
        }


def test_what_a_group_acknowledged_survives_kills(tmp_path: Path) -> None:
    """Two processes of sixteen writers each, both killed at a random moment, again and again."""
    path, dice = tmp_path / "a.db", random.Random(20_261_128)
    Store(Settings(store=str(path))).close()
    acknowledged: set[str] = set()
    for _round in range(ROUNDS):
        before = len(_stored(path))
        processes = [_start(path) for _ in range(2)]
        deadline = time.monotonic() + 60
        while len(_stored(path)) == before:
            assert time.monotonic() < deadline, "nobody got on"
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 0.4))
        for process in processes:
            process.send_signal(signal.SIGKILL)
        for process in processes:
            acknowledged |= _acknowledged(process)
            process.wait(30)
        assert acknowledged <= _stored(path)
    assert len(acknowledged) > ROUNDS


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files")
def test_a_full_disk_loses_nothing_and_is_got_over(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    Store(Settings(store=str(path))).close()
    for round in range(ROUNDS):
        limit = 300_000 + sum(
            each.stat().st_size for each in tmp_path.iterdir() if "key" not in each.name
        )
        process = _start(path, limit + round * 1_000)
        acknowledged = _acknowledged(process)
        assert process.wait(60) == 0
        assert "with room again" in acknowledged
        assert len(acknowledged) > 1
        assert acknowledged <= _stored(path)
        with closing(sqlite3.connect(path)) as database:
            database.execute("DELETE FROM headwater_connections")
            database.commit()


# One unit: what it does, to which row, with which etag.
UNITS = st.tuples(
    st.sampled_from(["add", "replace", "remove", "write and fail", "look"]),
    st.sampled_from("abc"),
    st.sampled_from("12"),
)
GROUPS = st.lists(st.lists(UNITS, min_size=1, max_size=8), min_size=1, max_size=5)


class _Failed(Exception):
    pass


def _record(id: str, etag: str) -> Record:
    return Record(
        id=id,
        scope=SCOPE,
        name="",
        spec_id="",
        state="",
        etag=etag,
        created_at=1,
        updated_at=1,
        created_by="",
        updated_by="",
        document={},
    )


def _run(store: Store, unit: tuple[str, str, str]) -> Any:
    """Carry one unit out, and return what its caller learns."""
    what, id, etag = unit
    try:
        with store.writing() as rows:
            if what == "add":
                rows.add(connections, _record(id, etag), ["target"])
            if what == "replace":
                changed = _record(id, "2" if etag == "1" else "1")
                return rows.replace(connections, changed, etag=etag)
            if what == "remove":
                return rows.remove(connections, SCOPE, id)
            if what == "write and fail":
                rows.remove(connections, SCOPE, id)
                raise _Failed
            return sorted(
                (each.id, each.etag) for each in rows.select(connections, SCOPE)
            )
    except (StoreUnavailable, _Failed) as error:
        return type(error).__name__


def _content(store: Store) -> list[tuple[str, str]]:
    with store.reading() as rows:
        return sorted((each.id, each.etag) for each in rows.select(connections, SCOPE))


def _together(
    store: Store, pool: ThreadPoolExecutor, units: list[tuple[str, str, str]]
) -> list[Any]:
    """Run units that wait for the turn in this order, and so in as few groups as there can be."""
    turns = store._committer._turns  # type: ignore[union-attr]
    assert turns.queue_up().wait(60)
    futures = []
    for number, unit in enumerate(units, 1):
        futures.append(pool.submit(_run, store, unit))
        while len(turns._queue) < number:
            time.sleep(0)
    turns.pass_on()
    return [future.result(60) for future in futures]


@pytest.fixture(scope="module", name="stores")
def _stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Store]]:
    folder = tmp_path_factory.mktemp("stores")
    with (
        closing(Store(Settings(store=str(folder / "grouped.db")))) as grouped,
        closing(Store(Settings(store=str(folder / "serial.db")))) as serial,
    ):
        yield grouped, serial


@hypothesis_settings(
    max_examples=400 if FULL else 60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(groups=GROUPS)
def test_units_in_groups_do_what_they_do_one_after_the_other(
    stores: tuple[Store, Store], groups: list[list[tuple[str, str, str]]]
) -> None:
    grouped, serial = stores
    for store in stores:
        with store.writing(alone=True) as rows:
            rows.clear(connections)
            rows.remove_referring(connections, SCOPE, "target")
    with ThreadPoolExecutor(8) as pool:
        for units in groups:
            learnt = _together(grouped, pool, units)
            assert learnt == [_run(serial, unit) for unit in units]
            assert _content(grouped) == _content(serial)


def test_two_processes_take_turns(tmp_path: Path) -> None:
    """While another process writes without a pause, this one gets on, again and again."""
    path = tmp_path / "a.db"
    with closing(Store(Settings(store=str(path)))) as store:
        process = _start(path)
        reader = threading.Thread(target=_acknowledged, args=(process,))
        reader.start()
        try:
            before = len(_stored(path))
            deadline = time.monotonic() + 60
            while len(_stored(path)) == before:
                assert time.monotonic() < deadline
            for number in range(50):
                assert _run(store, ("look", "a", "1")) is not None
                _alone(store, number)
        finally:
            process.kill()
            process.wait(30)
            reader.join(30)
    assert len(_stored(path)) > 50


def _alone(store: Store, number: int) -> None:
    with store.writing() as rows:
        rows.add(connections, _record(f"{number}", "1"))
