"""Rows in and out of the database: every write is one transaction, durable when it returns."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs
from sqlalchemy import and_, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from headwater_local_flow_service import database, schema
from headwater_local_flow_service.storeerrors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, Table

    from headwater_local_flow_service.settings import Settings


@attrs.frozen(kw_only=True)
class Scope:
    """Whose rows are seen: nothing crosses an organization or a sandbox."""

    org: str
    sandbox: str


@attrs.frozen(kw_only=True)
class Record:
    """One row of a collection; `document` is JSON with its secrets masked, `secrets` their sealed form."""

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
    seq: int | None = None


class Store:
    """An open store. Raises `StoreUnavailable` from every method when the database does not answer."""

    def __init__(self, settings: Settings) -> None:
        url = database.url_of(settings.store)
        if database.is_file(url):
            database.make_file(url)
        self.label = database.label(url)
        self._reader = database.engine_of(url, busy_timeout=settings.busy_timeout)
        self._writer = self._reader.execution_options(**database.WRITES)
        try:
            self.vault = schema.unlock(self._reader, url, settings)
        except BaseException:
            self._reader.dispose()
            raise

    def close(self) -> None:
        """Let go of the database."""
        self._reader.dispose()

    def add(self, table: Table, record: Record) -> None:
        """Store a new row."""
        with _transaction(self._writer) as connection:
            connection.execute(insert(table), _row(record))

    def get(self, table: Table, scope: Scope, id: str) -> Record | None:
        """Return one row of the scope, or None."""
        with _transaction(self._reader) as connection:
            row = connection.execute(select(table).where(_owned(table, scope), table.c.id == id)).one_or_none()
        return None if row is None else _record(row)

    def replace(self, table: Table, record: Record, *, etag: str) -> bool:
        """Write a changed row unless somebody else did since its `etag` was read; say whether it was written."""
        mine = and_(_owned(table, record.scope), table.c.id == record.id, table.c.etag == etag)
        with _transaction(self._writer) as connection:
            return connection.execute(update(table).where(mine).values(_row(record))).rowcount == 1

    def remove(self, table: Table, scope: Scope, id: str) -> bool:
        """Delete one row of the scope; say whether it was there."""
        with _transaction(self._writer) as connection:
            return connection.execute(delete(table).where(_owned(table, scope), table.c.id == id)).rowcount == 1

    def count(self, table: Table, scope: Scope, where: Sequence[ColumnElement[bool]]) -> int:
        """Count the rows of the scope that fulfil the conditions."""
        query = select(func.count()).select_from(table).where(_owned(table, scope), *where)
        with _transaction(self._reader) as connection:
            return connection.execute(query).scalar_one()

    def select(
        self,
        table: Table,
        scope: Scope,
        where: Sequence[ColumnElement[bool]],
        order: Sequence[ColumnElement[Any]],
        limit: int,
    ) -> list[Record]:
        """Return at most `limit` rows of the scope that fulfil the conditions, in order."""
        query: Select[Any] = select(table).where(_owned(table, scope), *where).order_by(*order).limit(limit)
        with _transaction(self._reader) as connection:
            return [_record(row) for row in connection.execute(query)]


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    failure = ""
    try:
        with engine.begin() as connection:
            yield connection
    except (DBAPIError, PoolTimeout) as error:
        failure = type(getattr(error, "orig", None) or error).__name__
    if failure:
        raise StoreUnavailable(failure)


def _owned(table: Table, scope: Scope) -> ColumnElement[bool]:
    return and_(table.c.org == scope.org, table.c.sandbox == scope.sandbox)


def _row(record: Record) -> dict[str, Any]:
    fields = {field.name: getattr(record, field.name) for field in attrs.fields(Record)}
    del fields["scope"], fields["seq"]
    document = json.dumps(record.document, separators=(",", ":"))
    return fields | {"org": record.scope.org, "sandbox": record.scope.sandbox, "document": document}


def _record(row: Row[Any]) -> Record:
    values = dict(row._mapping)
    scope = Scope(org=values.pop("org"), sandbox=values.pop("sandbox"))
    return Record(**values | {"scope": scope, "document": json.loads(values["document"])})
