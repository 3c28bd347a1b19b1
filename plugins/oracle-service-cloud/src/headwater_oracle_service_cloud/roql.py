"""ROQL: names as they may stand in a query, and the tables its answers consist of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

from headwater.errors import SourceNotFound, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headwater.sources import HttpAnswer

# incidents; Package.Object; CustomFields.c.name
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}(\.[A-Za-z][A-Za-z0-9_]{0,79}){0,4}")

LONGEST_SELECT = 3000  # characters of a column list: the query travels in the URL, whose limit is not documented


@attrs.frozen
class Result:
    """One table of an answer: all cells are texts or None."""

    names: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...] = attrs.field(repr=False)

    def column(self, name: str) -> list[str | None]:
        """Return the cells of a column, whatever the case of its name; none where there is no such column."""
        places = [
            place
            for place, each in enumerate(self.names)
            if each.lower() == name.lower()
        ]
        return [row[places[0]] for row in self.rows] if places else []

    def answers(self, asked: Sequence[str]) -> bool:
        """Say whether these are the columns asked for, in that order; of a path the last name is enough."""
        pairs = zip(
            (each.lower() for each in self.names),
            (each.lower() for each in asked),
            strict=False,
        )
        return len(self.names) == len(asked) and all(
            name in (want, want.rpartition(".")[2]) for name, want in pairs
        )


def checked(table: str) -> str:
    """Return a table's name as it may stand in a query. Raises `SourceNotFound` for what no table can be called."""
    if not _NAME.fullmatch(table):
        raise SourceNotFound(
            "a table is named like incidents or Package.Object",
            remedy="run `headwater tables` for those there are",
        )
    return table


def is_name(text: str | None) -> bool:
    """Say whether a text can stand in a query as a name."""
    return text is not None and _NAME.fullmatch(text) is not None


def selects(
    names: Sequence[str], table: str, n: int
) -> Iterable[tuple[list[str], str]]:
    """Yield groups of columns, each with a query; names have passed the grammar."""
    keyed = any(name.lower() == "id" for name in names)
    order = " ORDER BY ID ASC" if keyed else ""
    for group in _groups(names) if keyed else [list(names)]:
        columns = ", ".join(group)
        query = f"USE REPORT; SELECT {columns} FROM {table}{order} LIMIT {n}"  # noqa: S608 - names are checked
        yield group, query


def _groups(names: Sequence[str]) -> Iterable[list[str]]:
    """Yield the columns in groups whose list is short enough for one URL; ``id`` leads each, to join them by."""
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


def result(answer: HttpAnswer, host: str) -> Result:
    """Read the first table of an answer. Raises `SourceUnavailable` where the body is none."""
    body = answer.json()
    items = body.get("items") if isinstance(body, dict) else None
    tables = (
        [item for item in items if isinstance(item, dict)]
        if isinstance(items, list)
        else []
    )
    found = next(filter(None, map(_result, tables)), None)
    if found is None:
        raise SourceUnavailable(
            f"{host} answered something that is no query result",
            remedy="check host: it must name the site itself",
        )
    return found


def _result(item: dict[str, Any]) -> Result | None:
    names, rows = item.get("columnNames"), item.get("rows")
    if not isinstance(names, list) or not isinstance(rows, list):
        return None
    if not all(isinstance(name, str) for name in names):
        return None
    if not all(isinstance(row, list) and len(row) == len(names) for row in rows):
        return None
    cells = all(cell is None or isinstance(cell, str) for row in rows for cell in row)
    return Result(tuple(names), tuple(map(tuple, rows))) if cells else None
