"""A server that is locked, stopped, frozen or unreachable: 503 with Retry-After in time, and all is well afterwards.

`BOUND` is what docs/run-as-a-server.md promises with the settings used here, and some seconds for a busy machine.
"""

from __future__ import annotations

import base64
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import requests
import servers
from talking import HEADERS

from headwater.secret import Secret
from headwater_local_flow_service import Settings, StoreBusy, build_app
from headwater_local_flow_service.store import schema
from headwater_local_flow_service.store.store import Scope, _lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from talking import Talker

psycopg = pytest.importorskip("psycopg")

TIMEOUTS: dict[str, Any] = {"busy_timeout": 1.0, "statement_timeout": 1.0}
BOUND = 1.0 + 2.0 + 3.0 + 6  # turn, silence, connecting, and the machine
UUID = "0c3f4d0a-9a53-4f5c-8e2b-6b1c2e640c3f"
MANY = 12


@pytest.fixture(scope="module", name="server")
def _server() -> Iterator[servers.Server]:
    with servers.server() as running:
        yield running


@pytest.fixture(name="talker")
def _talker(service: Callable[..., Talker], server: servers.Server) -> Talker:
    return service(store=server.url, key=KEY, **TIMEOUTS)


KEY = Secret(base64.b64encode(os.urandom(32)).decode())


@contextmanager
def held(server: servers.Server, statement: str, *values: Any) -> Iterator[None]:
    """Let somebody else carry out a statement, and keep what it locks while the block runs."""
    with psycopg.connect(server.url) as other:
        other.execute(statement, values)
        yield
        other.rollback()


def refused_in_time(ask: Callable[[], Any]) -> None:
    """See that the answer is the refusal for a store that does not answer, within the bound."""
    began = time.monotonic()
    answer = ask()
    assert answer.status_code == 503, answer.text
    assert answer.headers["Retry-After"] == "1"
    assert time.monotonic() - began < BOUND


def others_answer(talker: Talker) -> None:
    """See that what needs no store is answered, and does not wait for who needs it."""
    began = time.monotonic()
    assert talker.get("/connections/nonsense").status_code == 404
    assert talker.post("/connections", data=b"{").status_code == 400
    assert talker.like(Authorization="").get("/connections").status_code == 403
    assert time.monotonic() - began < 1.0


def works_again(talker: Talker) -> None:
    """See that the service recovers by itself, soon."""
    deadline = time.monotonic() + 20
    while talker.get("/connections?limit=1").status_code != 200:
        assert time.monotonic() < deadline, "it does not recover"
        time.sleep(0.1)
    assert talker.create("after")


def test_a_locked_table(talker: Talker, server: servers.Server, oracle: Any) -> None:
    made = talker.create()
    with held(server, "LOCK TABLE headwater_connections IN ACCESS EXCLUSIVE MODE"):
        refused_in_time(lambda: talker.get(f"/connections/{made['id']}"))
        refused_in_time(lambda: talker.get("/connections"))
        refused_in_time(lambda: talker.post("/connections", json=oracle()))
        others_answer(talker)
        assert talker.get("/flows").status_code == 200
    works_again(talker)


def test_a_locked_row(talker: Talker, server: servers.Server) -> None:
    made = talker.create()
    change = {"op": "replace", "path": "/name", "value": "x"}
    with held(server, "SELECT 1 FROM headwater_connections FOR UPDATE"):
        refused_in_time(lambda: talker.patch(made["id"], made["etag"], change))
        assert talker.read(made["id"])["name"] == "desk"
    assert talker.patch(made["id"], made["etag"], change).status_code == 200


def test_a_held_turn_of_a_sandbox(talker: Talker, server: servers.Server) -> None:
    made = talker.create()
    scope = Scope(org="ACME@AdobeOrg", sandbox="prod")
    with held(server, "SELECT pg_advisory_xact_lock(%s)", _lock(scope)):
        refused_in_time(lambda: talker.send("DELETE", f"/connections/{made['id']}"))
        assert talker.read(made["id"])["name"] == "desk"
        assert talker.like(x_sandbox_name="dev").create()
    assert talker.send("DELETE", f"/connections/{made['id']}").status_code == 204


def test_a_held_lock_of_those_who_make_a_store(server: servers.Server) -> None:
    settings = Settings(store=server.url, key=KEY, **TIMEOUTS)
    build_app(settings).close()
    with held(server, "SELECT pg_advisory_xact_lock(%s)", schema._LOCK):
        began = time.monotonic()
        with pytest.raises(StoreBusy, match="locked by another program"):
            build_app(settings)
        assert time.monotonic() - began < BOUND
    build_app(settings).close()


