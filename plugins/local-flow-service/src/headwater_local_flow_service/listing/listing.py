"""Pages of one collection: what SQL can decide is decided there, the rest is looked at row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.listing import ordering
from headwater_local_flow_service.listing.filters import folded
from headwater_local_flow_service.listing.paging import LARGEST_SCAN_PAGE
from headwater_local_flow_service.store.rows import refers
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
            return Page(
                items, listing.token(ordering.position(last, view, listing.order))
            )
        items.append(listing.filters.projected(item))
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
    return sum(1 for _found in _matching(store, view, scope, whole, render))


def _matching(
    store: Store, view: View, scope: Scope, listing: Listing, render: Render
) -> Iterator[tuple[Record, dict[str, Any]]]:
    where, rest = _split(view, scope, listing.filters)
    order = ordering.clauses(view, listing.order)
    position = listing.position
    size = LARGEST_SCAN_PAGE if rest else listing.limit + 1
    while True:
        behind = [ordering.after(view, listing.order, position)] if position else []
        with store.reading() as rows:
            records = rows.select(
                view.table, scope, [*where, *behind], order, limit=size
            )
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
    where: list[ColumnElement[bool]] = []
    rest: list[Condition] = []
    columns = view.columns
    named = any(
        condition.field == "name" and condition.operator == "=="
        for condition in filters.conditions
    )
    for condition in filters.conditions:
        column = columns.get(condition.field)
        if condition.operator == "==" and condition.field in view.links:
            where.append(refers(view.table, scope, condition.values))
            if len(view.links) == 1:  # nothing else of the row refers to anything
                continue
        if column is None or condition.operator != "==":
            rest.append(condition.renamed(view.aliases))
            continue
        values = [_stored(column, value) for value in condition.values]
        where.append(_operand(view.table, column, named).in_(values))
        # The column holds the beginning of a name, and nothing where there is none: look at the name itself as well.
        if column == "name" and not all(
            0 < len(value) < INDEXED_NAME for value in condition.values
        ):
            rest.append(condition)
    return where, rest


def _operand(table: Table, column: str, named: bool) -> ColumnElement[str]:
    """Return what to compare; beside a name as an expression, or SQLite searches the index of the specifications."""
    return (
        table.c[column] + ""
        if named and column in ("spec_id", "state")
        else table.c[column]
    )


def _stored(column: str, value: str) -> str:
    if column == "state":
        return folded(value)  # states are stored as they are compared
    return value[:INDEXED_NAME] if column == "name" else value
