"""Where a store is and how it is reached: path or URL to an engine, with SQLite told to be durable."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from headwater.foreign import raise_bare
from headwater_local_flow_service.store import postgresql
from headwater_local_flow_service.store.storeerrors import StoreError

if TYPE_CHECKING:
    from headwater_local_flow_service.settings import Settings

WRITES = {"headwater_writes": True}  # execution option of the engine that writes

_CONNECTIONS: Final = 10  # that are kept open; as many more for a moment

_NAMING = "give a path or postgresql://HOST/DATABASE"


def check_system() -> None:
    """Raise `StoreError` on Windows: file modes, which keep the store and its key private, mean nothing there."""
    if sys.platform == "win32":
        raise StoreError(
            "the embedded Flow Service does not run on Windows",
            remedy="run it on Linux or macOS, or say where else to send with `headwater profiles add`",
        )


def url_of(store: str) -> URL:
    """Read a path or an SQLAlchemy URL. Raises `StoreError` for anything but an SQLite file or PostgreSQL."""
    if not store.strip():
        raise StoreError(
            "the name of the local store is empty",
            remedy="set HEADWATER_LOCAL_STORE to a path",
        )
    if "://" not in store:
        return URL.create("sqlite", database=str(Path(store).expanduser().absolute()))
    url = _parse_url(store)
    backend = url.get_backend_name()
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return url.set(database=str(Path(url.database).absolute()))
    if url.drivername == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if backend == "postgresql":
        return url
    raise StoreError(
        "the local store must be a file (SQLite) or a PostgreSQL database",
        remedy=_NAMING,
    )


def _parse_url(store: str) -> URL:
    try:
        return make_url(store)
    except (ArgumentError, ValueError):  # which may quote a password
        raise_bare(
            StoreError("the URL of the local store cannot be read", remedy=_NAMING)
        )


def label(url: URL) -> str:
    """Name the store for people: its path, or its URL with the password hidden."""
    if is_file(url):
        return str(url.database)
    return url.render_as_string(hide_password=True)


def is_file(url: URL) -> bool:
    """Say whether the store is an SQLite file."""
    return url.get_backend_name() == "sqlite"


def key_file(url: URL) -> Path:
    """Return where the key is kept by default: beside a file, in the user's data directory for a server."""
    if is_file(url):
        return Path(f"{url.database}.key")
    import platformdirs

    server = url.set(password=None).render_as_string()
    name = hashlib.sha256(server.encode()).hexdigest()[:16]
    return platformdirs.user_data_path("headwater") / f"{name}.key"


def uri_of(path: str) -> str:
    """Return the URI under which SQLite opens a file and never makes one."""
    return f"{Path(path).as_uri()}?mode=rw"


def engine_of(url: URL, settings: Settings) -> Engine:
    """Return an engine that begins every transaction explicitly and never prints a parameter.

    Nobody waits without an end for one of its connections, a lock or an answer.
    """
    try:
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=not is_file(url),
            pool_size=_CONNECTIONS,
            pool_timeout=settings.busy_timeout,
        )
    except (NoSuchModuleError, ImportError):
        raise_bare(
            StoreError(
                "the database driver is not installed",
                remedy="install headwater-local-flow-service[postgresql]",
            )
        )
    if is_file(url):
        _make_durable(engine, settings.busy_timeout)
    else:
        postgresql.bound(engine, settings)
    return engine


def _make_durable(engine: Engine, busy_timeout: float) -> None:
    @event.listens_for(engine, "do_connect")
    def _never_make(
        _dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]
    ) -> None:
        # By its path alone, SQLite would make an empty database where the store was removed.
        arguments[0] = uri_of(arguments[0])
        options["uri"] = True

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {int(busy_timeout * 1000)}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and writes later could fail at its first write; one that will write waits here.
        # Who only reads needs none: every statement sees the store as it is at one moment.
        if connection.get_execution_options().get("headwater_writes"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
