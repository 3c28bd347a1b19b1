"""One row by its id: the commonest read there is, handed to SQLite's driver without what the engine does around it.

The statement is SQLAlchemy's, and so is the pool; a transaction, events and result objects would cost several times
what SQLite needs. A server's connections can break, which the engine knows how to mend: stores on one do without this.
"""

from __future__ import annotations

import functools
from collections import namedtuple
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import sqlite

from headwater_local_flow_service.store.rows import by_id, record_of

if TYPE_CHECKING:
    from sqlalchemy import Engine, Table

    from headwater_local_flow_service.store.rows import Record, Scope


def read(engine: Engine, table: Table, scope: Scope, id: str) -> Record | None:
    """Return one row of the scope, or None. Raises the driver's errors."""
    statement, names, make = _prepare(table)
    parameters = {"org": scope.org, "sandbox": scope.sandbox, "wanted": id}
    values = tuple(parameters[name] for name in names)
    connection = engine.raw_connection()
    try:
        row = connection.cursor().execute(statement, values).fetchone()
    finally:
        connection.close()
    return None if row is None else record_of(make(row))


@functools.cache
def _prepare(table: Table) -> tuple[str, tuple[str, ...], Any]:
    """Return the statement as the driver takes it, the order of its parameters, and what makes a row of a tuple."""
    compiled: Any = by_id(table).compile(dialect=sqlite.dialect())
    names: Any = [column.name for column in table.columns]
    row = namedtuple("Row", names)  # type: ignore[misc]
    return str(compiled), tuple(compiled.positiontup), row._make
