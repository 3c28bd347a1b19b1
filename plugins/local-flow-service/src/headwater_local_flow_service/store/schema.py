"""Opening a store: made on first use, recognised afterwards, refused with the remedy where it is not usable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError

from headwater_local_flow_service.store import database, tables, vault
from headwater_local_flow_service.store.storeerrors import StoreBusy, StoreError
from headwater_local_flow_service.store.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL, Engine

    from headwater_local_flow_service.settings import Settings

_LOCK = 0x4EAD4A7E  # PostgreSQL advisory lock: two processes making one store wait for each other


def unlock(engine: Engine, url: URL, settings: Settings) -> Vault:
    """Make the store, check it or bring it up to this version, and return the vault that opens its secrets.

    Raises `StoreError` where the store is damaged, foreign, newer than this version or its key is missing or wrong,
    and `StoreBusy` where it is locked or does not answer.
    """
    failure: Exception | None = None
    try:
        with engine.execution_options(**database.WRITES).begin() as connection:
            return _settled(connection, url, settings)
    except (DatabaseError, InterfaceError) as error:
        failure = _explained(error, url)
    raise failure


def _settled(connection: Connection, url: URL, settings: Settings) -> Vault:
    if not database.is_file(url):
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if inspect(connection).has_table(tables.facts.name):
        return _checked(connection, url, settings)
    if database.is_file(url) and inspect(connection).get_table_names():
        raise StoreError(
            f"{database.label(url)} is a database of another program",
            remedy="name another path with HEADWATER_LOCAL_STORE or --store",
        )
    made = Vault(_key(url, settings, new=True))
    tables.metadata.create_all(connection)
    facts = {"schema": str(tables.VERSION), "key": made.check_value}
    connection.execute(
        tables.facts.insert(),
        [{"name": name, "value": value} for name, value in facts.items()],
    )
    return made


def _checked(connection: Connection, url: URL, settings: Settings) -> Vault:
    facts = {row.name: row.value for row in connection.execute(select(tables.facts))}
    found = facts.get("schema", "")
    if not found.isdecimal() or int(found) == 0:
        raise StoreError(
            f"the store {database.label(url)} does not say its version", remedy=_RESTORE
        )
    if int(found) > tables.VERSION:
        raise StoreError(
            f"the store {database.label(url)} was made by a newer version (schema {found}, known {tables.VERSION})",
            remedy="upgrade headwater-local-flow-service, or name another store",
        )
    opened = Vault(_key(url, settings, new=False))
    if opened.check_value != facts.get("key"):
        raise StoreError(
            f"the key does not belong to the store {database.label(url)}",
            remedy="restore the key it was made with; without it the stored credentials cannot be read",
        )
    if int(found) < tables.VERSION:
        from headwater_local_flow_service.store import migrations

        migrations.run(connection, int(found), database.label(url))
    return opened


def _key(url: URL, settings: Settings, *, new: bool) -> bytes:
    if settings.key is not None:
        return vault.key_from(settings.key)
    path = settings.key_file or database.key_file(url)
    key = vault.read_key(path)
    if key is None and not new:
        raise StoreError(
            f"the store {database.label(url)} exists, but its key {path} does not",
            remedy="restore the key file or set HEADWATER_LOCAL_KEY; without it the stored credentials cannot be read",
        )
    return key if key is not None else vault.make_key(path)


_RESTORE = "restore it from a backup, or move it away to start with an empty one"


def _explained(error: Exception, url: URL) -> Exception:
    """Say what a database's own error means for the caller; its text stays behind, it can hold anything."""
    name = database.label(url)
    said = str(getattr(error, "orig", "")).lower()
    for words, problem, remedy in _PROBLEMS:
        if any(word in said for word in words):
            return StoreError(problem.format(name), remedy=remedy)
    if "locked" in said or "busy" in said:
        return StoreBusy(
            f"the store {name} is locked by another program",
            remedy="let it finish, then run again",
        )
    if isinstance(error, (OperationalError, InterfaceError)):
        return StoreBusy(
            f"the store {name} does not answer",
            remedy="see that the database is up, then run again",
        )
    return StoreError(
        f"the store {name} cannot be used ({type(error).__name__})", remedy=_RESTORE
    )


# What the databases say, what it means, and what to do.
_PROBLEMS = (
    (
        ("not a database",),
        "{} is not a local store (not a database)",
        "name another path with HEADWATER_LOCAL_STORE or --store",
    ),
    (("malformed", "disk image"), "the store {} is damaged", _RESTORE),
    (
        ("readonly", "read-only", "unable to open", "permission"),
        "the store {} cannot be written",
        "make the file and its folder writable",
    ),
    (
        ("is full", "no space"),
        "there is no room for the store {}",
        "make room on its disk, then run again",
    ),
)


def key_path(settings: Settings) -> Path | None:
    """Return where the key of these settings is kept, or None when it comes from the environment."""
    if settings.key is not None:
        return None
    return settings.key_file or database.key_file(database.url_of(settings.store))
