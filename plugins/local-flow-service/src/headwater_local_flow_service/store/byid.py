"""One row by its id: the commonest read there is, handed to SQLite's driver without what the engine does around it.

The statement is SQLAlchemy's, and so is every connection; its pool, a transaction, events and result objects would cost
several times what SQLite needs. A server's connections can break, which the engine knows how to mend: stores on one do
without this.
"""

from __future__ import annotations

import functools
from collections import deque, namedtuple
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.dialects import sqlite

from headwater_local_flow_service.store.rows import by_id, record_of

if TYPE_CHECKING:
    import sqlite3

    from sqlalchemy import Engine, Table

    from headwater_local_flow_service.store.rows import Record, Scope

_KEPT: Final = 16  # connections


class RowReader:
    """Reads rows over connections of its own: as many as there are readers at once, some of them kept."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._idle: deque[sqlite3.Connection] = deque()

    def read(self, table: Table, scope: Scope, id: str) -> Record | None:
        """Return one row of the scope, or None. Raises the driver's errors."""
        statement, order, make = _prepare(table)
        parameters = (scope.org, scope.sandbox, id)
        connection = self._take()
        # What has failed is not used again.
        row = connection.execute(
            statement, [parameters[place] for place in order]
        ).fetchone()
        self._give_back(connection)
        return None if row is None else record_of(make(row))

    def close(self) -> None:
        """Close the connections that nobody reads over."""
        while self._idle:
            self._idle.pop().close()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if len(self._idle) < _KEPT:
            self._idle.append(connection)
        else:
            connection.close()

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            pooled = self._engine.raw_connection()
            pooled.detach()
            connection: Any = pooled.dbapi_connection
            return connection  # type: ignore[no-any-return]


_PARAMETERS: Final = ("org", "sandbox", "wanted")


@functools.cache
def _prepare(table: Table) -> tuple[str, tuple[int, ...], Any]:
    """Return the statement as the driver takes it, the order of its parameters, and what makes a row of a tuple."""
    compiled: Any = by_id(table).compile(dialect=sqlite.dialect())
    names: Any = [column.name for column in table.columns]
    row = namedtuple("Row", names)  # type: ignore[misc]
    order = tuple(_PARAMETERS.index(name) for name in compiled.positiontup)
    return str(compiled), order, row._make
