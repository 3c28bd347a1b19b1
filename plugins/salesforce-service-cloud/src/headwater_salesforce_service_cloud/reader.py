"""Reading Salesforce over its REST API."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from headwater.sources import Check, Column, Columns, LeftOut, Preview, Table
from headwater_salesforce_service_cloud import answers, limits, soql, types
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
        found = limits.read(self._api.answer(f"/services/data/v{version}/limits"))
        if found is None:
            raise answers.unusable(
                self._api.host, "something that is no list of limits"
            )
        return Check(
            user=session.user,
            organization=session.organization or self._api.host,
            version=f"v{version}",
            versions=self._api.versions(),
            permissions=("API Enabled",),
            limits=found,
            notes=self._api.notes,
        )

    def tables(self) -> Sequence[Table]:
        """Return the objects that can be queried; change events and hidden ones are not among them."""
        body = self._api.data("sobjects")
        objects = body.get("sobjects") if isinstance(body, dict) else None
        if not isinstance(objects, list) or not all(
            _is_named(each) for each in objects
        ):
            raise answers.unusable(
                self._api.host, "something that is no list of objects"
            )
        return [_table(each) for each in objects if _is_shown(each)]

    def columns(self, table: str) -> Columns:
        """Return every field of an object."""
        found = [types.column(field) for field in self._described(soql.checked(table))]
        return Columns(
            [each for each in found if isinstance(each, Column)],
            [each for each in found if isinstance(each, LeftOut)],
        )

    def preview(self, table: str, n: int) -> Preview:
        """Return the rows with the lowest ids."""
        columns = self.columns(soql.readable(table))
        names = [column.name for column in columns.columns]
        rows: list[Record] | None = None
        for group, query in soql.selects(names, table, n) if names else ():
            found = list(self._queried(query, group, n))
            rows = found if rows is None else soql.joined(rows, found)
        return Preview(
            columns,
            [
                {
                    each.name: types.value(row[each.name], each)
                    for each in columns.columns
                }
                for row in (rows or [])[:n]
            ],
        )

    def _described(self, table: str) -> list[Mapping[str, Any]]:
        body = self._api.data(f"sobjects/{table}/describe")
        fields = body.get("fields") if isinstance(body, dict) else None
        if (
            not isinstance(fields, list)
            or not fields
            or not all(_is_named(field) for field in fields)
        ):
            raise answers.unusable(
                self._api.host, "something that is no description of an object"
            )
        return fields

    def _queried(self, query: str, names: Sequence[str], n: int) -> Iterator[Record]:
        """Yield records; wide ones come in pages of fewer than asked for."""
        body = self._api.data(f"query?q={quote(query, safe='')}")
        count = 0
        while True:
            records = _records(body, names)
            if records is None:
                raise answers.unusable(
                    self._api.host, "something that is no query result"
                )
            yield from records
            count += len(records)
            if body["done"] or count >= n:
                return
            body = self._api.answer(body["nextRecordsUrl"]).json()


def _records(body: Any, names: Sequence[str]) -> list[Record] | None:
    """Return the records of a page, or None where it is none: a value that is null is there, as null."""
    records = body.get("records") if isinstance(body, dict) else None
    if not isinstance(records, list) or not _leads_on(body, bool(records)):
        return None
    if not all(
        isinstance(record, dict) and all(name in record for name in names)
        for record in records
    ):
        return None
    if "Id" in names and not all(isinstance(record["Id"], str) for record in records):
        return None
    return [{name: record[name] for name in names} for record in records]


def _leads_on(body: Mapping[str, Any], some: bool) -> bool:
    """Say whether a page is the last one, or has records and a path to the next: one with none would never end."""
    path = body.get("nextRecordsUrl")
    more = some and isinstance(path, str) and path.startswith("/services/")
    return body.get("done") is True or (body.get("done") is False and more)


def _is_named(each: Any) -> bool:
    return isinstance(each, dict) and soql.is_name(each.get("name"))


def _is_shown(each: Mapping[str, Any]) -> bool:
    if each.get("queryable") is not True or each.get("deprecatedAndHidden") is True:
        return False
    return not each["name"].endswith("ChangeEvent")


def _table(each: Mapping[str, Any]) -> Table:
    name, label = each["name"], each.get("label")
    filtered = name in soql.FILTERED
    note = "cannot be read without a filter" if filtered else ""
    return Table(
        name=name,
        label=label if isinstance(label, str) else "",
        can_preview=not filtered,
        note=note,
    )
