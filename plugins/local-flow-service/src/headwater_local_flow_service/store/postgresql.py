"""PostgreSQL within bounds: nobody waits for a lock, a statement, a connection or a silent server without an end.

The server ends what takes too long, by its own settings. A server that has stopped, is frozen or out of reach ends
nothing: there the driver waits for so long and then gives the connection up.
"""

from __future__ import annotations

import contextlib
import functools
import time
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

if TYPE_CHECKING:
    from collections.abc import Generator

    from sqlalchemy import Connection, Engine

    from headwater_local_flow_service.settings import Settings

_CONNECT: Final = 3  # seconds until there is a connection
_READER_LOCK: Final = 1.0  # seconds; a reader waits only for who changes a table itself
_SLACK: Final = 1.0  # seconds beyond its own bound that the server has to answer
# For a server whose machine or network is gone: seconds until the first question, between questions, and their number.
_NETWORK: Final = {
    "connect_timeout": _CONNECT,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
}
_DRIVER: Final = "psycopg"  # others are bounded by the server alone

# What the URL, the role or the database says already counts.
_SET_UNLESS_SET: Final = """
SELECT set_config(name, wanted, false)
FROM (VALUES ('lock_timeout', '{lock}'), ('statement_timeout', '{statement}')) AS bounds (name, wanted)
WHERE current_setting(name) = '0'
"""
_TAKE_TURN: Final = text(
    "SELECT set_config('lock_timeout', :patience, true), pg_advisory_xact_lock(:lock)"
)
_LONG: Final = text("SELECT set_config('statement_timeout', '0', true)")


def bound(engine: Engine, settings: Settings) -> None:
    """Let every connection of an engine be opened and used within the bounds of the settings."""
    statement = _SET_UNLESS_SET.format(
        lock=_milliseconds(_READER_LOCK),
        statement=_milliseconds(settings.statement_timeout),
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        with contextlib.closing(connection.cursor()) as cursor:
            cursor.execute(statement)
        connection.commit()

    if engine.dialect.driver == _DRIVER:
        _bound_driver(engine, settings.statement_timeout + _SLACK)


def _bound_driver(engine: Engine, silence: float) -> None:
    """Let the driver give up a server that is silent for so many seconds."""

    @event.listens_for(engine, "do_connect")
    def _connect(
        _dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]
    ) -> Any:
        connection = _connection_class().connect(*arguments, **_NETWORK | options)
        connection.silence = silence
        return connection

    @event.listens_for(engine, "checkin")
    def _restore(connection: Any, _record: Any) -> None:
        if connection is not None:
            connection.silence = silence


@functools.cache
def _connection_class() -> Any:
    """Return a connection that is given up when the server has been silent for `silence` seconds."""
    import psycopg

    class BoundedConnection(psycopg.Connection[Any]):
        silence: float | None = None

        def wait(self, gen: Any, *options: Any, **named: Any) -> Any:
            return super().wait(self._bound(gen), *options, **named)

        def _bound(self, gen: Any) -> Generator[Any, Any, Any]:
            """Go through the steps of the driver, which it is asked for again and again while it waits."""
            deadline = time.monotonic() + (self.silence or float("inf"))
            try:
                wanted = next(gen)
                while True:
                    ready = yield wanted
                    if not ready and time.monotonic() > deadline:
                        self.pgconn.finish()
                        raise psycopg.OperationalError("the server is silent")
                    wanted = gen.send(ready)
            except StopIteration as done:
                return done.value

    return BoundedConnection


def take_turn(connection: Connection, lock: int, patience: float) -> None:
    """Wait for an advisory lock, which the transaction has to its end. Raises the driver's errors."""
    values = {"patience": _milliseconds(patience), "lock": lock}
    connection.execute(_TAKE_TURN, values)


def lift_bounds(connection: Connection) -> None:
    """Let the statements of this transaction take as long as they take."""
    connection.execute(_LONG)
    if connection.dialect.driver == _DRIVER:
        driver: Any = connection.connection.dbapi_connection
        driver.silence = None


def is_lost(error: BaseException) -> bool:
    """Say whether an error of the database means that the server is not there, and not that it refuses something."""
    if not isinstance(error, OperationalError):
        return False
    state = getattr(error.orig, "sqlstate", "")  # of other drivers nothing is known
    return state is None or state.startswith(_LOST)


# Conditions: connection exceptions, shutting down, starting up, too many connections.
_LOST: Final = ("08", "57P", "53300")


def _milliseconds(seconds: float) -> str:
    return str(max(1, int(seconds * 1000)))
