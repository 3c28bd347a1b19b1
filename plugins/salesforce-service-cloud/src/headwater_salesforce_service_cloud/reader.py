"""Reading Salesforce over its REST API."""

from __future__ import annotations

import contextlib
import functools
import time
from typing import TYPE_CHECKING, Any, Self, TypeGuard
from urllib.parse import quote

import attrs

from headwater.sources import Check, Columns, Preview, Table
from headwater_salesforce_service_cloud import limits, meanings, objects, soql, types
from headwater_salesforce_service_cloud.api import Api
from headwater_salesforce_service_cloud.description import (
    HIDDEN_FIELDS,
    Description,
    is_empty_id,
    is_list_of_named,
    read_description,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from headwater.sources import HttpAnswer, SourceCredentials

Record = dict[str, Any]

_TOO_WIDE = "it does not fit one query, and without ids nothing joins two"


class SalesforceReader:
    """A `SourceReader`. Threads may share it: one of them logs in, the others wait for it."""

    def __init__(
        self,
        credentials: SourceCredentials,
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._api = Api(credentials, pause=pause)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._api.close()

    def check(self) -> Check:
        """Log in, list the versions, list the resources of one: three requests, and two where the version is given.

        The resources take a session and API Enabled, and nothing else.
        """
        session = self._api.session()
        version = self._api.version()
        answer = self._api.data("")
        if not isinstance(answer.member("query"), str):
            raise meanings.unusable(
                self._api.host, "something other than a list of resources"
            )
        return Check(
            user=session.user,
            organization=session.organization or self._api.host,
            version=f"v{version}",
            versions=self._api.known_versions,
            permissions=("API Enabled",),
            limits=limits.read_usage(answer),
            notes=(*self._api.notes, limits.NOTE),
        )

    def tables(self) -> Sequence[Table]:
        """Return the objects that can be queried; change events and hidden ones are not among them."""
        found = self._api.data("sobjects").member("sobjects")
        if not is_list_of_named(found):
            raise meanings.unusable(
                self._api.host, "something other than a list of objects"
            )
        return [_table(each) for each in found if _is_shown(each)]

    def columns(self, table: str) -> Columns:
        """Return every field of an object that this user may see."""
        columns = self._describe(soql.require_name(table)).columns
        return attrs.evolve(columns, notes=(HIDDEN_FIELDS,))

    def preview(self, table: str, n: int) -> Preview:
        """Return the rows with the lowest ids; without ids, those that come first."""
        objects.require_readable(soql.require_name(table))
        with contextlib.suppress(_FieldGone):
            return self._preview(table, n)
        return self._preview(table, n, again=True)

    def _preview(self, table: str, n: int, *, again: bool = False) -> Preview:
        """Describe and read. Raises `_FieldGone` where a field has gone in between, unless it happens `again`."""
        description = _fit(self._describe(table))
        records = self._read_records(description, table, n, again=again)
        if any(is_empty_id(record.get("Id")) for record in records):
            description = _fit(description.without_ids())
            records = self._read_records(description, table, n, again=again)
        columns = description.columns
        return Preview(columns, [_row(record, columns) for record in records[:n]])

    def _describe(self, table: str) -> Description:
        body = self._api.data(f"sobjects/{table}/describe").json()
        description = read_description(body)
        if description is None:
            raise meanings.unusable(
                self._api.host, "something other than a description of an object"
            )
        return description

    def _read_records(
        self, description: Description, table: str, n: int, *, again: bool
    ) -> list[Record]:
        """Return the records of as many queries as the columns need, joined by Id."""
        names = description.names
        if not names:
            return []
        queries = soql.selects(names, table, keyed=description.keyed)
        groups = (self._read(query, n, again=again) for query in queries)
        return functools.reduce(soql.join, groups)

    def _read(self, select: soql.Select, n: int, *, again: bool) -> list[Record]:
        """Return the records of one query, or of its halves where Salesforce finds it too complicated."""
        query = quote(select.text(n), safe="")
        answer = self._api.ask_data(f"query?q={query}")
        refused = meanings.codes(answer) if not answer.fine else []
        halves = select.halves()
        if "QUERY_TOO_COMPLICATED" in refused and halves is not None:
            first, second = halves
            return soql.join(
                self._read(first, n, again=again), self._read(second, n, again=again)
            )
        if "INVALID_FIELD" in refused and not again:
            raise _FieldGone
        return list(self._follow(self._api.require_fine(answer), select.names, n))

    def _follow(
        self, answer: HttpAnswer, names: Sequence[str], n: int
    ) -> Iterator[Record]:
        """Yield records; wide ones come in pages of fewer than asked for."""
        count = 0
        while True:
            page = _read_page(answer.json(), names)
            if page is None:
                raise meanings.unusable(
                    self._api.host, "something other than a query result"
                )
            yield from page.records
            count += len(page.records)
            if not page.next_path or count >= n:
                return
            answer = self._api.answer(page.next_path)


class _FieldGone(Exception):
    """A field was hidden or removed since the object was described."""


@attrs.frozen
class _Page:
    """Records of a query, and the path of those that follow; empty where there are none."""

    records: list[Record] = attrs.field(repr=False)
    next_path: str


def _read_page(body: Any, names: Sequence[str]) -> _Page | None:
    """Return a page, or None where it is not one: a value that is null is there, as null."""
    if not isinstance(body, dict):
        return None
    records, done = body.get("records"), body.get("done")
    if not isinstance(records, list):
        return None
    if not all(_has_columns(record, names) for record in records):
        return None
    if done is True:
        return _Page(records, "")
    path = body.get("nextRecordsUrl")
    # A page without records that leads on would never end.
    if done is False and records and _is_query_path(path):
        return _Page(records, path)
    return None


def _is_query_path(path: Any) -> TypeGuard[str]:
    return isinstance(path, str) and path.startswith("/services/")


def _has_columns(record: Any, names: Sequence[str]) -> bool:
    if not isinstance(record, dict) or not record.keys() >= set(names):
        return False
    return "Id" not in names or isinstance(record["Id"], str)


def _is_shown(description: Mapping[str, Any]) -> bool:
    if description.get("queryable") is not True:
        return False
    if description.get("deprecatedAndHidden") is True:
        return False
    return not description["name"].endswith("ChangeEvent")


def _row(record: Record, columns: Columns) -> Record:
    return {
        column.name: types.value(record[column.name], column)
        for column in columns.columns
    }


def _fit(description: Description) -> Description:
    """Return a description of what can be read: without ids nothing joins two queries, and all must fit one."""
    if description.keyed:
        return description
    names = description.names
    surplus = set(names) - set(soql.fitting(names))
    return description.leave_out(surplus, _TOO_WIDE)


def _table(description: Mapping[str, Any]) -> Table:
    name, label = description["name"], description.get("label")
    if not isinstance(label, str):
        label = ""
    restriction = objects.find_restriction(name)
    if restriction is None:
        return Table(name=name, label=label)
    return Table(name=name, label=label, can_preview=False, note=restriction.note)
