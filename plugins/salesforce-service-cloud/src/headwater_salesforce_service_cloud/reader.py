"""Reading Salesforce over its REST API."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self, TypeGuard
from urllib.parse import quote

import attrs

from headwater.sources import Check, Columns, Preview, Table
from headwater_salesforce_service_cloud import limits, meanings, soql, types
from headwater_salesforce_service_cloud.api import Api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from headwater.sources import SourceCredentials

Record = dict[str, Any]


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
        """Log in, list the versions, read the limits: three requests, and one less where somebody has logged in."""
        session = self._api.session()
        version = self._api.version()
        allowances = limits.read_limits(self._api.data("limits"))
        if allowances is None:
            raise meanings.unusable(
                self._api.host, "something other than a list of limits"
            )
        return Check(
            user=session.user,
            organization=session.organization or self._api.host,
            version=f"v{version}",
            versions=self._api.versions(),
            permissions=("API Enabled",),
            limits=allowances,
            notes=self._api.notes,
        )

    def tables(self) -> Sequence[Table]:
        """Return the objects that can be queried; change events and hidden ones are not among them."""
        objects = self._api.data("sobjects").member("sobjects")
        if not _is_list_of_named(objects):
            raise meanings.unusable(
                self._api.host, "something other than a list of objects"
            )
        return [
            _table(description) for description in objects if _is_shown(description)
        ]

    def columns(self, table: str) -> Columns:
        """Return every field of an object."""
        path = f"sobjects/{soql.require_name(table)}/describe"
        fields = self._api.data(path).member("fields")
        if not fields or not _is_list_of_named(fields):
            raise meanings.unusable(
                self._api.host, "something other than a description of an object"
            )
        return Columns.from_fields(map(types.column, fields))

    def preview(self, table: str, n: int) -> Preview:
        """Return the rows with the lowest ids."""
        columns = self.columns(soql.require_readable(table))
        if not columns.columns:
            return Preview(columns, [])
        names = [column.name for column in columns.columns]
        records = self._read_records(names, table, n)
        return Preview(columns, [_row(record, columns) for record in records[:n]])

    def _read_records(self, names: Sequence[str], table: str, n: int) -> list[Record]:
        """Return the records of as many queries as the columns need, joined by Id."""
        groups = (
            list(self._query(query, group, n))
            for group, query in soql.selects(names, table, n)
        )
        records = next(groups)
        for group in groups:
            records = soql.join(records, group)
        return records

    def _query(self, query: str, names: Sequence[str], n: int) -> Iterator[Record]:
        """Yield records; wide ones come in pages of fewer than asked for."""
        answer = self._api.data(f"query?q={quote(query, safe='')}")
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


def _is_list_of_named(value: Any) -> TypeGuard[list[dict[str, Any]]]:
    """Say whether this is a list of objects, each with a name that can stand in a query."""
    return isinstance(value, list) and all(map(_is_named, value))


def _is_named(item: Any) -> bool:
    return isinstance(item, dict) and soql.is_name(item.get("name"))


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


def _table(description: Mapping[str, Any]) -> Table:
    name, label = description["name"], description.get("label")
    if not isinstance(label, str):
        label = ""
    if name in soql.FILTERED:
        return Table(
            name=name,
            label=label,
            can_preview=False,
            note="cannot be read without a filter",
        )
    return Table(name=name, label=label)
