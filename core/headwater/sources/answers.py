"""Whether what a plugin's reader answers can be shown and sent: its facts are text, its rows JSON under its columns.

An answer is copied while it is checked. A mapping or sequence that makes its items up as they are asked for thereby
fails here, and not while somebody prints them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from headwater.secret import Secret, has_unpaired_surrogate
from headwater.sources.contract import (
    Check,
    Column,
    Columns,
    LeftOut,
    Limit,
    Preview,
    Row,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_DEEPEST = 64  # levels of a value within a row
_SHOWN = 80  # characters of a name that is none of the columns
# No reader of JSON takes a number beyond it for one, and Python does not even write it.
_LARGEST = 2**1024


class Unfit(Exception):
    """An answer that cannot be used; its text names the place and the rule, never the value."""


def check_facts(check: Check) -> Check:
    """Return what a source says of itself if all of it can be shown. Raises `Unfit`."""
    for name in ("user", "organization", "version"):
        _require_text(getattr(check, name), f"its {name}")
    for name in ("versions", "permissions", "notes"):
        for text in getattr(check, name):
            _require_text(text, f"one of its {name}")
    for limit in check.limits:
        _require_kind(limit, Limit, "one of its limits")
        _require_text(limit.name, "the name of a limit")
        _copy_value(limit.left, f"the limit {limit.name}")
        _copy_value(limit.most, f"the limit {limit.name}")
    return check


def check_tables(tables: Iterable[Table]) -> tuple[Table, ...]:
    """Return tables, sorted by name, if each can be listed. Raises `Unfit`."""
    checked = []
    for table in tables:
        _require_kind(table, Table, "a table")
        _require_text(table.name, "the name of a table")
        for name in ("label", "note"):
            _require_text(getattr(table, name), f"the {name} of table {table.name}")
        _require_kind(table.can_preview, bool, f"can_preview of table {table.name}")
        checked.append(table)
    return tuple(sorted(checked, key=lambda table: table.name))


def check_columns(columns: Columns) -> Columns:
    """Return the columns of a table if each can be described. Raises `Unfit`."""
    for column in columns.columns:
        _check_column(column)
    for field in columns.left_out:
        _require_kind(field, LeftOut, "a field that is left out")
        _require_text(field.name, "the name of a field that is left out")
        _require_text(field.reason, f"the reason why {field.name} is left out")
    for note in columns.notes:
        _require_text(note, "one of the notes on the columns")
    return columns


def check_preview(preview: Preview, most: int) -> Preview:
    """Return the first `most` rows of a preview if they are JSON values under its columns. Raises `Unfit`."""
    _require_kind(preview.columns, Columns, "the description of its columns")
    columns = check_columns(preview.columns)
    names = {column.name for column in columns.columns}
    rows = [
        _copy_row(row, names, number)
        for number, row in enumerate(preview.rows[:most], start=1)
    ]
    return Preview(columns, rows)


def _check_column(column: Column, depth: int = 0) -> None:
    _require_kind(column, Column, "a column")
    _require_text(column.name, "the name of a column")
    for name in ("type", "format", "meta_type"):
        _require_text(getattr(column, name), f"the {name} of column {column.name}")
    if depth > _DEEPEST:
        raise Unfit(f"column {column.name} is nested too deep")
    for part in column.properties:
        _check_column(part, depth + 1)


def _copy_row(row: Any, names: set[str], number: int) -> Row:
    _require_kind(row, dict, f"row {number}")
    copied = {}
    for name, value in row.items():
        if not isinstance(name, str):
            raise Unfit(
                f"row {number} has a key of type {_type(name)}, not the name of a column"
            )
        if name not in names:
            raise Unfit(
                f"row {number} has a value under {name[:_SHOWN]!r}, which is none of its columns"
            )
        copied[name] = _copy_value(value, f"column {name} of row {number}")
    return copied


def _copy_value(value: Any, place: str, depth: int = 0) -> Any:
    """Return a value as JSON has it; tuples become lists. Raises `Unfit`."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _copy_text(value, place)
    if isinstance(value, int):
        return _copy_integer(value, place)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Unfit(
                f"{place} holds NaN or an infinity, for which JSON has no number"
            )
        return float(value)
    if depth > _DEEPEST:
        raise Unfit(f"{place} holds a value that is nested too deep")
    if isinstance(value, (list, tuple)):
        return [_copy_value(item, place, depth + 1) for item in value]
    if isinstance(value, dict):
        return _copy_object(value, place, depth)
    raise Unfit(f"{place} holds {_describe(value)}, which is no JSON value")


def _copy_object(value: dict[Any, Any], place: str, depth: int) -> dict[str, Any]:
    copied = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise Unfit(f"{place} holds an object with a key of type {_type(key)}")
        copied[_copy_text(key, place)] = _copy_value(item, place, depth + 1)
    return copied


def _copy_text(text: str, place: str) -> str:
    if has_unpaired_surrogate(text):
        raise Unfit(f"{place} holds half a surrogate pair, which no text can hold")
    return str(text)


def _copy_integer(number: int, place: str) -> int:
    if abs(number) >= _LARGEST:
        raise Unfit(f"{place} holds a number that is too large for JSON")
    return int(number)


def _require_text(value: Any, place: str) -> None:
    _require_kind(value, str, place)
    _copy_text(value, place)


def _require_kind(value: Any, kind: type, place: str) -> None:
    if not isinstance(value, kind):
        raise Unfit(f"{place} is {_describe(value)}, not {_article(kind.__name__)}")


def _describe(value: Any) -> str:
    if isinstance(value, Secret):
        return "a Secret"
    return _article(_type(value))


def _article(noun: str) -> str:
    return f"an {noun}" if noun[:1].lower() in "aeiou" else f"a {noun}"


def _type(value: Any) -> str:
    return type(value).__name__
