"""Workers are killed again and again under eight writers: what was acknowledged is there, and nothing twice."""

from __future__ import annotations

import base64
import os
import random
import shutil
import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import attrs
import disks
import pytest
import requests
import servers
from processes import workers_of
from sqlalchemy import create_engine, text
from talking import HEADERS, oracle

from headwater import Endpoint, FlowService, Secret, create_connection
from headwater.errors import OutcomeUnknown, ServiceError, Unreachable
from headwater_local_flow_service import Settings, build_app
from headwater_local_flow_service.store import database

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

FULL = bool(os.environ.get("HEADWATER_TEST_FULL"))
ROUNDS = 20 if FULL else 3
WRITERS = 8
CREDENTIALS = {
    "host": "acme.custhelp.com",
    "username": "integration",
    "password": "correct-horse-battery",
}
SEED = 20_261_123
KEY = base64.b64encode(bytes(range(32))).decode()

Served = Any
Strike = Callable[["subprocess.Popen[str]", random.Random, str], None]

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="finds the worker processes in /proc"
)


@attrs.define
class Writers:
    """Eight clients that create connections with names of their own until they are stopped."""

    url: str
    acknowledged: dict[str, str] = attrs.Factory(dict)  # name -> id
    tried: set[str] = attrs.Factory(set)
    failures: list[BaseException] = attrs.Factory(list)
    over: threading.Event = attrs.Factory(threading.Event)
    threads: list[threading.Thread] = attrs.Factory(list)

    def start(self) -> None:
        self.threads = [
            threading.Thread(target=self._run, args=(number,))
            for number in range(WRITERS)
        ]
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(timeout=120)

    def _run(self, number: int) -> None:
        try:
            with FlowService(_endpoint(self.url, number)) as service:
                count = 0
                while not self.over.is_set():
                    self._create(service, f"w{number}-{count}")
                    count += 1
        except BaseException as error:  # told to the test, which fails
            self.failures.append(error)

    def _create(self, service: FlowService, name: str) -> None:
        """Create one connection as a careful caller does: after an unknown outcome, once more with ``reuse``."""
        self.tried.add(name)
        if_exists = "fail"
        while not (self.over.is_set() and if_exists == "reuse"):
            try:
                made = create_connection(
                    "oracle-service-cloud",
                    name=name,
                    credentials=CREDENTIALS,
                    service=service,
                    if_exists=if_exists,
                    settle=2,
                )
            except (OutcomeUnknown, Unreachable, ServiceError):
                if_exists = "reuse"
                continue
            self.acknowledged[name] = made.id
            return


def _endpoint(url: str, number: int) -> Endpoint:
    return Endpoint(
        url=url,
        org_id=f"WRITER{number % 4}@AdobeOrg",
        api_key="me",
        access_token=Secret("any"),
        sandbox="prod",
        list_lag=0.0,  # the embedded service's lists are never behind
    )


def _kill(process: subprocess.Popen[str], dice: random.Random, _url: str) -> None:
    """Kill one worker or all of them, at a random moment."""
    time.sleep(dice.uniform(0.05, 0.6))
    workers = workers_of(process.pid)
    for worker in (
        workers if dice.random() < 0.5 else dice.sample(workers, k=min(1, len(workers)))
    ):
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)


def _comes_back(process: subprocess.Popen[str], url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(requests.RequestException):
            if requests.get(f"{url}/health", timeout=5).status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError("the service did not come back")


def _stored(store: str) -> list[tuple[str, str]]:
    """Return name and id of every row, read from the database itself."""
    engine = create_engine(database.url_of(store))
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT name, id FROM headwater_connections WHERE org LIKE 'WRITER%'")
        ).all()
        if database.is_file(database.url_of(store)):
            assert (
                connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
            )
    engine.dispose()
    return [(row.name, row.id) for row in rows]


