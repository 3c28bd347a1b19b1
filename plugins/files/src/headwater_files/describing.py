"""What a file is like: its columns or its schema, and its first rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater.sources import Column
from headwater_files import json_rows, json_schema
from headwater_files.compression import read_beginning
from headwater_files.delimited import name_columns, read_records, read_text
from headwater_files.parquet import read_parquet
from headwater_files.properties import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from headwater_files.compression import Beginning
    from headwater_files.properties import FileProperties

MOST_ROWS: Final = 100
MOST_CHARACTERS: Final = 1 << 20  # of the rows as JSON; the first one may be longer


@attrs.frozen(kw_only=True)
class Description:
    """A file's columns (``flat``) or its JSON Schema (``hierarchical``), and its first rows."""

    columns: tuple[Column, ...] = ()
    json_schema: dict[str, Any] | None = None
    rows: tuple[dict[str, Any], ...] = attrs.field(default=(), repr=False)

    def as_dict(self, *, preview: bool = True) -> dict[str, Any]:
        """Return the description as ``/explore`` gives it, its rows with `preview`."""
        if self.json_schema is not None:
            answer = {"format": "hierarchical", "schema": self.json_schema}
        else:
            columns = [column.as_dict() for column in self.columns]
            answer = {"format": "flat", "schema": {"columns": columns}}
        return {**answer, "data": list(self.rows)} if preview else answer


def describe(
    file: BinaryIO, properties: FileProperties, rows: int = MOST_ROWS
) -> Description:
    """Read the beginning of a file, and return what it is like with up to `rows` rows. Raises `UnreadableFile`.

    Rows of delimited text hold strings. A row that is too short holds null for what it lacks; what a row has beyond
    the header is left out.
    """
    if properties.file_type == "parquet":
        columns, found = read_parquet(file, rows)
        return Description(columns=columns, rows=_within_bounds(found))
    beginning = read_beginning(file, properties.compression)
    if not beginning.data:
        raise UnreadableFile("the file is empty", remedy="upload it with its rows")
    if properties.file_type == "json":
        return _describe_json(beginning, rows)
    return _describe_delimited(beginning, properties, rows)


def _describe_json(beginning: Beginning, most: int) -> Description:
    text = read_text(beginning, "UTF-8")
    objects = json_rows.read_rows(text, max(most, 1), whole=beginning.whole)
    if not objects and not beginning.whole:
        raise _too_long()
    schema = json_schema.schema_of(objects)
    return Description(json_schema=schema, rows=_within_bounds(objects[:most]))


def _describe_delimited(
    beginning: Beginning, properties: FileProperties, most: int
) -> Description:
    text = read_text(beginning, properties.encoding)
    records = read_records(text, properties.delimiter, most + 1, whole=beginning.whole)
    header, *others = records or [[]]
    if not header and not beginning.whole:
        raise _too_long()
    if not header:
        raise UnreadableFile("the file has no header row", remedy="upload it with one")
    names = name_columns(header)
    return Description(
        columns=tuple(Column(name=name, type="string") for name in names),
        rows=_within_bounds(_row(names, record) for record in others),
    )


def _row(names: list[str], record: list[str]) -> dict[str, str | None]:
    padded = [*record, *[None] * (len(names) - len(record))]
    return dict(zip(names, padded, strict=False))


def _within_bounds(rows: Iterable[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return the first rows, as many as one answer may hold."""
    kept: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        size += len(json.dumps(row))
        if kept and size > MOST_CHARACTERS:
            break
        kept.append(row)
    return tuple(kept)


def _too_long() -> UnreadableFile:
    return UnreadableFile(
        "the first row of the file is longer than what is read of it",
        remedy="check fileType, compressionType and columnDelimiter",
    )
