"""A service in the process, and somebody who talks to it."""

from __future__ import annotations

import base64
import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import attrs
import pytest
import requests
from dataflows import source_body, target_body
from talking import HEADERS, Talker, code, oracle

from headwater.secret import Secret
from headwater_local_flow_service import LocalAdapter, Settings, build_app
from headwater_local_flow_service.archive import resetting
from headwater_local_flow_service.store import etags
from headwater_local_flow_service.store.store import Record, Scope, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from headwater.connectors.connector import Connector

PROGRAM = "from headwater_local_flow_service.commands import serve; serve()"
SERVER = "postgresql://postgres@127.0.0.1:5432/test"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what resources promise on both databases; the other tests look into files, or do not touch a store."""
    if "service" in metafunc.fixturenames and _on_both(metafunc.definition.path):
        metafunc.parametrize("service", ["sqlite", "postgresql"], indirect=True)


def _on_both(path: Path) -> bool:
    if path.name in ("test_promoter.py", "test_access.py"):
        return True
    return path.parent.name in (
        "connections",
        "flows",
        "kernel",
        "listing",
        "neighbours",
        "specs",
    )


@pytest.fixture(scope="session")
def postgresql() -> Iterator[tuple[dict[str, Any], Store]]:
    """Return a store on PostgreSQL, in a schema of its own, and its settings. Skips where no server answers.

    It is kept open to be emptied before each test, and the server need not wait for its disk: no test stops a server.
    """
    with (
        schema(" -csynchronous_commit=off") as settings,
        closing(Store(Settings(**settings))) as store,
    ):
        yield settings, store


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a store in which nothing is, made once: making its tables takes longer than most tests."""
    folder = tmp_path_factory.mktemp("empty")
    Store(Settings(store=str(folder / "local.db"))).close()
    return folder


@pytest.fixture
def own_schema() -> Iterator[dict[str, Any]]:
    """Return the settings of a store on PostgreSQL that nobody else uses. Skips where no server answers."""
    with schema() as settings:
        yield settings


@contextmanager
def schema(options: str = "") -> Iterator[dict[str, Any]]:
    """Make a schema for one store, and remove it afterwards; its connections are opened with these options."""
    psycopg = pytest.importorskip("psycopg")
    try:
        connection = psycopg.connect(SERVER, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL server answers on 127.0.0.1:5432")
    name = f"headwater_{uuid.uuid4().hex[:12]}"
    with connection:
        connection.execute(f"CREATE SCHEMA {name}")
        try:
            key = Secret(base64.b64encode(os.urandom(32)).decode())
            yield {
                "store": f"{SERVER}?options={quote(f'-csearch_path={name}{options}')}",
                "key": key,
            }
        finally:
            connection.execute(f"DROP SCHEMA {name} CASCADE")


def _place(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """Return the settings of an empty store: a file of the test's own, or the session's schema."""
    if getattr(request, "param", "sqlite") == "sqlite":
        shutil.copytree(request.getfixturevalue("empty_store"), tmp_path / "store")
        return {"store": str(tmp_path / "store" / "local.db")}
    settings: dict[str, Any]
    settings, store = request.getfixturevalue("postgresql")
    resetting.run(store)
    return settings


@pytest.fixture
def service(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[..., Talker]]:
    """Return a function that opens a service; settings are those of `Settings`, the store empty at first."""
    opened: list[Talker] = []
    place = _place(request, tmp_path)

    def open_one(connectors: Iterable[Connector] | None = None, **given: Any) -> Talker:
        app = build_app(
            Settings(**(place if "store" not in given else {}) | given), connectors
        )
        session = requests.Session()
        session.trust_env = False  # it would look for a proxy with every request
        session.mount("http+local://", LocalAdapter(app=app))
        opened.append(Talker(session, app, dict(HEADERS)))
        return opened[-1]

    yield open_one
    for talker in opened:
        talker.session.close()
        talker.app.close()


@pytest.fixture(scope="session")
def served() -> Callable[
    ..., AbstractContextManager[tuple[subprocess.Popen[str], str]]
]:
    """Return a context manager that runs the command and gives the process and the URL it names."""
    return _served


@contextmanager
def _served(
    tmp_path: Path,
    *options: str,
    store: str = "",
    shown: str = "127.0.0.1",
    program: str = PROGRAM,
    **variables: str,
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command in a process group of its own; yield it and the URL it names."""
    store = store or str(tmp_path / "store" / "local.db")
    with (tmp_path / "stderr").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", program, "--port", "0", "--store", store, *options],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | variables,
            start_new_session=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(
            rf"listening on (http://{re.escape(shown)}:\d+) \(store (.*)\)\n", line
        )
        assert found, (line, (tmp_path / "stderr").read_text())
        assert found[2] in (store, store.replace("postgresql:", "postgresql+psycopg:"))
        yield process, found[1]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)


@pytest.fixture(name="code")
def _code() -> Callable[[requests.Response], str]:
    return code


@pytest.fixture(name="oracle")
def _oracle() -> Callable[..., dict[str, Any]]:
    return oracle


def stored(
    talker: Any, table: Any, *refers_to: str, state: str = "enabled", **facts: Any
) -> str:
    """Store a row as its own resource would, and return its id."""
    record = Record(
        id=str(uuid.uuid4()),
        scope=Scope(org="ACME@AdobeOrg", sandbox="prod"),
        name="",
        spec_id="",
        state=state,
        etag=etags.first(1),
        created_at=1,
        updated_at=1,
        created_by="key",
        updated_by="key",
        document={},
    )
    record = attrs.evolve(record, **facts)
    with talker.app.store.writing(record.scope) as rows:
        rows.add(table, record, refers_to)
    return record.id


@pytest.fixture(name="source_body")
def _source_body() -> Callable[..., dict[str, Any]]:
    return source_body


@pytest.fixture(name="target_body")
def _target_body() -> Callable[..., dict[str, Any]]:
    return target_body


@pytest.fixture(name="stored")
def _stored() -> Callable[..., str]:
    return stored
