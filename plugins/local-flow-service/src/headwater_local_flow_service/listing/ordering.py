"""``orderby``, and where a page ends: positions between rows that stay valid while others write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs
from sqlalchemy import and_, literal, or_, tuple_

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.texts import storable

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


NEWEST = (Key("createdAt", descending=True),)


def parse(text: str, view: View) -> tuple[Key, ...]:
    """Read ``orderby``: fields with commas between, each with an optional ``+`` or ``-``. Raises `FlowError`."""
    return keys(text, view.sortable)


def keys(text: str, sortable: Collection[str]) -> tuple[Key, ...]:
    """Read ``orderby`` for items that are sorted by these fields. Raises `FlowError`."""
    found = tuple(_key(part, sortable) for part in text.split(","))
    if len({key.field for key in found}) != len(found):
        raise FlowError("FLOW-1433-400", "orderby names a field twice")
    return found


def _key(part: str, sortable: Collection[str]) -> Key:
    part = part.strip()  # a plus sign decodes to a blank in a query string
    name = part.lstrip("+-")
    if len(part) - len(name) > 1 or not (name[:1].isalpha() or not name):
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
    return [
        *((table.c[sortable[key.field]], key.descending) for key in order),
        (table.c.seq, True),
    ]


def clauses(view: View, order: Sequence[Key]) -> list[ColumnElement[Any]]:
    """Return what to sort by."""
    return [
        column.desc() if descending else column.asc()
        for column, descending in columns(view, order)
    ]


def position(record: Record, view: View, order: Sequence[Key]) -> list[str | int]:
    """Return where a row stands: the values it is sorted by, the sequence last."""
    sortable = view.sortable
    return [*(getattr(record, sortable[key.field]) for key in order), record.seq or 0]


def fits(values: Sequence[Any], view: View, order: Sequence[Key]) -> bool:
    """Say whether values read from a token can be a position in this order."""
    kinds = [column.type.python_type for column, _descending in columns(view, order)]
    return len(values) == len(kinds) and all(map(_fits, values, kinds))


def _fits(value: Any, kind: type) -> bool:
    if kind is int:
        return (
            isinstance(value, int)
            and not isinstance(value, bool)
            and abs(value) < 2**63
        )
    return isinstance(value, str) and storable(value)


def after(
    view: View, order: Sequence[Key], values: Sequence[Any]
) -> ColumnElement[bool]:
    """Return the condition for the rows behind a position."""
    placed = zip(columns(view, order), values, strict=True)
    pairs = [
        (column, descending, literal(value, column.type))
        for (column, descending), value in placed
    ]
    if all(descending for _column, descending, _value in pairs):
        # One comparison of rows, which both databases answer from an index.
        return tuple_(*(pair[0] for pair in pairs)) < tuple_(
            *(pair[2] for pair in pairs)
        )
    return or_(*(_step(pairs[: place + 1]) for place in range(len(pairs))))


def _step(pairs: Sequence[tuple[Any, bool, Any]]) -> ColumnElement[bool]:
    *before, (column, descending, value) = pairs
    behind = column < value if descending else column > value
    return and_(*(column == value for column, _descending, value in before), behind)
