"""``orderby``, and where a page ends: positions between rows that stay valid while others write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs
from sqlalchemy import and_, literal, or_, tuple_

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.texts import is_storable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Column, ColumnElement

    from headwater_local_flow_service.listing.views import View
    from headwater_local_flow_service.store.store import Record

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9.]*")


@attrs.frozen
class Key:
    """One field to sort by."""

    field: str
    descending: bool

    def __str__(self) -> str:
        return f"-{self.field}" if self.descending else self.field


@attrs.frozen
class _Place:
    """One part of a position: a column that rows are sorted by, and its value there."""

    column: Column[Any]
    descending: bool
    value: ColumnElement[Any]


NEWEST = (Key("createdAt", descending=True),)


def parse(text: str, view: View) -> tuple[Key, ...]:
    """Read ``orderby``: fields with commas between, each with an optional ``+`` or ``-``. Raises `FlowError`."""
    return keys(text, view.sortable)


def keys(text: str, sortable: Collection[str]) -> tuple[Key, ...]:
    """Read ``orderby`` for items that are sorted by these fields. Raises `FlowError`."""
    order = tuple(_key(part, sortable) for part in text.split(","))
    fields = {key.field for key in order}
    if len(fields) != len(order):
        raise FlowError("FLOW-1433-400", "orderby names a field twice")
    return order


def _key(part: str, sortable: Collection[str]) -> Key:
    part = part.strip()  # a plus sign decodes to a blank in a query string
    name = part.lstrip("+-")
    signs = len(part) - len(name)
    is_word = not name or name[0].isalpha()
    if signs > 1 or not is_word:
        raise FlowError(
            "FLOW-1432-400", "the direction of orderby is + or - before the field"
        )
    if not _FIELD.fullmatch(name) or name not in sortable:
        raise FlowError(
            "FLOW-1433-400", f"orderby knows the fields {', '.join(sortable)}"
        )
    return Key(name, descending=part.startswith("-"))


def columns(view: View, order: Sequence[Key]) -> list[tuple[Column[Any], bool]]:
    """Return (column, descending) for each key; the sequence breaks ties, newest first."""
    sortable, table = view.sortable, view.table
    keys = [(table.c[sortable[key.field]], key.descending) for key in order]
    return [*keys, (table.c.seq, True)]


def clauses(view: View, order: Sequence[Key]) -> list[ColumnElement[Any]]:
    """Return what to sort by."""
    return [
        column.desc() if descending else column.asc()
        for column, descending in columns(view, order)
    ]


def position(record: Record, view: View, order: Sequence[Key]) -> list[str | int]:
    """Return where a row stands: the values it is sorted by, the sequence last."""
    sortable = view.sortable
    values = [getattr(record, sortable[key.field]) for key in order]
    return [*values, record.seq or 0]


def fits(values: Sequence[Any], view: View, order: Sequence[Key]) -> bool:
    """Say whether values read from a token can be a position in this order."""
    types = [column.type.python_type for column, _descending in columns(view, order)]
    if len(values) != len(types):
        return False
    return all(map(_fits, values, types))


def _fits(value: Any, type_: type) -> bool:
    if type_ is int:
        return type(value) is int and abs(value) < 2**63
    return isinstance(value, str) and is_storable(value)


def after(
    view: View, order: Sequence[Key], values: Sequence[Any]
) -> ColumnElement[bool]:
    """Return the condition for the rows behind a position."""
    sorted_by = columns(view, order)
    places = [
        _Place(column, descending, literal(value, column.type))
        for (column, descending), value in zip(sorted_by, values, strict=True)
    ]
    if all(place.descending for place in places):
        # One comparison of rows, which both databases answer from an index.
        row = tuple_(*(place.column for place in places))
        return row < tuple_(*(place.value for place in places))
    steps = [_step(places[:count], place) for count, place in enumerate(places)]
    return or_(*steps)


def _step(before: Sequence[_Place], place: _Place) -> ColumnElement[bool]:
    """Return the condition for rows that are equal in what is sorted by before, and behind in this."""
    equal = [each.column == each.value for each in before]
    if place.descending:
        return and_(*equal, place.column < place.value)
    return and_(*equal, place.column > place.value)
