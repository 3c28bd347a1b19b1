"""Rows of the store's tables, read and written inside one transaction."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import attrs
from sqlalchemy import and_, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import sqlite

from headwater_local_flow_service.store import marks
from headwater_local_flow_service.store.tables import facts, links

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Insert, Row, Select, Table, Update

    from headwater_local_flow_service.store.marks import Marks


_PAGE = 200  # rows that `walk` holds at once
_AT_ONCE = (
    8  # rows that `stream` takes from the database at once; each may be a megabyte
)


@attrs.frozen(kw_only=True)
class Scope:
    """Whose rows are seen: nothing crosses an organization or a sandbox."""

    org: str
    sandbox: str


@attrs.frozen(kw_only=True)
class Record:
    """One row of a collection; `document` is JSON with its secrets masked, `secrets` their sealed form.

    `marks` are the paths of what is secret in the credentials of a connection.
    """

    id: str
    scope: Scope
    name: str
    spec_id: str
    state: str
    etag: str
    created_at: int  # milliseconds since 1970
    updated_at: int
    created_by: str
    updated_by: str
    document: dict[str, Any] = attrs.field(repr=False)
    secrets: bytes | None = attrs.field(default=None, repr=False)
    marks: Marks = ()
    seq: int | None = None


class Rows:
    """What can be done with rows; all of it happens in the transaction of one database connection, or none of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def connection(self) -> Connection:
        """What tables that are no collections are read and written through, in the same transaction."""
        return self._connection

    def add(self, table: Table, record: Record, refers_to: Iterable[str] = ()) -> None:
        """Store a new row and the ids it refers to."""
        row = _row(record)
        if self._connection.dialect.name == "sqlite":
            _insert_directly(self._connection, table, row)
        else:
            self._connection.execute(_insert(table), row)
        self._link(record, refers_to)

    def add_all(
        self, table: Table, records: Sequence[tuple[Record, Iterable[str]]]
    ) -> None:
        """Store many new rows and the ids they refer to."""
        rows: list[dict[str, Any]] = []
        targets: list[dict[str, str]] = []
        for record, refers_to in records:
            rows.append(_row(record))
            targets += _targets(record, refers_to)
        self._connection.execute(_insert(table), rows)
        if targets:
            self._connection.execute(insert(links), targets)

    def select_known(self, table: Table, ids: Sequence[str]) -> list[str]:
        """Return those ids that the collection holds already, whoever they belong to."""
        query = select(table.c.id).where(table.c.id.in_(ids))
        return list(self._connection.execute(query).scalars())

    def find_all(self, table: Table, ids: Sequence[str]) -> list[Record]:
        """Return the rows of these ids, whoever they belong to."""
        query = select(table).where(table.c.id.in_(ids))
        return [record_of(row) for row in self._connection.execute(query)]

    def walk(self, table: Table) -> Iterator[tuple[Record, tuple[str, ...]]]:
        """Yield every row of a collection, oldest first, with the ids it refers to; few are in memory at once."""
        last = 0
        while page := self._page(table, last):
            targets = self._targets_of(page)
            for record in page:
                yield record, tuple(targets.get(record.id, ()))
            last = page[-1].seq or 0

    def _targets_of(self, page: Sequence[Record]) -> dict[str, list[str]]:
        """Return the ids that rows refer to, by the id of the row."""
        owners = [record.id for record in page]
        query = select(links).where(links.c.owner.in_(owners)).order_by(links.c.target)
        targets: dict[str, list[str]] = {}
        for link in self._connection.execute(query):
            targets.setdefault(link.owner, []).append(link.target)
        return targets

    def _page(self, table: Table, last: int) -> list[Record]:
        query = (
            select(table).where(table.c.seq > last).order_by(table.c.seq).limit(_PAGE)
        )
        return [record_of(row) for row in self._connection.execute(query)]

    def clear(self, table: Table) -> int:
        """Delete every row of a table, of all organizations; return how many there were."""
        return self._connection.execute(delete(table)).rowcount

    def total(self, table: Table) -> int:
        """Count every row of a table, of all organizations."""
        return self._connection.execute(
            select(func.count()).select_from(table)
        ).scalar_one()

    def size(self, table: Table, scope: Scope) -> int:
        """Return how many characters the documents of the scope have together."""
        query = select(func.sum(func.length(table.c.document)))
        found = self._connection.execute(query.where(in_scope(table, scope)))
        return int(found.scalar_one() or 0)

    def get(self, table: Table, scope: Scope, id: str) -> Record | None:
        """Return one row of the scope, or None."""
        wanted = {"org": scope.org, "sandbox": scope.sandbox, "wanted": id}
        row = self._connection.execute(by_id(table), wanted).first()
        return None if row is None else record_of(row)

    def replace(
        self,
        table: Table,
        record: Record,
        *,
        etag: str,
        refers_to: Iterable[str] | None = None,
    ) -> bool:
        """Write a changed row unless somebody else did since its `etag` was read; say whether it was written.

        The ids it refers to stay as they are unless given.
        """
        unchanged = and_(
            in_scope(table, record.scope), table.c.id == record.id, table.c.etag == etag
        )
        statement = update(table).where(unchanged).values(_row(record))
        if self._connection.execute(statement).rowcount != 1:
            return False
        if refers_to is not None:
            self._unlink(record.scope, record.id)
            self._link(record, refers_to)
        return True

    def remove(self, table: Table, scope: Scope, id: str) -> bool:
        """Delete one row of the scope; say whether it was there."""
        self._unlink(scope, id)
        statement = delete(table).where(in_scope(table, scope), table.c.id == id)
        return self._connection.execute(statement).rowcount == 1

    def remove_referring(self, table: Table, scope: Scope, id: str) -> None:
        """Delete the rows of a collection that refer to an id."""
        mine = and_(in_scope(table, scope), refers_to_any(table, scope, [id]))
        ids = list(self._connection.execute(select(table.c.id).where(mine)).scalars())
        self._connection.execute(delete(table).where(mine))
        for start in range(0, len(ids), _PAGE):
            part = ids[start : start + _PAGE]
            self._connection.execute(
                delete(links).where(in_scope(links, scope), links.c.owner.in_(part))
            )

    def is_referred(
        self, table: Table, scope: Scope, id: str, *where: ColumnElement[bool]
    ) -> bool:
        """Say whether any row of a collection refers to an id and fulfils the conditions; reads no document."""
        query = select(table.c.id).where(
            in_scope(table, scope), refers_to_any(table, scope, [id]), *where
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def referring_ids(self, table: Table, scope: Scope, id: str) -> list[str]:
        """Return the ids of the rows of a collection that refer to an id."""
        query = select(table.c.id).where(
            in_scope(table, scope), refers_to_any(table, scope, [id])
        )
        return list(self._connection.execute(query).scalars())

    def referring(
        self, table: Table, scope: Scope, id: str, *where: ColumnElement[bool]
    ) -> list[Record]:
        """Return the rows of a collection that refer to an id, and fulfil the conditions."""
        query = select(table).where(
            in_scope(table, scope), refers_to_any(table, scope, [id]), *where
        )
        return [record_of(row) for row in self._connection.execute(query)]

    def fact(self, name: str) -> str:
        """Return one of the facts about the store."""
        query = select(facts.c.value).where(facts.c.name == name)
        value: str = self._connection.execute(query).scalar_one()
        return value

    def set_fact(self, name: str, value: str) -> None:
        """Put another value in the place of a fact about the store."""
        named = update(facts).where(facts.c.name == name)
        self._connection.execute(named.values(value=value))

    def select_sealed_otherwise(
        self, table: Table, prefix: bytes, last: int, limit: int
    ) -> Sequence[Any]:
        """Return rows behind `last` whose secrets do not begin so: seq, org, sandbox, id and secrets."""
        sealed = table.c.secrets
        otherwise = func.substr(sealed, 1, len(prefix)) != prefix
        query = (
            select(table.c.seq, table.c.org, table.c.sandbox, table.c.id, sealed)
            .where(table.c.seq > last, sealed.is_not(None), otherwise)
            .order_by(table.c.seq)
            .limit(limit)
        )
        return self._connection.execute(query).all()

    def replace_secrets(
        self, table: Table, changes: Sequence[tuple[int, bytes, bytes]]
    ) -> None:
        """Put other sealed secrets into rows, which are otherwise the same: the seq of each, those before, those after.

        A row that somebody else has changed meanwhile is left alone.
        """
        rows = [
            {"wanted": seq, "before": before, "after": after}
            for seq, before, after in changes
        ]
        if rows:
            self._connection.execute(_replace_secrets(table), rows)

    def count(
        self, table: Table, scope: Scope, where: Sequence[ColumnElement[bool]]
    ) -> int:
        """Count the rows of the scope that fulfil the conditions."""
        query = (
            select(func.count())
            .select_from(table)
            .where(in_scope(table, scope), *where)
        )
        return self._connection.execute(query).scalar_one()

    def select(
        self,
        table: Table,
        scope: Scope,
        where: Sequence[ColumnElement[bool]] = (),
        order: Sequence[ColumnElement[Any]] = (),
        *,
        limit: int | None = None,
        offset: int | None = None,
    ) -> list[Record]:
        """Return the rows of the scope that fulfil the conditions, in order, at most `limit` after `offset` others."""
        query = _select(table, scope, where, order).limit(limit).offset(offset)
        return [record_of(row) for row in self._connection.execute(query)]

    def stream(
        self,
        table: Table,
        scope: Scope,
        where: Sequence[ColumnElement[bool]] = (),
        order: Sequence[ColumnElement[Any]] = (),
        *,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Iterator[tuple[Record, int]]:
        """Yield what `select` returns row by row, each with the length of its document; few are in memory at once."""
        query = _select(table, scope, where, order).limit(limit).offset(offset)
        rows = self._connection.execute(
            query, execution_options={"yield_per": _AT_ONCE}
        )
        with rows:
            for row in rows:
                yield record_of(row), len(row.document)

    def _link(self, record: Record, refers_to: Iterable[str]) -> None:
        targets = _targets(record, refers_to)
        if targets:
            self._connection.execute(insert(links), targets)

    def _unlink(self, scope: Scope, id: str) -> None:
        self._connection.execute(
            delete(links).where(in_scope(links, scope), links.c.owner == id)
        )


def _select(
    table: Table,
    scope: Scope,
    where: Sequence[ColumnElement[bool]],
    order: Sequence[ColumnElement[Any]],
) -> Select[Any]:
    return select(table).where(in_scope(table, scope), *where).order_by(*order)


def _targets(record: Record, refers_to: Iterable[str]) -> list[dict[str, str]]:
    owner = {
        "org": record.scope.org,
        "sandbox": record.scope.sandbox,
        "owner": record.id,
    }
    return [owner | {"target": target} for target in dict.fromkeys(refers_to)]


# Building a statement costs SQLAlchemy several times what running it costs SQLite; the commonest are built once.
@functools.cache
def by_id(table: Table) -> Select[Any]:
    """Return the statement that reads one row of a scope; its parameters are `org`, `sandbox` and `wanted`."""
    mine = (
        table.c.org == bindparam("org"),
        table.c.sandbox == bindparam("sandbox"),
        table.c.id == bindparam("wanted"),
    )
    return select(table).where(*mine)


@functools.cache
def _replace_secrets(table: Table) -> Update:
    unchanged = and_(
        table.c.seq == bindparam("wanted"), table.c.secrets == bindparam("before")
    )
    return update(table).where(unchanged).values(secrets=bindparam("after"))


@functools.cache
def _insert(table: Table) -> Insert:
    return insert(table)


def _insert_directly(
    connection: Connection, table: Table, row: Mapping[str, Any]
) -> None:
    """Insert a row without what SQLAlchemy does around it, which costs several times what SQLite does."""
    statement, names = _prepare_insert(table)
    driver: Any = connection.connection.dbapi_connection
    driver.execute(statement, [row[name] for name in names])


@functools.cache
def _prepare_insert(table: Table) -> tuple[str, tuple[str, ...]]:
    """Return the statement as SQLite's driver takes it, and the order of its parameters."""
    names = [column.name for column in table.columns if column is not table.c.seq]
    compiled: Any = insert(table).compile(dialect=sqlite.dialect(), column_keys=names)
    return str(compiled), tuple(compiled.positiontup)


def refers_to_any(
    table: Table, scope: Scope, ids: Sequence[str]
) -> ColumnElement[bool]:
    """Return the condition for the rows that refer to any of these ids."""
    return table.c.id.in_(
        select(links.c.owner).where(in_scope(links, scope), links.c.target.in_(ids))
    )


def in_scope(table: Table, scope: Scope) -> ColumnElement[bool]:
    """Return the condition for the rows of a scope."""
    return and_(table.c.org == scope.org, table.c.sandbox == scope.sandbox)


def _row(record: Record) -> dict[str, Any]:
    fields = {field.name: getattr(record, field.name) for field in attrs.fields(Record)}
    del fields["scope"], fields["seq"]
    document = json.dumps(record.document, separators=(",", ":"))
    return fields | {
        "org": record.scope.org,
        "sandbox": record.scope.sandbox,
        "document": document,
        "marks": marks.dump(record.marks),
    }


def record_of(row: Row[Any]) -> Record:
    """Return what a row of a collection's table holds."""
    return Record(
        scope=Scope(org=row.org, sandbox=row.sandbox),
        document=json.loads(row.document),
        id=row.id,
        name=row.name,
        spec_id=row.spec_id,
        state=row.state,
        etag=row.etag,
        created_at=row.created_at,
        updated_at=row.updated_at,
        created_by=row.created_by,
        updated_by=row.updated_by,
        secrets=row.secrets,
        marks=marks.load(row.marks),
        seq=row.seq,
    )
