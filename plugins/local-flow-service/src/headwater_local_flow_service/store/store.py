"""The open store: transactions for those who read and those who write, durable when they end."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from headwater.foreign import raise_bare
from headwater_local_flow_service.store import (
    byid,
    database,
    identity,
    placing,
    postgresql,
    schema,
    watching,
)
from headwater_local_flow_service.store.breaker import Breaker
from headwater_local_flow_service.store.group_commit import GroupCommit
from headwater_local_flow_service.store.rows import Record, Rows, Scope
from headwater_local_flow_service.store.storeerrors import (
    StoreBusy,
    StoreError,
    unavailable,
)
from headwater_local_flow_service.store.turnstile import Turnstile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection, Engine, Table

    from headwater_local_flow_service.settings import Settings

__all__ = ["Record", "Rows", "Scope", "Store"]

_BETWEEN_TRIES = 0.05  # seconds
_REPEATABLE_READ = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"


class Store:
    """An open store. Raises `StoreUnavailable` from every method when the database does not answer."""

    def __init__(self, settings: Settings) -> None:
        database.check_system()
        url = database.url_of(settings.store)
        if database.is_file(url):
            _prepare_file(url, settings)
        self.label = database.label(url)
        self._one_writer = database.is_file(url)
        self._patience = settings.busy_timeout
        self._breaker = Breaker(_never if self._one_writer else postgresql.is_lost)
        self._reader = database.engine_of(url, settings)
        try:
            opened = _unlock(self._reader, url, settings)
            self._watch = watching.watch(url, opened.id)
        except BaseException:
            self._reader.dispose()
            raise
        self.vault, self.id = opened.vault, opened.id
        event.listen(self._reader, "connect", self._greet)
        self.vault.demand_own(self._read_check_value, self._watch.check)
        self._rows = byid.RowReader(self._reader)
        self._committer: GroupCommit | None = None
        if self._one_writer:
            self._committer = GroupCommit(
                self._reader,
                turnstile=Turnstile(f"{url.database}-turn"),
                patience=settings.busy_timeout,
                limit=settings.statement_timeout,
                confirm=self._watch.check,
            )

    def close(self) -> None:
        """Let go of the database, once the write that is under way has ended."""
        try:
            if self._committer is not None:
                self._committer.close()
        finally:
            self._rows.close()
            self._reader.dispose()
            self._watch.close()

    def check(self) -> None:
        """Ask the database for one row, to see that it answers and is the one that was opened."""
        with self._transaction(self._reader) as connection:
            found = identity.read_id(connection)
        self._watch.compare(found)

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """Read rows."""
        self._check_outside()
        with self._transaction(self._reader) as connection:
            yield Rows(connection)

    @contextmanager
    def snapshot(self) -> Iterator[Rows]:
        """Read rows as they all are at one moment, however long it takes and whoever writes meanwhile."""
        self._check_outside()
        with self._transaction(self._reader) as connection:
            begin = "BEGIN" if self._one_writer else _REPEATABLE_READ
            connection.execute(text(begin))
            yield Rows(connection)

    def compact(self) -> None:
        """Give the room of deleted rows back, where the database is a file; it may be in use meanwhile."""
        if self._one_writer:
            with self._reader.connect() as connection:
                connection.exec_driver_sql("VACUUM")

    @contextmanager
    def writing(
        self, scope: Scope | None = None, *, alone: bool = False
    ) -> Iterator[Rows]:
        """Write rows; they are on disk when the block ends, and as they were when it fails.

        With a `scope`, the writers that name it take turns: what one of them has read stays true until it has written.
        The block talks to its rows and to nothing else: on SQLite others wait for it, and share its transaction unless
        it is to be `alone`, as what takes long must be.
        """
        if self._committer is not None:
            with _told_apart(), self._committer.unit(alone=alone) as connection:
                yield Rows(connection)
            return
        with self._transaction(self._reader) as connection:
            if alone:
                postgresql.lift_bounds(connection)
            if scope is not None:
                postgresql.take_turn(connection, _lock(scope), self._patience)
            yield Rows(connection)

    def get(self, table: Table, scope: Scope, id: str) -> Record | None:
        """Return one row of the scope, or None."""
        if not self._one_writer:
            with self.reading() as rows:
                return rows.get(table, scope, id)
        self._check_outside()
        try:
            record = self._rows.read(table, scope, id)
        except (sqlite3.Error, DBAPIError, PoolTimeout) as error:
            self._watch.check()  # what is gone is not said to be broken
            raise_bare(unavailable(error))
        self._watch.check()
        return record

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        """Begin and end a transaction on the store that was opened; what it did does not count if that is gone."""
        self._watch.check()
        with _told_apart(), self._breaker.guard(), engine.begin() as connection:
            self._breaker.close()
            # It may have waited for the connection.
            self._watch.check()
            yield connection
        self._watch.check()

    def _read_check_value(self) -> str:
        """Return which key the store remembers; also for who is writing, whose rows do not matter here."""
        with self._transaction(self._reader) as connection:
            return Rows(connection).fact("key")

    def _greet(self, connection: Any, _record: Any) -> None:
        self._watch.greet(connection)

    def _check_outside(self) -> None:
        """Raise `RuntimeError` in a thread that is writing: what it wrote is seen by its own rows only."""
        if self._committer is not None:
            self._committer.check_outside()


def _unlock(engine: Engine, url: URL, settings: Settings) -> schema.Unlocked:
    """Unlock a store. While several make one SQLite file it is busy at once, however long locks are waited for."""
    deadline = time.monotonic() + settings.busy_timeout
    while True:
        try:
            return schema.unlock(engine, url, settings)
        except StoreBusy:
            if not database.is_file(url) or time.monotonic() >= deadline:
                raise
            time.sleep(_BETWEEN_TRIES)


def _prepare_file(url: URL, settings: Settings) -> None:
    """Make the file of a first store; see that an existing one is private. Raises `StoreError`."""
    path = placing.path_of(url)
    if not path.exists():
        try:
            schema.refuse_to_replace(url, settings)
        except StoreError:
            # Somebody else may just have made both.
            if not path.exists():
                raise
    placing.make_file(url)
    for end in ("", "-wal", "-shm"):
        placing.check_private(Path(f"{path}{end}"), "store")


@contextmanager
def _told_apart() -> Iterator[None]:
    """Raise `StoreUnavailable` for what the database says, and nothing else."""
    try:
        yield
    except (sqlite3.Error, DBAPIError, PoolTimeout) as error:
        raise_bare(unavailable(error))


def _never(_error: BaseException) -> bool:
    """Say that a file is never out of reach, as a server may be."""
    return False


def _lock(scope: Scope) -> int:
    name = f"{scope.org}/{scope.sandbox}".encode()
    digest = hashlib.blake2b(name, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
