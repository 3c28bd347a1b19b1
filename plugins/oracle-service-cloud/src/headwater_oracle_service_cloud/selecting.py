"""Reading columns of a table: in as many queries as they need, without those that the site refuses to select."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater.errors import (
    SourceError,
    SourceNotFound,
    SourceNotPermitted,
    SourceUnavailable,
)
from headwater_oracle_service_cloud import roql, types
from headwater_oracle_service_cloud.error_codes import QueryRefused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headwater.sources import Column
    from headwater_oracle_service_cloud.site import Site

Row = dict[str, Any]

MOST_PROBES: Final = (
    64  # queries that look for columns the site refuses, of one selection
)

# How the site refuses a query: for a name in it, or for what this account may not read.
_REFUSALS = (QueryRefused, SourceNotFound, SourceNotPermitted)


class Selection:
    """Columns of one table to be read; `refused` is which of them could not be, with the reason."""

    def __init__(self, site: Site, table: str, columns: Sequence[Column]) -> None:
        self._site = site
        self._table = table
        self._by_name = {column.name.lower(): column for column in columns}
        self._probes = 0
        self.refused: dict[str, str] = {}

    def read_first(self, n: int) -> list[Row]:
        """Return the rows with the lowest ids, by the columns' names. Raises `SourceError`."""
        groups = self._read_groups(n)
        rows = next(groups)
        for group in groups:
            rows = _join(rows, group, self._by_name["id"].name, self._site.host)
        return rows

    def _read_groups(self, n: int) -> Iterator[list[Row]]:
        for names in roql.groups(list(self._by_name)):
            result, asked = self._select_what_can_be(names, n)
            yield [self._read_row(asked, cells) for cells in result.rows]

    def _select_what_can_be(
        self, names: list[str], n: int
    ) -> tuple[roql.Result, list[str]]:
        """Return the answer for those of the columns that the site selects, and which they are."""
        try:
            return self._select(names, n), names
        except _REFUSALS as error:
            self._find_refused(names, error)
        readable = [
            name
            for name in names
            if self._by_name[name.lower()].name not in self.refused
        ]
        return self._select(readable, n), readable

    def _find_refused(self, names: list[str], error: SourceError) -> None:
        """Note which columns are refused. Raises `error` where it is not about single columns."""
        if len(names) == 1 or self._probes >= MOST_PROBES:
            raise error
        # The first is the id, which leads every group: without it the table itself is refused.
        self._probe(names[:1], raising=True)
        self._search(names[1:], error)

    def _search(self, names: list[str], error: SourceError) -> None:
        """Halve a list that is refused until each column that is to blame stands alone."""
        if len(names) == 1:
            self.refused[self._by_name[names[0].lower()].name] = _reason(error)
            return
        middle = len(names) // 2
        for half in (names[:middle], names[middle:]):
            refusal = self._probe(half)
            if refusal is not None:
                self._search(half, refusal)

    def _probe(self, names: list[str], *, raising: bool = False) -> SourceError | None:
        self._probes += 1
        try:
            self._select(names, 1)
        except _REFUSALS as error:
            if raising or self._probes >= MOST_PROBES:
                raise
            return error
        return None

    def _select(self, names: Sequence[str], n: int) -> roql.Result:
        query = roql.select(names, self._table, n, ordered="id" in self._by_name)
        result = roql.read_result(self._site.query(query), self._site.host)
        if not result.has_columns(names):
            raise SourceUnavailable(
                f"{self._site.host} answered other columns than asked",
                remedy="try again",
            )
        return result

    def _read_row(self, names: Sequence[str], cells: Sequence[str | None]) -> Row:
        row = {}
        for name, cell in zip(names, cells, strict=True):
            column = self._by_name[name.lower()]
            row[column.name] = types.value(cell, column)
        return row


def _reason(error: SourceError) -> str:
    if isinstance(error, SourceNotPermitted):
        return "this account may not read it"
    return "the site refuses to select it"


def _join(rows: list[Row], more: list[Row], key: str, host: str) -> list[Row]:
    """Join two answers by id; a row that only one of them has was written or deleted in between, and is left out."""
    first = _by_id(rows, key, host)
    second = _by_id(more, key, host)
    return [first[id] | second[id] for id in first if id in second]


def _by_id(rows: list[Row], key: str, host: str) -> Mapping[Any, Row]:
    by_id = {row[key]: row for row in rows}
    if None in by_id or len(by_id) < len(rows):
        raise SourceUnavailable(
            f"{host} answered rows without an id of their own", remedy="try again"
        )
    return by_id