def _survives(
    served: Served,
    tmp_path: Path,
    store: str,
    strike: Strike = _kill,
    *options: str,
    rounds: int = ROUNDS,
    **variables: str,
) -> None:
    dice = random.Random(SEED)
    with served(tmp_path, "--workers", "2", *options, store=store, **variables) as (
        process,
        url,
    ):
        writers = Writers(url)
        writers.start()
        try:
            for _ in range(rounds):
                before = len(writers.acknowledged)
                strike(process, dice, url)
                _comes_back(process, url)
                _until_more(writers, before)
        finally:
            writers.stop()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    assert writers.failures == []
    stored = _stored(store)
    assert [
        name
        for name, count in Counter(name for name, _id in stored).items()
        if count > 1
    ] == []
    assert {
        name: id for name, id in stored if name in writers.acknowledged
    } == writers.acknowledged
    assert {name for name, _id in stored} <= writers.tried
    assert len(writers.acknowledged) >= rounds * WRITERS


def _until_more(writers: Writers, before: int) -> None:
    """Wait until each writer can have got on: a round in which nothing was written proves nothing."""
    deadline = time.monotonic() + 60
    while len(writers.acknowledged) < before + WRITERS and not writers.failures:
        assert time.monotonic() < deadline, "nobody got on"
        time.sleep(0.02)


def test_what_was_acknowledged_survives_kills_on_sqlite(
    served: Served, tmp_path: Path
) -> None:
    store = str(tmp_path / "store" / "local.db")
    _survives(served, tmp_path, store)
    build_app(Settings(store=store)).close()


def test_what_was_acknowledged_survives_kills_on_postgresql(
    served: Served, tmp_path: Path, own_schema: Any
) -> None:
    _survives(
        served,
        tmp_path,
        own_schema["store"],
        HEADWATER_LOCAL_KEY=own_schema["key"].reveal(),
    )
    build_app(Settings(**own_schema)).close()


def _ask(url: str, method: str, path: str = "/connections", **rest: Any) -> Any:
    """Ask as somebody whom the writers do not know."""
    headers = HEADERS | {"x-gw-ims-org-id": "WATCHER@AdobeOrg"}
    url += f"/data/foundation/flowservice{path}"
    return requests.request(method, url, headers=headers, timeout=60, **rest)


def _refused(url: str, reason: str) -> None:
    """Create connections until one is refused for a reason."""
    deadline = time.monotonic() + 60
    answer = None
    while answer is None or answer.status_code == 201:
        assert time.monotonic() < deadline, "nothing was refused"
        answer = _ask(url, "POST", json=oracle("x" * 200, description="x" * 100_000))
    assert answer.status_code == 503
    assert reason in answer.json()["errorMessage"], answer.text
    assert answer.headers["Retry-After"]


def test_what_was_acknowledged_survives_a_full_disk(
    served: Served, tmp_path: Path
) -> None:
    """Each time until writes are refused for it; reads go on, and writes as soon as there is room."""

    def fill(_process: Any, dice: random.Random, url: str) -> None:
        time.sleep(dice.uniform(0.05, 0.6))
        filling = disks.fill(disk)
        try:
            _refused(url, "no room")
            assert _ask(url, "GET").status_code == 200
            assert requests.get(f"{url}/health", timeout=30).status_code == 200
            time.sleep(dice.uniform(0, 0.5))
        finally:
            filling.unlink()

    with disks.mounted(tmp_path / "disk") as disk:
        store = str(disk / "local.db")
        _survives(served, tmp_path, store, fill)
        build_app(Settings(store=store)).close()


def _move_folder(store: Path, aside: Path, _dice: random.Random) -> Callable[[], Any]:
    store.parent.rename(aside)
    return lambda: aside.rename(store.parent)


def _remove_files(store: Path, aside: Path, dice: random.Random) -> Callable[[], Any]:
    """Remove the files one by one, in any order; what was in them is kept under other names."""
    aside.mkdir()
    files = [
        path for path in store.parent.iterdir() if path.name.startswith(store.name)
    ]
    for path in files:
        os.link(path, aside / path.name)
    dice.shuffle(files)
    for path in files:
        path.unlink()

    def put_back() -> None:
        for path in sorted(files, reverse=True):  # the database comes last
            os.link(aside / path.name, path)
        shutil.rmtree(aside)

    return put_back


