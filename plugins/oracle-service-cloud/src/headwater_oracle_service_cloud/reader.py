"""Reading Oracle Service Cloud over its REST interface, Connect v1.4, with ROQL queries."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

import attrs

from headwater.errors import (
    SourceBug,
    SourceNotFound,
    SourceNotPermitted,
    SourceUnavailable,
)
from headwater.sources import Check, Column, Columns, LeftOut, Preview, Table
from headwater_oracle_service_cloud import roql, types
from headwater_oracle_service_cloud.catalogue import RecordSchema
from headwater_oracle_service_cloud.error_codes import QueryRefused
from headwater_oracle_service_cloud.selecting import Selection
from headwater_oracle_service_cloud.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headwater.sources import SourceCredentials

# What the metadata catalogue may answer for a table without anything being wrong with the table itself.
_WITHOUT_SCHEMA = (SourceNotFound, SourceNotPermitted, SourceBug)
UNCERTAIN = (
    "the site's metadata catalogue does not describe this table to this account: types are those of DESCRIBE, which "
    "calls times and some booleans String"
)


class OracleReader:
    """A `SourceReader` of one site."""

    def __init__(
        self,
        credentials: SourceCredentials,
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._site = Site(credentials, pause)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._site.close()

    def check(self) -> Check:
        """Ask for the interface and for the list of tables: two requests."""
        root = self._site.get("")
        # Whatever else listens there may answer 200 to everything.
        if not isinstance(root.member("items"), list):
            raise SourceUnavailable(
                f"{self._site.host} answered something other than a list of its resources",
                remedy="check host: it must name the site itself",
            )
        self._describe("")
        notes = []
        if self._site.wait:
            notes.append(
                f"the site asks to wait {self._site.wait:g} s between requests"
            )
        return Check(
            user=self._site.user,
            organization=self._site.host,
            version="v1.4",
            permissions=("REST API", "ROQL queries"),
            notes=notes,
        )

    def tables(self) -> Sequence[Table]:
        """Return the tables ROQL knows, custom objects among them."""
        names = self._describe("").column("Name")
        return [Table(name=name, label=name) for name in names if roql.is_name(name)]

    def columns(self, table: str) -> Columns:
        """Return the flat shape that ROQL reads; types from the metadata catalogue where it has the table."""
        roql.require_name(table)
        try:
            description = self._describe(table)
        except (SourceNotFound, QueryRefused):
            # An unknown table is a refused query (400), not a missing path (404).
            raise _no_such_table() from None
        names = description.column("Name")
        if not names:
            raise _no_such_table()
        kinds = description.column("Type") or [None] * len(names)
        schema = self._read_schema(table)
        fields: dict[str, Column | LeftOut] = {}
        for name, kind in zip(names, kinds, strict=True):
            if name is not None and name.lower() not in fields:
                fields[name.lower()] = _describe_field(name, kind or "", schema)
        notes = [] if schema else [UNCERTAIN]
        return Columns.from_fields(fields.values(), notes)

    def preview(self, table: str, n: int) -> Preview:
        """Return the rows with the lowest ids, read from the reporting replica.

        A column that the site refuses to select is left out and named.
        """
        columns = self.columns(table)
        if not columns.columns:
            return Preview(columns, [])
        selection = Selection(self._site, table, columns.columns)
        rows = selection.read_first(n)
        readable = [
            column for column in columns.columns if column.name not in selection.refused
        ]
        refused = [LeftOut(name, reason) for name, reason in selection.refused.items()]
        columns = attrs.evolve(
            columns, columns=readable, left_out=[*columns.left_out, *refused]
        )
        return Preview(columns, rows)

    def _describe(self, table: str) -> roql.Result:
        answer = self._site.query(f"DESCRIBE {table}".strip())
        return roql.read_result(answer, self._site.host)

    def _read_schema(self, table: str) -> RecordSchema | None:
        """Return what the catalogue says of a table, or None where it says nothing, or nothing to this account."""
        try:
            answer = self._site.get(
                f"/metadata-catalog/{table}",
                headers={"Accept": "application/schema+json"},
            )
        except _WITHOUT_SCHEMA:
            return None
        return RecordSchema.of(answer)


def _describe_field(
    name: str, kind: str, schema: RecordSchema | None
) -> Column | LeftOut:
    if not roql.is_name(name):
        return LeftOut(name, "its name cannot stand in a query")
    told: Any = schema.find(name) if schema else {}
    return types.column(name, kind, told)


def _no_such_table() -> SourceNotFound:
    return SourceNotFound(
        "the site has no such table, or does not show it to this account",
        remedy="run `headwater tables` for those there are",
    )
