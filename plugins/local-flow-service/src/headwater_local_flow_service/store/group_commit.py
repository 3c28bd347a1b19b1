"""Many writers, one sync: what waits for SQLite's only writer is made durable together.

Each writer's *unit* runs in its own thread and in its turn, all units of a group in one transaction. A unit sees what
those before it have written. One that fails is undone alone, by its savepoint. Whoever has nobody waiting behind him
commits for all. Until that has returned nobody goes on, and when it fails everybody is told: also a unit that was
refused for what it saw of the others.

A unit talks to the store and to nothing else: whoever waits for anything else in it keeps all other writers waiting.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater.foreign import raise_bare
from headwater_local_flow_service.store.storeerrors import (
    StoreUnavailable,
    unavailable,
)
from headwater_local_flow_service.store.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

    from headwater_local_flow_service.store.turns import Place
    from headwater_local_flow_service.store.turnstile import Turnstile

_MOST_UNITS: Final = 64
_LONGEST: Final = 0.02  # seconds that a group stays open for those who wait
_RETRY: Final = 0.000_3  # seconds between two tries at the lock of another process
_STEPS: Final = 10_000  # of SQLite's machine between two looks at the clock
_PRIMARY: Final = 0xFF  # the part of SQLite's error codes that says what went wrong


@attrs.define
class _Group:
    """The units of one transaction, and how it ended."""

    began: float
    units: int = 0
    open: bool = True  # for others to join
    wrote: bool = False
    over: threading.Event = attrs.Factory(threading.Event)
    failure: StoreUnavailable | None = None

    @property
    def has_room(self) -> bool:
        """Whether another unit may join."""
        is_young = time.monotonic() - self.began < _LONGEST
        return self.open and is_young and self.units < _MOST_UNITS


class GroupCommit:
    """The one writer of a store in this process.

    A unit waits `patience` seconds for its turn, and may then take `limit` seconds. `confirm` is asked before each
    transaction, when it has begun, and after each commit whether the store is still the store; where it raises, every
    unit of the group fails. `turnstile` is shared with other processes.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        turnstile: Turnstile,
        patience: float,
        limit: float,
        confirm: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._turnstile = turnstile
        self._patience = patience
        self._limit = limit
        self._confirm = confirm
        self._turns = Turns()
        # What follows belongs to whoever has the turn.
        self._connection: Connection | None = None
        self._group: _Group | None = None
        self._owner = 0
        self._ends_at = float("inf")

    @contextmanager
    def unit(self, *, alone: bool = False) -> Iterator[Connection]:
        """Run the block as one unit: what it wrote is durable when the block has ended, and undone when it failed.

        `alone` gives it a transaction of its own, and as long as it takes. Raises `StoreUnavailable`.
        """
        self.check_outside()
        deadline = time.monotonic() + self._patience
        self._wait_for_turn()
        group, connection = self._join(deadline, alone=alone)
        succeeded = False
        try:
            yield connection
            succeeded = True
        finally:
            self._leave(group, succeeded=succeeded)

    def check_outside(self) -> None:
        """Raise `RuntimeError` in the thread whose unit is running: it would wait for itself, or read what was."""
        if self._owner == threading.get_ident():
            raise RuntimeError("inside a unit only its own rows are read and written")

    def close(self) -> None:
        """Let go of the connection, once the unit that is running has ended."""
        self._wait_for_turn()
        try:
            self._drop_connection()
            self._turnstile.close()
        finally:
            self._turns.pass_on()

    def _wait_for_turn(self) -> None:
        place: Place = self._turns.queue_up()
        try:
            has_come = place.wait(self._patience)
        except BaseException:
            if not self._turns.withdraw(place):
                self._go_on()
            raise
        if not has_come:
            raise StoreUnavailable("TurnTimeout")

    def _join(self, deadline: float, *, alone: bool) -> tuple[_Group, Connection]:
        """Begin a transaction, or a savepoint in the open one; where that fails, the next has its turn."""
        try:
            if alone and self._group is not None:
                self._end()
            if self._group is None:
                self._begin(deadline)
            else:
                self._execute("SAVEPOINT unit")
        except BaseException as error:
            self._fail(error)
            self._turns.pass_on()
            if isinstance(error, sqlite3.Error):
                raise_bare(unavailable(error))
            raise
        group, connection = self._group, self._connection
        assert group is not None
        assert connection is not None
        group.units += 1
        group.open = not alone
        if not alone:
            self._ends_at = time.monotonic() + self._limit
        self._owner = threading.get_ident()
        return group, connection

    def _leave(self, group: _Group, *, succeeded: bool) -> None:
        """Keep or undo the unit, let others go on, and wait until the group is over. Raises `StoreUnavailable`."""
        self._owner = 0
        self._ends_at = float("inf")
        try:
            self._finish_unit(group, succeeded=succeeded)
        except BaseException as error:
            self._fail(error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._go_on()
        # The bound is for a later unit of the group that does not come to its end.
        if not group.over.wait(self._patience + self._limit):
            raise_bare(StoreUnavailable("CommitTimeout"))
        if group.failure is not None:
            # of its own: others raise theirs at the same time
            raise_bare(type(group.failure)(*group.failure.args))

    def _finish_unit(self, group: _Group, *, succeeded: bool) -> None:
        is_first = group.units == 1
        if succeeded:
            group.wrote = True
        if is_first and not succeeded:
            self._roll_back()
            self._group = None
            group.over.set()
        elif not succeeded:
            # The last savepoint of the name, this unit's own. After some failures SQLite has ended the transaction, and
            # there is none any more.
            self._execute("ROLLBACK TO unit")

    def _go_on(self) -> None:
        """Let the next join the open group; where nobody can, end it and let the next begin another."""
        group = self._group
        if group is not None and group.has_room and self._turns.hand_over():
            return
        try:
            if group is not None:
                self._end()
        finally:
            self._turns.pass_on()

    def _begin(self, deadline: float) -> None:
        self._confirm()
        self._open_connection()
        with self._turnstile.passing(deadline):
            while not self._try_to_begin(deadline):
                time.sleep(_RETRY)
        # The lock was waited for; from here on nobody else writes.
        self._confirm()
        self._group = _Group(began=time.monotonic())

    def _try_to_begin(self, deadline: float) -> bool:
        """Take SQLite's lock; False where another process has it and there is time left. Raises the driver's errors."""
        try:
            self._execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            is_locked = error.sqlite_errorcode & _PRIMARY == sqlite3.SQLITE_BUSY
            if not is_locked or time.monotonic() >= deadline:
                raise
            return False
        return True

    def _end(self) -> None:
        """Make durable what the group wrote, and tell its units."""
        group = self._group
        assert group is not None
        try:
            if group.wrote:
                self._execute("COMMIT")
                self._confirm()
            else:
                self._roll_back()
        except BaseException as error:
            self._fail(error)
            if not isinstance(error, Exception):
                raise
        else:
            self._group = None
            group.over.set()

    def _fail(self, error: BaseException) -> None:
        """Undo what the group wrote, if there is one, and tell its units."""
        group, self._group = self._group, None
        try:
            self._drop_connection()
        finally:
            if group is not None:
                group.failure = _as_told(error)
                group.over.set()

    def _open_connection(self) -> None:
        if self._connection is not None:
            return
        connection = self._engine.connect()
        connection.detach()  # the pool is for those who read
        driver = _driver(connection)
        # It waits in `_begin`, and nowhere else: SQLite would sleep longer each time.
        driver.execute("PRAGMA busy_timeout = 0")
        driver.set_progress_handler(self._is_late, _STEPS)
        self._connection = connection

    def _drop_connection(self) -> None:
        """Close the connection, which undoes what it has not committed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.close()

    def _is_late(self) -> bool:
        return time.monotonic() > self._ends_at

    def _execute(self, statement: str) -> None:
        _driver(self._connection).execute(statement)

    def _roll_back(self) -> None:
        if _driver(self._connection).in_transaction:
            self._execute("ROLLBACK")


def _driver(connection: Connection | None) -> Any:
    """Return the driver's own connection: SQLAlchemy has transactions of its own, which are not ours."""
    assert connection is not None
    return connection.connection.dbapi_connection


def _as_told(error: BaseException) -> StoreUnavailable:
    """Return what every unit of a group is told."""
    if isinstance(error, StoreUnavailable):
        return error
    if isinstance(error, Exception):
        return unavailable(error)
    return StoreUnavailable(type(error).__name__)