def test_what_was_acknowledged_survives_a_store_that_is_removed(
    served: Served, tmp_path: Path
) -> None:
    """Each time until writes are refused for it; nothing is made in its place, and all goes on when it is back."""
    store = tmp_path / "store" / "local.db"

    def remove(process: Any, dice: random.Random, url: str) -> None:
        time.sleep(dice.uniform(0.05, 0.6))
        take = dice.choice((_move_folder, _remove_files))
        put_back = take(store, tmp_path / "aside", dice)
        try:
            _refused(url, "the store is gone")
            assert _ask(url, "GET").status_code == 503
            told = requests.get(f"{url}/health", timeout=30)
            assert (told.status_code, told.json()["status"]) == (503, "gone")
            time.sleep(dice.uniform(0, 0.5))
            assert not store.exists()
            assert process.poll() is None
        finally:
            put_back()

    _survives(served, tmp_path, str(store), remove)
    build_app(Settings(store=str(store))).close()


@pytest.fixture(scope="module", name="server")
def _server() -> Iterator[servers.Server]:
    pytest.importorskip("psycopg")
    with servers.server() as running:
        yield running


def test_what_was_acknowledged_survives_a_server_that_is_stopped(
    served: Served, tmp_path: Path, server: servers.Server
) -> None:
    def stop(_process: Any, dice: random.Random, _url: str) -> None:
        time.sleep(dice.uniform(0.05, 0.6))
        server.stop()
        time.sleep(dice.uniform(0, 0.5))
        server.start()

    _survives(served, tmp_path, server.url, stop, HEADWATER_LOCAL_KEY=KEY)


def test_workers_that_are_replaced_while_the_server_is_away_wait_for_it(
    served: Served, tmp_path: Path, server: servers.Server
) -> None:
    """They can not open the store, and are started anew; that must not be the end of the service."""
    with served(
        tmp_path, "--workers", "2", store=server.url, HEADWATER_LOCAL_KEY=KEY
    ) as (process, url):
        _comes_back(process, url)
        server.stop()
        try:
            for worker in workers_of(process.pid):
                os.kill(worker, signal.SIGKILL)
            time.sleep(4)
            assert process.poll() is None
        finally:
            server.start()
        _comes_back(process, url)
        server.stop()
        try:
            for worker in workers_of(process.pid):
                os.kill(worker, signal.SIGKILL)
            time.sleep(2)
            # nobody who wants it to stop waits for the store either
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=40) is not None
        finally:
            server.start()


def test_what_was_acknowledged_survives_a_server_that_is_frozen(
    served: Served, tmp_path: Path, server: servers.Server
) -> None:
    """For so long that some of it is given up, or for a moment."""

    def freeze(_process: Any, dice: random.Random, _url: str) -> None:
        time.sleep(dice.uniform(0.05, 0.6))
        server.freeze()
        try:
            time.sleep(dice.choice((0.2, 2.5, 4.0)))
        finally:
            server.thaw()

    settings = tmp_path / "serve.toml"
    settings.write_text("busy_timeout = 1\nstatement_timeout = 1\n")
    with psycopg_connection(server) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    _survives(
        served,
        tmp_path,
        server.url,
        freeze,
        "--settings",
        str(settings),
        rounds=ROUNDS if FULL else 1,  # each takes as long as writers wait
        HEADWATER_LOCAL_KEY=KEY,
    )


def psycopg_connection(server: servers.Server) -> Any:
    import psycopg

    return psycopg.connect(server.url, autocommit=True)


def test_the_store_is_told_to_be_durable(tmp_path: Path) -> None:
    """The switches that a power cut is about; a process that is killed alone would not show them."""
    app = build_app(Settings(store=str(tmp_path / "a.db")))
    with app.store.reading() as rows:
        raw = rows._connection
        assert raw.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert raw.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2  # FULL
    other = sqlite3.connect(tmp_path / "a.db", timeout=0)
    with (
        closing(other),
        app.store.writing(),
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        # the writer has held the lock since its first moment
        other.execute("BEGIN IMMEDIATE")
    app.close()