def test_a_statement_without_an_end(talker: Talker) -> None:
    began = time.monotonic()
    with (
        pytest.raises(Exception, match="QueryCanceled"),
        talker.app.store.reading() as rows,
    ):
        rows._connection.exec_driver_sql("SELECT pg_sleep(60)")
    assert time.monotonic() - began < BOUND
    with talker.app.store.writing(alone=True) as rows:
        # what is to take long may
        rows._connection.exec_driver_sql("SELECT pg_sleep(1.5)")
    works_again(talker)


def test_what_the_url_says_about_timeouts_counts(server: servers.Server) -> None:
    url = f"{server.url}?options=-cstatement_timeout%3D7s"
    with (
        closing(build_app(Settings(store=url, key=KEY))) as app,
        app.store.reading() as rows,
    ):
        shown = rows._connection.exec_driver_sql("SHOW statement_timeout")
        assert shown.scalar_one() == "7s"
        shown = rows._connection.exec_driver_sql("SHOW lock_timeout")
        assert shown.scalar_one() == "1s"


def test_a_stopped_server(talker: Talker, server: servers.Server) -> None:
    talker.create()
    server.stop()
    try:
        for _ in range(3):
            refused_in_time(lambda: talker.get("/connections"))
            others_answer(talker)
    finally:
        server.start()
    works_again(talker)


def test_a_frozen_server(talker: Talker, server: servers.Server) -> None:
    talker.create()
    server.freeze()
    try:
        _all_are_refused_in_time(talker)
    finally:
        server.thaw()
    works_again(talker)


def test_a_line_that_hands_nothing_on(
    service: Callable[..., Talker], server: servers.Server
) -> None:
    with closing(servers.Line(server.port)) as line:
        talker = service(store=server.url_at(line.port), key=KEY, **TIMEOUTS)
        talker.create()
        line.freeze()
        _all_are_refused_in_time(talker)
        line.thaw()
        works_again(talker)


def _all_are_refused_in_time(talker: Talker) -> None:
    """Let many ask at once: those who find out wait, the others are told at once."""
    with ThreadPoolExecutor(MANY) as pool:
        asked = [
            pool.submit(refused_in_time, lambda: talker.get(f"/connections/{UUID}"))
            for _ in range(MANY)
        ]
        others_answer(talker)
        for each in asked:
            each.result()
    began = time.monotonic()
    statuses = [talker.get("/connections").status_code for _ in range(20)]
    assert set(statuses) == {503}
    # one of them may have looked whether the server is back
    assert time.monotonic() - began < BOUND
    others_answer(talker)


@contextmanager
def stopped(server: servers.Server) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextmanager
def frozen(server: servers.Server) -> Iterator[None]:
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


def locked(server: servers.Server) -> AbstractContextManager[None]:
    return held(server, "LOCK TABLE headwater_connections IN ACCESS EXCLUSIVE MODE")


@pytest.mark.parametrize("outage", [locked, stopped, frozen])
def test_a_served_service_refuses_in_time_and_recovers(
    served: Any,
    oracle: Any,
    server: servers.Server,
    tmp_path: Path,
    outage: Callable[[servers.Server], AbstractContextManager[None]],
) -> None:
    """Twelve clients who need the store, on one worker, while somebody else asks what needs none."""
    settings = tmp_path / "serve.toml"
    settings.write_text("busy_timeout = 1\nstatement_timeout = 1\n")
    options = ("--settings", str(settings))
    variables = {"store": server.url, "HEADWATER_LOCAL_KEY": KEY.reveal()}
    with served(tmp_path, *options, **variables) as (_process, root):
        url = f"{root}/data/foundation/flowservice/connections"

        def ask(client: int) -> requests.Response:
            if client % 2:
                return requests.get(url, headers=HEADERS, timeout=60)
            return requests.post(url, json=oracle(), headers=HEADERS, timeout=60)

        assert ask(0).status_code == 201
        with outage(server), ThreadPoolExecutor(MANY) as pool:
            asked = [
                pool.submit(refused_in_time, partial(ask, client))
                for client in range(MANY)
            ]
            while not all(each.done() for each in asked):
                began = time.monotonic()
                answer = requests.get(f"{url}/x", headers=HEADERS, timeout=60)
                assert answer.status_code == 404
                assert time.monotonic() - began < BOUND
            for each in asked:
                each.result()
        deadline = time.monotonic() + 20
        while ask(1).status_code != 200:
            assert time.monotonic() < deadline, "it does not recover"
            time.sleep(0.1)
        assert ask(0).status_code == 201
