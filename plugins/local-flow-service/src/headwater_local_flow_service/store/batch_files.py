"""Rows of the files of batches: found, counted, added and removed inside one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
from sqlalchemy import and_, delete, func, insert, select

from headwater_local_flow_service.store import tables
from headwater_local_flow_service.store.rows import Scope, in_scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Row

    from headwater_local_flow_service.store.rows import Rows

_TABLE = tables.batch_files

INPUT: Final = "input"  # put into the batch whole
BEGUN: Final = "begun"  # a large file that comes in parts; it has no key
PART: Final = "part"  # one part of such a file
OUTPUT: Final = "output"  # what data sets are read from
FAILED: Final = "failed"  # rows of a batch that failed
META: Final = "meta"  # reports about the batch
RECEIVED: Final = (INPUT, BEGUN, PART)

_AT_ONCE: Final = 500  # rows of one statement
_READ_AT_ONCE: Final = 200  # rows taken from the database at once


@attrs.frozen(kw_only=True)
class BatchFile:
    """One file of a batch: the path it is known by, the key it lies under, its size in bytes."""

    id: str
    scope: Scope
    batch: str
    data_set: str
    role: str
    path: str
    key: str
    size: int
    records: int | None = None
    sha256: str | None = None
    created_at: int  # milliseconds since 1970


def find(
    rows: Rows, scope: Scope, batch: str, role: str, path: str
) -> BatchFile | None:
    """Return a file of a batch by its role and path, or None."""
    query = select(_TABLE).where(
        _of_batch(scope, batch), _TABLE.c.role == role, _TABLE.c.path == path
    )
    row = rows.connection.execute(query).first()
    return None if row is None else _file_of(row)


def get(rows: Rows, scope: Scope, id: str) -> BatchFile | None:
    """Return a file of the scope by its id, or None."""
    query = select(_TABLE).where(in_scope(_TABLE, scope), _TABLE.c.id == id)
    row = rows.connection.execute(query).first()
    return None if row is None else _file_of(row)


def of_batch(
    rows: Rows,
    scope: Scope,
    batch: str,
    roles: Sequence[str],
    *,
    start: int = 0,
    limit: int | None = None,
) -> list[BatchFile]:
    """Return the files of a batch that have one of these roles, by path; `limit` of them after `start` others."""
    query = (
        select(_TABLE)
        .where(_of_batch(scope, batch), _TABLE.c.role.in_(roles))
        .order_by(_TABLE.c.path, _TABLE.c.role)
        .offset(start)
        .limit(limit)
    )
    return [_file_of(row) for row in rows.connection.execute(query)]


def count(rows: Rows, scope: Scope, batch: str, roles: Sequence[str]) -> int:
    """Count the files of a batch that have one of these roles."""
    return total(rows, scope, batch, roles)[0]


def total(
    rows: Rows, scope: Scope, batch: str, roles: Sequence[str]
) -> tuple[int, int]:
    """Return how many files of a batch have one of these roles, and their bytes."""
    query = select(func.count(), func.sum(_TABLE.c.size)).where(
        _of_batch(scope, batch), _TABLE.c.role.in_(roles)
    )
    number, size = rows.connection.execute(query).one()
    return int(number), int(size or 0)


def whole_size(rows: Rows) -> tuple[int, int]:
    """Return how many files there are in all organizations and sandboxes, and their bytes."""
    query = select(func.count(), func.sum(_TABLE.c.size)).where(_TABLE.c.key != "")
    number, size = rows.connection.execute(query).one()
    return int(number), int(size or 0)


def add_all(rows: Rows, files: Iterable[BatchFile]) -> None:
    """Store many new rows."""
    values = [_row(file) for file in files]
    for start in range(0, len(values), _AT_ONCE):
        rows.connection.execute(insert(_TABLE), values[start : start + _AT_ONCE])


def remove(rows: Rows, file: BatchFile) -> None:
    """Delete one row."""
    rows.connection.execute(delete(_TABLE).where(_TABLE.c.id == file.id))


def remove_all(rows: Rows, scope: Scope, batch: str, roles: Sequence[str]) -> list[str]:
    """Delete the rows of a batch that have one of these roles; return the keys of their files."""
    mine = and_(_of_batch(scope, batch), _TABLE.c.role.in_(roles))
    keys = list(rows.connection.execute(select(_TABLE.c.key).where(mine)).scalars())
    rows.connection.execute(delete(_TABLE).where(mine))
    return [key for key in keys if key]


def remove_of_data_set(rows: Rows, scope: Scope, data_set: str) -> None:
    """Delete the rows of every batch of a data set."""
    mine = and_(in_scope(_TABLE, scope), _TABLE.c.data_set == data_set)
    rows.connection.execute(delete(_TABLE).where(mine))


def known_keys(rows: Rows, batch: str) -> set[str]:
    """Return the keys of all files of a batch."""
    query = select(_TABLE.c.key).where(_TABLE.c.batch == batch)
    return set(rows.connection.execute(query).scalars())


def read_page(
    rows: Rows,
    scope: Scope,
    where: Sequence[ColumnElement[bool]],
    order: Sequence[ColumnElement[Any]] = (),
    *,
    start: int = 0,
    limit: int | None = None,
) -> Iterator[BatchFile]:
    """Yield the output files of batches that data sets are read from, in order; few are in memory at once."""
    batches = tables.batches
    query = (
        select(_TABLE)
        .join(batches, batches.c.id == _TABLE.c.batch)
        .where(in_scope(_TABLE, scope), _TABLE.c.role == OUTPUT)
        .where(batches.c.state == "success", *where)
        .order_by(*(order or (_TABLE.c.created_at, _TABLE.c.batch, _TABLE.c.path)))
        .offset(start)
        .limit(limit)
    )
    options = {"yield_per": _READ_AT_ONCE}
    with rows.connection.execute(query, execution_options=options) as found:
        for row in found:
            yield _file_of(row)


def _of_batch(scope: Scope, batch: str) -> ColumnElement[bool]:
    return and_(in_scope(_TABLE, scope), _TABLE.c.batch == batch)


def _row(file: BatchFile) -> dict[str, Any]:
    facts = {field.name: getattr(file, field.name) for field in attrs.fields(BatchFile)}
    del facts["scope"]
    return facts | {"org": file.scope.org, "sandbox": file.scope.sandbox}


def _file_of(row: Row[Any]) -> BatchFile:
    facts = dict(row._mapping)
    scope = Scope(org=facts.pop("org"), sandbox=facts.pop("sandbox"))
    return BatchFile(scope=scope, **facts)
