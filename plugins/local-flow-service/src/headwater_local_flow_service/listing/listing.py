"""Pages of one collection: what SQL can decide is decided there, the rest is looked at row by row.

A page ends where it is long enough, in items or in bytes, or where enough has been read for it; its token goes on
behind the last row that was looked at. Rows are streamed, and of an item that is on the page only its JSON is kept: the
objects that Python makes of a document take thirty times the room.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.listing import ordering
from headwater_local_flow_service.listing.filters import fold_state
from headwater_local_flow_service.store.rows import refers_to_any
from headwater_local_flow_service.store.tables import INDEXED_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Table

    from headwater_local_flow_service.listing.filters import Condition, Filters
    from headwater_local_flow_service.listing.paging import Listing
    from headwater_local_flow_service.listing.views import View
    from headwater_local_flow_service.store.store import Record, Rows, Scope, Store

    Render = Callable[[Record], dict[str, Any]]


LARGEST_PAGE_SIZE: Final = (
    4_194_304  # bytes of JSON; the item that reaches it is the last one of its page
)
MOST_READ_FOR_PAGE: Final = 67_108_864  # characters of stored documents


@attrs.frozen
class Page:
    """Some items as JSON in UTF-8, and the token that continues behind them, or None at the end."""

    items: list[bytes] = attrs.field(repr=False)
    token: str | None


@attrs.frozen
class _Read:
    """One row that was read: where it stands, its size in characters, and its JSON if the filters let it through."""

    position: list[str | int]
    size: int
    item: bytes | None = attrs.field(repr=False)


def page(
    store: Store, view: View, scope: Scope, listing: Listing, render: Render
) -> Page:
    """Return the page a listing asks for. One that enough was read for may hold less than was asked for, or nothing."""
    items: list[bytes] = []
    size = read = 0
    last: list[str | int] = []
    with store.reading() as rows:
        for row in _read_rows(rows, view, scope, listing, render):
            if read >= MOST_READ_FOR_PAGE:
                return Page(items, listing.token(last))
            if row.item is not None:
                if len(items) == listing.limit or size >= LARGEST_PAGE_SIZE:
                    return Page(items, listing.token(last))
                items.append(row.item)
                size += len(row.item)
            read += row.size
            last = row.position
    return Page(items, None)


def count(
    store: Store, view: View, scope: Scope, listing: Listing, render: Render
) -> int:
    """Return how many items the filters of a listing let through."""
    where, rest = _split(view, scope, listing.filters)
    if not rest:
        with store.reading() as rows:
            return rows.count(view.table, scope, where)
    whole = attrs.evolve(listing, position=())
    with store.reading() as rows:
        found = _read_rows(rows, view, scope, whole, render)
        return sum(row.item is not None for row in found)


def write_json(item: Any) -> bytes:
    """Return an item as the body of an answer holds it."""
    return json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode()


def write_list(items: Iterable[bytes], **members: Any) -> bytes:
    """Return the body of a list answer: ``items``, each already JSON, and what else belongs to it."""
    others = [
        b",%s:%s" % (write_json(key), write_json(members[key])) for key in members
    ]
    return b'{"items":[' + b",".join(items) + b"]" + b"".join(others) + b"}"


def _read_rows(
    rows: Rows, view: View, scope: Scope, listing: Listing, render: Render
) -> Iterator[_Read]:
    """Yield the rows behind the position of a listing that SQL lets through, in order."""
    where, rest = _split(view, scope, listing.filters)
    if listing.position:
        where.append(ordering.after(view, listing.order, listing.position))
    order = ordering.clauses(view, listing.order)
    # Where SQL decides alone, knowing how many rows are wanted spares it sorting the others.
    limit = None if rest or listing.count else listing.limit + 1
    for record, size in rows.stream(view.table, scope, where, order, limit=limit):
        end = ordering.position(record, view, listing.order)
        item = _write_matching(render(record), rest, listing)
        # Or one document would stay in memory while the next one is read.
        del record
        yield _Read(end, size, item)


def _write_matching(
    item: dict[str, Any], rest: Sequence[Condition], listing: Listing
) -> bytes | None:
    """Return the JSON of an item that fulfils the conditions, None for another; a count needs none of it."""
    if not all(condition.matches(item) for condition in rest):
        return None
    return b"" if listing.count else write_json(listing.filters.project(item))


def _split(
    view: View, scope: Scope, filters: Filters
) -> tuple[list[ColumnElement[bool]], list[Condition]]:
    """Return what SQL looks at, and the conditions that the items themselves must be held against."""
    names_item = any(
        condition.field == "name" and condition.operator == "=="
        for condition in filters.conditions
    )
    where: list[ColumnElement[bool]] = []
    rest: list[Condition] = []
    for condition in filters.conditions:
        where += _clauses(view, scope, condition, names_item)
        if not _is_decided_by_sql(view, condition):
            rest.append(condition.resolve_alias(view.aliases))
    return where, rest


def _clauses(
    view: View, scope: Scope, condition: Condition, names_item: bool
) -> list[ColumnElement[bool]]:
    """Return what SQL can say about a condition: one clause, or none."""
    if condition.operator != "==":
        return []
    if condition.field in view.links:
        return [refers_to_any(view.table, scope, condition.values)]
    column = view.columns.get(condition.field)
    if column is None:
        return []
    values = [_stored_value(column, value) for value in condition.values]
    return [_operand(view.table, column, names_item).in_(values)]


def _is_decided_by_sql(view: View, condition: Condition) -> bool:
    """Say whether the clauses of a condition let through exactly the rows that fulfil it."""
    if condition.operator != "==":
        return False
    if condition.field in view.links:
        return len(view.links) == 1  # nothing else of the row refers_to_any to anything
    if condition.field == "name":
        # The column holds the beginning of a name, and nothing where there is none.
        return all(0 < len(value) < INDEXED_NAME for value in condition.values)
    return condition.field in view.columns


def _operand(table: Table, column: str, names_item: bool) -> ColumnElement[str]:
    """Return what to compare; beside a name as an expression, or SQLite searches the index of the specifications."""
    if names_item and column in ("spec_id", "state"):
        return table.c[column] + ""
    return table.c[column]


def _stored_value(column: str, value: str) -> str:
    """Return a value as the column holds it."""
    if column == "state":
        return fold_state(value)
    if column == "name":
        return value[:INDEXED_NAME]
    return value
