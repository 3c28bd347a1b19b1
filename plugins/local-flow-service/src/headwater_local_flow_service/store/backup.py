"""A copy of a store as it was, made before a migration changes it."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from headwater import documents
from headwater.foreign import raise_bare
from headwater_local_flow_service.store import database
from headwater_local_flow_service.store.storeerrors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

log = logging.getLogger("headwater.local")


def make(connection: Connection, url: URL, version: int) -> None:
    """Copy a store of this version of the schema: a file beside it (0600), or on a server tables beside its own.

    One that an interrupted migration left is replaced: the store is as it was then. Raises `StoreError`.
    """
    if database.is_file(url):
        place = path_of(url, version)
        _copy_file(Path(str(url.database)), place)
        log.warning("the store was copied to %s before it is brought up to date", place)
        return
    _copy_tables(connection, version)
    log.warning(
        "the tables of the store were copied to headwater_schema_%s_* before it is brought up to date",
        version,
    )


def path_of(url: URL, version: int) -> Path:
    """Return where the copy of a file is put."""
    return Path(f"{url.database}.schema-{version}.bak")


def _copy_file(store: Path, place: Path) -> None:
    """Copy a database as it was last committed, whoever holds a transaction on it."""
    draft = place.with_name(f".{place.name}")
    try:
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        source, target = sqlite3.connect(store), sqlite3.connect(draft)
        with contextlib.closing(source), contextlib.closing(target):
            target.execute("PRAGMA synchronous = FULL")
            source.backup(target)
        draft.replace(place)
        documents.sync_folder(place.parent)
    except (OSError, sqlite3.Error):
        raise_bare(
            StoreError(
                f"the store {store} could not be copied to {place}, so it was not brought up to date",
                remedy="make room for a copy beside it, and its folder writable, then run again",
            )
        )


def _copy_tables(connection: Connection, version: int) -> None:
    prefix = "headwater_"
    for name in inspect(connection).get_table_names():
        if not name.startswith(prefix) or name.startswith(f"{prefix}schema_"):
            continue
        copy = f"{prefix}schema_{version}_{name.removeprefix(prefix)}"
        connection.execute(text(f'DROP TABLE IF EXISTS "{copy}"'))
        connection.execute(text(f'CREATE TABLE "{copy}" AS TABLE "{name}"'))
