"""Inlets, and the messages that were sent to them and are in no batch yet."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import attrs
from sqlalchemy import and_, bindparam, delete, func, insert, select
from sqlalchemy.dialects import sqlite

from headwater_local_flow_service.store.rows import Rows, Scope, in_scope
from headwater_local_flow_service.store.tables import inlet_messages, inlets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Select

_AT_ONCE = 8  # messages taken from the database at once; each may be a megabyte


@attrs.frozen(kw_only=True)
class Inlet:
    """An inlet and whose it is: a base connection or a dataflow."""

    id: str = attrs.field(repr=False)
    scope: Scope
    owner: str


@attrs.frozen(kw_only=True)
class Message:
    """What was sent to an inlet: a line of JSON, for a dataflow and its data set.

    `received_at` is in milliseconds since 1970; `seq` is its place among all messages, once it is stored.
    """

    scope: Scope
    flow: str
    data_set: str
    received_at: int
    text: str = attrs.field(repr=False)
    seq: int = 0


@attrs.frozen(kw_only=True)
class Stream:
    """The messages of a dataflow that wait: how many, since when (milliseconds since 1970), and their characters."""

    scope: Scope
    flow: str
    count: int
    oldest: int
    size: int = 0


class InletRows:
    """What can be done with inlets and messages, in the transaction of the `rows`."""

    def __init__(self, rows: Rows) -> None:
        self._connection = rows.connection

    def add(self, inlet: Inlet) -> None:
        """Store a new inlet."""
        values = _scope_values(inlet.scope) | {"id": inlet.id, "owner": inlet.owner}
        self._connection.execute(insert(inlets), values)

    def find_id(self, scope: Scope, owner: str) -> str | None:
        """Return the id of an owner's inlet, or None."""
        found = self._connection.execute(
            _by_owner(), _scope_values(scope) | {"of": owner}
        )
        return found.scalars().first()

    def find_beginning(self, digits: str) -> list[Inlet]:
        """Return the inlets whose id begins with these hexadecimal digits, whoever they belong to."""
        # g is the first letter behind those that digits can be
        found = self._connection.execute(
            _by_beginning(), {"low": digits, "high": f"{digits}g"}
        )
        return [
            Inlet(
                id=row.id,
                scope=Scope(org=row.org, sandbox=row.sandbox),
                owner=row.owner,
            )
            for row in found
        ]

    def remove(self, scope: Scope, owner: str) -> None:
        """Delete an owner's inlet, if there is one."""
        mine = and_(in_scope(inlets, scope), inlets.c.owner == owner)
        self._connection.execute(delete(inlets).where(mine))

    def add_messages(self, messages: Sequence[Message]) -> None:
        """Store messages, in this order."""
        rows = [_message_values(message) for message in messages]
        if self._connection.dialect.name != "sqlite":
            self._connection.execute(insert(inlet_messages), rows)
            return
        # without what SQLAlchemy does around it, which costs several times what SQLite does
        statement, names = _prepare_insert()
        driver: Any = self._connection.connection.dbapi_connection
        driver.executemany(statement, [[row[name] for name in names] for row in rows])

    def list_streams(self, scope: Scope | None = None) -> list[Stream]:
        """Return which dataflows messages wait for, of one scope or of all, those that have waited longest first."""
        table = inlet_messages.c
        oldest = func.min(table.received_at)
        query = select(
            table.org, table.sandbox, table.flow, func.count().label("messages"), oldest.label("oldest")
        )  # fmt: skip
        if scope is not None:
            query = query.where(in_scope(inlet_messages, scope))
        query = query.group_by(table.org, table.sandbox, table.flow).order_by(oldest)
        return [
            Stream(
                scope=Scope(org=row.org, sandbox=row.sandbox),
                flow=row.flow,
                count=row.messages,
                oldest=row.oldest,
            )
            for row in self._connection.execute(query)
        ]

    def is_waiting(self, scope: Scope) -> bool:
        """Say whether any message of a scope waits."""
        query = select(inlet_messages.c.seq).where(in_scope(inlet_messages, scope))
        return self._connection.execute(query.limit(1)).first() is not None

    def measure(self, scope: Scope, flow: str) -> tuple[int, int]:
        """Return how many messages of a dataflow wait, and how many characters they have together."""
        query = select(
            func.count(), func.coalesce(func.sum(func.length(inlet_messages.c.message)), 0)
        ).where(_of_flow(scope, flow))  # fmt: skip
        count, size = self._connection.execute(query).one()
        return count, int(size)

    def stream(self, scope: Scope, flow: str, limit: int) -> Iterator[Message]:
        """Yield the messages of a dataflow that came first, at most `limit`; few are in memory at once."""
        query = (
            select(inlet_messages)
            .where(_of_flow(scope, flow))
            .order_by(inlet_messages.c.seq)
            .limit(limit)
        )
        rows = self._connection.execute(
            query, execution_options={"yield_per": _AT_ONCE}
        )
        with rows:
            for row in rows:
                yield Message(
                    scope=scope,
                    flow=row.flow,
                    data_set=row.data_set,
                    received_at=row.received_at,
                    text=row.message,
                    seq=row.seq,
                )

    def remove_messages(self, scope: Scope, flow: str, seqs: Sequence[int]) -> int:
        """Delete the messages of a dataflow with these places; return how many were there."""
        gone = 0
        for start in range(0, len(seqs), _MOST_NAMED):
            some = seqs[start : start + _MOST_NAMED]
            where = and_(_of_flow(scope, flow), inlet_messages.c.seq.in_(some))
            gone += self._connection.execute(
                delete(inlet_messages).where(where)
            ).rowcount
        return gone


_MOST_NAMED = 500  # values of one statement


def _of_flow(scope: Scope, flow: str) -> ColumnElement[bool]:
    return and_(in_scope(inlet_messages, scope), inlet_messages.c.flow == flow)


def _scope_values(scope: Scope) -> dict[str, Any]:
    return {"org": scope.org, "sandbox": scope.sandbox}


def _message_values(message: Message) -> dict[str, Any]:
    return _scope_values(message.scope) | {
        "flow": message.flow,
        "data_set": message.data_set,
        "received_at": message.received_at,
        "message": message.text,
    }


@functools.cache
def _by_owner() -> Select[Any]:
    mine = (
        inlets.c.org == bindparam("org"),
        inlets.c.sandbox == bindparam("sandbox"),
        inlets.c.owner == bindparam("of"),
    )
    return select(inlets.c.id).where(*mine).order_by(inlets.c.id)


@functools.cache
def _by_beginning() -> Select[Any]:
    between = (inlets.c.id >= bindparam("low"), inlets.c.id < bindparam("high"))
    return select(inlets).where(*between)


@functools.cache
def _prepare_insert() -> tuple[str, tuple[str, ...]]:
    """Return the statement as SQLite's driver takes it, and the order of its parameters."""
    columns = inlet_messages.c
    names = [column.name for column in columns if column is not columns.seq]
    compiled: Any = insert(inlet_messages).compile(
        dialect=sqlite.dialect(), column_keys=names
    )
    return str(compiled), tuple(compiled.positiontup)
