"""ROQL: names as they may stand in a query, and the tables its answers consist of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeGuard

import attrs

from headwater.errors import SourceNotFound, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headwater.sources import HttpAnswer

# incidents; Package.Object; CustomFields.c.name
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}(\.[A-Za-z][A-Za-z0-9_]{0,79}){0,4}")

LONGEST_SELECT = 3000  # characters of a column list: the query travels in the URL, whose limit is not documented


@attrs.frozen
class Result:
    """One table of an answer: all cells are strings or None."""

    names: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...] = attrs.field(repr=False)

    def column(self, name: str) -> list[str | None]:
        """Return the cells of a column, whatever the case of its name; none where there is no such column."""
        names = [column.lower() for column in self.names]
        if name.lower() not in names:
            return []
        place = names.index(name.lower())
        return [row[place] for row in self.rows]

    def has_columns(self, asked: Sequence[str]) -> bool:
        """Say whether these are the columns asked for, in that order; of a path the last name is enough."""
        if len(self.names) != len(asked):
            return False
        for name, path in zip(self.names, asked, strict=True):
            last = path.rpartition(".")[2]
            if name.lower() not in (path.lower(), last.lower()):
                return False
        return True


def require_name(table: str) -> str:
    """Return a table's name as it may stand in a query. Raises `SourceNotFound` for what no table can be called."""
    if not is_name(table):
        raise SourceNotFound(
            "a table is named like incidents or Package.Object",
            remedy="run `headwater tables` for those there are",
        )
    return table


def is_name(text: str | None) -> TypeGuard[str]:
    """Say whether a string can stand in a query as a name."""
    return text is not None and _NAME.fullmatch(text) is not None


def select(names: Sequence[str], table: str, n: int, *, ordered: bool) -> str:
    """Return the query for the first rows, by id where `ordered`; names have passed the grammar."""
    columns = ", ".join(names)
    order = " ORDER BY ID ASC" if ordered else ""
    return f"USE REPORT; SELECT {columns} FROM {table}{order} LIMIT {n}"  # noqa: S608 - names are checked


def groups(names: Sequence[str]) -> Iterator[list[str]]:
    """Yield the columns in groups whose list is short enough for one URL; ``id`` leads each, to join them by.

    Without an id there is nothing to join by, so all of them are one group.
    """
    if not any(name.lower() == "id" for name in names):
        yield list(names)
        return
    group, size = ["id"], 0
    for name in names:
        if name.lower() == "id":
            continue
        if size + len(name) > LONGEST_SELECT:
            yield group
            group, size = ["id"], 0
        group.append(name)
        size += len(name) + 2
    yield group


def read_result(answer: HttpAnswer, host: str) -> Result:
    """Read the first table of an answer. Raises `SourceUnavailable` where the body has none."""
    items = answer.member("items")
    if isinstance(items, list):
        for item in items:
            result = _read_table(item)
            if result is not None:
                return result
    raise SourceUnavailable(
        f"{host} answered something other than a query result",
        remedy="check host: it must name the site itself",
    )


def _read_table(item: Any) -> Result | None:
    """Return a table; None for what does not have the documented shape."""
    if not isinstance(item, dict):
        return None
    names, rows = item.get("columnNames"), item.get("rows")
    if not _is_list_of(names, str) or not isinstance(rows, list):
        return None
    for cells in rows:
        if not _is_list_of(cells, str | None) or len(cells) != len(names):
            return None
    return Result(tuple(names), tuple(map(tuple, rows)))


def _is_list_of(value: Any, kind: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)
