"""Another key for a store that is in use: made, used for all that is stored, and the former ones forgotten.

Every step is kept before the next begins, so that whatever ends it, it goes on where it was:

1. The new key stands in the key file, first. Running services write with it from their next write on.
2. What older keys sealed is sealed again, some rows at a time, until a look through all of it finds nothing.
3. The store remembers the key as its own.
4. Much later, the former keys are taken out of the file: a request that began before may still have written with one.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

import attrs

from headwater.errors import InvalidInput
from headwater_local_flow_service.store import keys, register, schema, tables
from headwater_local_flow_service.store.vault import DoesNotOpen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Table

    from headwater_local_flow_service.settings import Settings
    from headwater_local_flow_service.store.rows import Rows
    from headwater_local_flow_service.store.store import Store
    from headwater_local_flow_service.store.vault import Vault

_AT_ONCE: Final = 200  # rows of one transaction
GRACE: Final = 300  # seconds that no request lasts


@attrs.define(kw_only=True)
class Rotated:
    """What was done: rows sealed anew, whether an earlier rotation was gone on with, and how many keys are left.

    `closed` are the ids of those that no key opens; they were left as they are.
    """

    sealed: int = 0
    resumed: bool = False
    keys: int = 1
    forgotten: int = 0
    closed: list[str] = attrs.Factory(list)


def run(store: Store, settings: Settings, tell: Callable[[int], None]) -> Rotated:
    """Rotate the key of a store, or go on with what was begun; `tell` gets the number of rows sealed so far.

    A key from the environment is not made here: a new one must stand before the former one there, in all services.
    Raises `InvalidInput`, `StoreError`, `StoreUnavailable`.
    """
    path = schema.key_path(settings)
    if path is None:
        return _run(store, None, tell)
    with keys.locked(path):
        return _run(store, path, tell)


def forget(store: Store, settings: Settings, tell: Callable[[int], None]) -> Rotated:
    """Seal anew what older keys sealed since, and take them out of the key file. Raises as `run` does."""
    path = schema.key_path(settings)
    if path is None:
        raise InvalidInput(
            "the key comes from HEADWATER_LOCAL_KEY",
            remedy="take the former key out of it in every service, and restart them",
        )
    with keys.locked(path):
        _check_alone(path, store.id)
        _check_old_enough(path)
        rotated = Rotated(resumed=True)
        _finish(store, rotated, tell)
        known = keys.read_file(path) or ()
        rotated.forgotten = len(known) - 1
        if rotated.forgotten > 0:
            keys.replace_file(path, known[:1])
        return rotated


def _run(store: Store, path: Path | None, tell: Callable[[int], None]) -> Rotated:
    rotated = Rotated(resumed=_is_unfinished(store))
    if not rotated.resumed:
        _add_key(path)
    _finish(store, rotated, tell)
    rotated.keys = store.vault.count
    return rotated


def _add_key(path: Path | None) -> None:
    if path is None:
        raise InvalidInput(
            "the key comes from HEADWATER_LOCAL_KEY, which has no new one",
            remedy="make one with `openssl rand -base64 32`, put it before the former one with a blank between, "
            "in every service, restart them, and run again",
        )
    known = keys.read_file(path) or ()
    if len(known) >= keys.MOST:
        raise InvalidInput(
            f"the key file {path} has {len(known)} keys",
            remedy="take those out that are not needed any more: headwater local rotate-key --forget",
        )
    keys.replace_file(path, (os.urandom(keys.SIZE), *known))


def _finish(store: Store, rotated: Rotated, tell: Callable[[int], None]) -> None:
    """Seal until a look through all of it finds nothing older, and remember the key."""
    while _seal_all(store, rotated, tell):
        pass
    with store.writing() as rows:
        rows.set_fact("key", store.vault.check_value)


def _is_unfinished(store: Store) -> bool:
    """Say whether the newest key is not yet the one that the store remembers."""
    with store.reading() as rows:
        return rows.fact("key") != store.vault.check_value


def _seal_all(store: Store, rotated: Rotated, tell: Callable[[int], None]) -> int:
    """Seal all anew that is not sealed with the newest key, and return how many rows that were."""
    before = rotated.sealed
    rotated.closed = []  # somebody may have mended some meanwhile
    for table in tables.metadata.sorted_tables:
        if "secrets" not in table.c:
            continue
        last: int | None = 0
        while last is not None:
            began = time.monotonic()
            with store.writing() as rows:
                some = _seal_some(rows, table, store.vault, last)
            last = some.last
            rotated.sealed += some.sealed
            rotated.closed += some.closed
            tell(rotated.sealed)
            if last is not None:
                # Others write as long as this has written.
                time.sleep(time.monotonic() - began)
    return rotated.sealed - before


@attrs.frozen
class _Some:
    """Some rows: the last of them, or None where there were none, the number sealed, and the ids that do not open."""

    last: int | None
    sealed: int
    closed: list[str]


def _seal_some(rows: Rows, table: Table, vault: Vault, last: int) -> _Some:
    """Seal some rows behind `last` anew, those that open."""
    found = rows.select_sealed_otherwise(table, vault.prefix, last, _AT_ONCE)
    changes, closed = [], []
    for row in found:
        owner = (row.org, row.sandbox, row.id)
        try:
            again = vault.seal(vault.open(row.secrets, *owner), *owner)
        except DoesNotOpen:
            closed.append(row.id)
            continue
        changes.append((row.seq, row.secrets, again))
    rows.replace_secrets(table, changes)
    return _Some(found[-1].seq if found else None, len(changes), closed)


def _check_alone(path: Path, own_id: str) -> None:
    """Refuse to forget a key that another store may have nothing but. Raises `InvalidInput`."""
    others = register.list_others(path, own_id)
    if others:
        raise InvalidInput(
            f"the key file {path} was used with other stores too, which may need the former key: {', '.join(others)}",
            remedy="rotate the key with --store for each of them, and then take the former keys, "
            "which are the lines below the first, out of the file by hand",
        )


def _check_old_enough(path: Path) -> None:
    left = GRACE - keys.age_of(path, time.time())
    if left > 0:
        raise InvalidInput(
            "the key was rotated just now, and a request that began before may still write with the former one",
            remedy=f"run again in {int(left) + 1} seconds",
        )
