"""Pages of one collection: what SQL can decide is decided there, the rest is looked at row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.listing import ordering
from headwater_local_flow_service.listing.filters import fold_state
from headwater_local_flow_service.listing.paging import LARGEST_SCAN_PAGE
from headwater_local_flow_service.store.rows import refers_to_any
from headwater_local_flow_service.store.tables import INDEXED_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import ColumnElement, Table

    from headwater_local_flow_service.listing.filters import Condition, Filters
    from headwater_local_flow_service.listing.paging import Listing
    from headwater_local_flow_service.listing.views import View
    from headwater_local_flow_service.store.store import Record, Scope, Store

    Render = Callable[[Record], dict[str, Any]]


@attrs.frozen
class Page:
    """Some items, and the token that continues behind them, or None at the end."""

    items: list[dict[str, Any]]
    token: str | None


def page(
    store: Store, view: View, scope: Scope, listing: Listing, render: Render
) -> Page:
    """Return the page a listing asks for."""
    items: list[dict[str, Any]] = []
    last: Record | None = None
    for record, item in _matching(store, view, scope, listing, render):
        if len(items) == listing.limit and last is not None:
            end = ordering.position(last, view, listing.order)
            return Page(items, listing.token(end))
        items.append(listing.filters.project(item))
        last = record
    return Page(items, None)


def count(
    store: Store, view: View, scope: Scope, listing: Listing, render: Render
) -> int:
    """Return how many items the filters of a listing let through."""
    where, rest = _split(view, scope, listing.filters)
    if not rest:
        with store.reading() as rows:
            return rows.count(view.table, scope, where)
    whole = attrs.evolve(listing, limit=LARGEST_SCAN_PAGE, position=())
    return sum(1 for _match in _matching(store, view, scope, whole, render))


def _matching(
    store: Store, view: View, scope: Scope, listing: Listing, render: Render
) -> Iterator[tuple[Record, dict[str, Any]]]:
    where, rest = _split(view, scope, listing.filters)
    order = ordering.clauses(view, listing.order)
    position = listing.position
    size = LARGEST_SCAN_PAGE if rest else listing.limit + 1
    while True:
        conditions = list(where)
        if position:
            conditions.append(ordering.after(view, listing.order, position))
        with store.reading() as rows:
            records = rows.select(view.table, scope, conditions, order, limit=size)
        for record in records:
            item = render(record)
            if all(condition.matches(item) for condition in rest):
                yield record, item
        if len(records) < size:
            return
        position = tuple(ordering.position(records[-1], view, listing.order))


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
