"""Opening a store: made on first use, recognised afterwards, refused with the remedy where it is not usable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError

from headwater.foreign import raise_bare
from headwater_local_flow_service.store import (
    database,
    identity,
    keys,
    placing,
    postgresql,
    register,
    tables,
)
from headwater_local_flow_service.store.keys import Keys
from headwater_local_flow_service.store.storeerrors import StoreBusy, StoreError
from headwater_local_flow_service.store.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL, Engine

    from headwater_local_flow_service.settings import Settings

_LOCK = 0x4EAD4A7E  # PostgreSQL advisory lock: two processes making one store wait for each other


@attrs.frozen
class Unlocked:
    """What is known of a store once it is open."""

    vault: Vault
    id: str


def unlock(engine: Engine, url: URL, settings: Settings) -> Unlocked:
    """Make the store, check it or bring it up to this version; return its id and the vault that opens its secrets.

    Raises `StoreError` where the store is damaged, foreign, lost, newer than this version or its key is missing or
    wrong, and `StoreBusy` where it is locked or does not answer.
    """
    made: list[Path] = []
    try:
        with engine.execution_options(**database.WRITES).begin() as connection:
            opened = _open_or_make(connection, url, settings, made)
            id = identity.ensure_id(connection)
            _check_expected(id, url, settings)
    except BaseException as error:
        _withdraw_keys(made, url)
        if isinstance(error, (DatabaseError, InterfaceError)):
            raise_bare(_explain(error, url))
        raise
    _remember(url, settings, id)
    return Unlocked(opened, id)


def _withdraw_keys(made: list[Path], url: URL) -> None:
    """Take a new key back where its store could not be made: a key without a store tells of a lost one."""
    # What a server has done when its connection breaks is not known.
    if database.is_file(url):
        for path in made:
            path.unlink(missing_ok=True)


def _check_expected(id: str, url: URL, settings: Settings) -> None:
    if settings.store_id not in (None, id):
        raise StoreError(
            f"{database.label(url)} holds another store than the one that was served",
            remedy=_REPLACED,
        )


def refuse_to_replace(url: URL, settings: Settings) -> None:
    """Raise `StoreError` where a store is to be made though there was one: its key is there, or it is being served."""
    if settings.store_id is not None:
        raise StoreError(
            f"the store {database.label(url)} is gone while it is served",
            remedy=_REPLACED,
        )
    if not settings.new and _was_there(url, settings):
        raise StoreError(
            f"there is no store at {database.label(url)}, but its key is there: the store was moved or lost, or its "
            "disk is not mounted",
            remedy="put it back, or restore a backup; for a new and empty one: headwater local init --new",
        )


def _was_there(url: URL, settings: Settings) -> bool:
    """Say whether there was a store, as what is left of it tells."""
    own = database.key_file(url)
    label = database.label(url)
    if settings.key is not None:
        return database.is_file(url) and register.is_known(own, label)
    key = _key_file(url, settings)
    # A key may have been made for another store, or been handed over, if it lies elsewhere than beside its own.
    return key.exists() and (key == own or register.is_known(key, label))


def _remember(url: URL, settings: Settings, id: str) -> None:
    """Note the store beside its key; where that comes from the environment, beside the store."""
    if settings.key is None:
        register.remember(_key_file(url, settings), database.label(url), id)
    elif database.is_file(url):
        register.remember(database.key_file(url), database.label(url), id)


def _open_or_make(
    connection: Connection, url: URL, settings: Settings, made: list[Path]
) -> Vault:
    if not database.is_file(url):
        postgresql.lift_bounds(connection)
        postgresql.take_turn(connection, _LOCK, settings.busy_timeout)
    if inspect(connection).has_table(tables.facts.name):
        return _open(connection, url, settings)
    if database.is_file(url) and inspect(connection).get_table_names():
        raise StoreError(
            f"{database.label(url)} is a database of another program",
            remedy="name another path with HEADWATER_LOCAL_STORE or --store",
        )
    refuse_to_replace(url, settings)
    known = _find_keys(url, settings)
    if known is None:
        known = _make_keys(_key_file(url, settings), made)
    return _make(connection, Vault(known))


def _make_keys(path: Path, made: list[Path]) -> Keys:
    """Make the first key of a store, and note its file among the `made` ones if it was made here."""
    new = keys.make_file(path)
    if new is not None:
        made.append(path)
        return Keys(new, path)
    known = Keys.read(path)
    if known is None:
        raise StoreBusy(
            f"the key file {path} was taken away while it was made",
            remedy="run again",
        )
    return known


def _make(connection: Connection, opened: Vault) -> Vault:
    tables.metadata.create_all(connection)
    facts = [
        {"name": "schema", "value": str(tables.VERSION)},
        {"name": "key", "value": opened.check_value},
    ]
    connection.execute(tables.facts.insert(), facts)
    return opened


def _open(connection: Connection, url: URL, settings: Settings) -> Vault:
    store = f"the store {database.label(url)}"
    facts = {row.name: row.value for row in connection.execute(select(tables.facts))}
    version = _read_version(facts.get("schema", ""), store)
    known = _find_keys(url, settings)
    if known is None:
        raise StoreError(
            f"{store} exists, but its key {_key_file(url, settings)} does not",
            remedy="restore the key file or set HEADWATER_LOCAL_KEY; without it the stored credentials cannot be read",
        )
    opened = Vault(known)
    if not opened.knows(facts.get("key", "")):
        raise StoreError(
            f"the key does not belong to {store}",
            remedy="restore the key it was made with; without it the stored credentials cannot be read",
        )
    if version < tables.VERSION:
        from headwater_local_flow_service.store import backup, migrations

        backup.make(connection, url, version)
        migrations.run(connection, version, database.label(url))
    return opened


def _read_version(text: str, store: str) -> int:
    """Return the schema a store was made with. Raises `StoreError` for none, and for one of a newer version."""
    version = int(text) if text.isdecimal() else 0
    if version == 0:
        raise StoreError(f"{store} does not say its version", remedy=_RESTORE)
    if version > tables.VERSION:
        raise StoreError(
            f"{store} was made by a newer version (schema {version}, known {tables.VERSION})",
            remedy="upgrade headwater-local-flow-service, or name another store",
        )
    return version


def _find_keys(url: URL, settings: Settings) -> Keys | None:
    """Return the keys of the settings or of the key file, or None where there is no such file."""
    if settings.key is not None:
        return Keys(keys.parse(settings.key))
    path = _key_file(url, settings)
    placing.check_private(path, "key file")
    return Keys.read(path)


def _key_file(url: URL, settings: Settings) -> Path:
    return settings.key_file or database.key_file(url)


_REPLACED = (
    "stop the service, put the store back or restore a backup, and start it again"
)
_RESTORE = "restore it from a backup, or move it away to start with an empty one"


def _explain(error: Exception, url: URL) -> Exception:
    """Say what a database's own error means for the caller; its text stays behind, it can hold anything."""
    name = database.label(url)
    said = str(getattr(error, "orig", "")).lower()
    for words, problem, remedy in _PROBLEMS:
        if any(word in said for word in words):
            return StoreError(problem.format(name), remedy=remedy)
    if any(word in said for word in ("locked", "busy", "lock timeout")):
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
        # SQLite's word where there is no room for the index of its log.
        ("disk i/o error",),
        "the disk of the store {} fails or has no room",
        "see that it has room and is whole, then run again",
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
    return _key_file(database.url_of(settings.store), settings)
