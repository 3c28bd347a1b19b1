"""SOQL: names as they may stand in a query, and queries short enough for a URL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

from headwater.errors import SourceNotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")

# Characters once encoded. Request line and headers may have 16,384 bytes together, and a token some thousands.
LONGEST_SELECT = 8_000
_SEPARATOR = len("%2C%20")  # a comma and a blank, encoded


def is_name(text: Any) -> bool:
    """Say whether this can stand in a path or a query as a name."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def require_name(table: str) -> str:
    """Return an object's name. Raises `SourceNotFound` for what no object can be called."""
    if not is_name(table):
        raise SourceNotFound(
            "an object is named like Case or Order__c",
            remedy="run `headwater tables` for them",
        )
    return table


@attrs.frozen
class Select:
    """A plain query of some columns; with a key its rows come in the order of their ids."""

    table: str
    names: tuple[str, ...]
    keyed: bool
    halvings: int = 5  # that are left, each up to double the requests

    def text(self, n: int) -> str:
        """Return the query for the first `n` rows."""
        order = " ORDER BY Id" if self.keyed else ""
        # Names have passed the grammar, and n is a number.
        return f"SELECT {', '.join(self.names)} FROM {self.table}{order} LIMIT {n}"  # noqa: S608

    def halves(self) -> tuple[Select, Select] | None:
        """Return two queries of half the columns each, to be joined by Id; None where that cannot be."""
        others = [name for name in self.names if name != "Id"]
        if not self.keyed or not self.halvings or len(others) < 2:
            return None
        middle = len(others) // 2
        first, second = others[:middle], others[middle:]
        return self._of(first), self._of(second)

    def _of(self, names: Sequence[str]) -> Select:
        return Select(self.table, ("Id", *names), self.keyed, self.halvings - 1)


def selects(names: Sequence[str], table: str, *, keyed: bool) -> list[Select]:
    """Return queries that each fit one URL, with Id in each; without a key one query, of `fitting` names."""
    if not keyed:
        return [Select(table, tuple(names), keyed)]
    others = [name for name in names if name != "Id"]
    queries = []
    while others:
        group = fitting(others)
        others = others[len(group) :]
        queries.append(Select(table, ("Id", *group), keyed))
    return queries or [Select(table, ("Id",), keyed)]


def fitting(names: Sequence[str]) -> Sequence[str]:
    """Return as many of the first names as fit one URL, one at least."""
    size = 0
    for place, name in enumerate(names):
        size += len(name) + _SEPARATOR
        if size > LONGEST_SELECT and place:
            return names[:place]
    return names


def join(
    rows: list[dict[str, Any]], more: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Join two answers by Id; a row that only one of them has was written or deleted in between, and is left out."""
    by_id = {row["Id"]: row for row in more}
    return [row | by_id[row["Id"]] for row in rows if row["Id"] in by_id]
