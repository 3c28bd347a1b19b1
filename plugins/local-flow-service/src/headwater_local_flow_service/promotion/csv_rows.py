"""Rows of CSV as columns of text: the legacy format, which is neither converted nor validated."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Final

from headwater_local_flow_service.promotion import outcome
from headwater_local_flow_service.promotion.json_rows import MOST_FIELDS_OF_ROW
from headwater_local_flow_service.promotion.refusing import BatchRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    import pyarrow as pa
    import pyarrow.csv

    from headwater_local_flow_service.promotion.job import Format

_BLOCK: Final = 4 << 20  # bytes; a row has to fit


def open_csv(
    opened: BinaryIO, format: Format, path: str, *, header: bool = True
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a file, some megabytes at a time, each column a string; null where the null marker stands.

    Without `header` the columns are f0, f1 and so on. Raises `BatchRefused` for a header that cannot be used, and for
    what cannot be read; `path` names the file there.
    """
    import pyarrow as pa

    names = _read_names(opened, format, path, header=header)
    if header:
        _check_names(names, path)
    types = dict.fromkeys(names, pa.string())
    try:
        opened.seek(0)
        yield from _open(opened, format, types, header=header)
        return
    except (OSError, ValueError, NotImplementedError):
        pass
    raise _unreadable(path)


def _read_names(
    opened: BinaryIO, format: Format, path: str, *, header: bool
) -> list[str]:
    """Return the names of the columns. Raises `BatchRefused`."""
    line = bytes(opened.read(_BLOCK)).removeprefix(codecs.BOM_UTF8).split(b"\n")[0]
    if not line.strip():
        raise BatchRefused(outcome.EMPTY_HEADER, f"the header row of {path} is empty")
    try:
        opened.seek(0)
        return list(_open(opened, format, {}, header=header).schema.names)
    except (OSError, ValueError, NotImplementedError, LookupError):
        pass
    raise _unreadable(path)


def _check_names(names: list[str], path: str) -> None:
    if any(not name or any(char.isspace() for char in name) for name in names):
        raise BatchRefused(
            outcome.EMPTY_HEADER,
            f"the header row of {path} has an empty name, or a name with a blank",
        )
    if len(set(names)) < len(names):
        raise BatchRefused(
            outcome.EMPTY_HEADER, f"the header row of {path} has a name twice"
        )
    if len(names) > MOST_FIELDS_OF_ROW:
        raise BatchRefused(
            outcome.EMPTY_HEADER, f"{path} has more than {MOST_FIELDS_OF_ROW} columns"
        )


def _open(
    opened: BinaryIO, format: Format, types: dict[str, pa.DataType], *, header: bool
) -> pyarrow.csv.CSVStreamingReader:
    import pyarrow.csv

    return pyarrow.csv.open_csv(
        opened,
        read_options=pyarrow.csv.ReadOptions(
            use_threads=False,
            block_size=_BLOCK,
            encoding=_codec(format),
            autogenerate_column_names=not header,
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=format.delimiter,
            quote_char=format.quote or False,
            escape_char=format.escape or False,
            newlines_in_values=True,
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=types,
            null_values=[format.null_marker],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _codec(format: Format) -> str:
    """Return the name that Arrow knows a character set by."""
    codec = codecs.lookup(format.charset).name
    return "utf8" if codec == "utf-8" else codec


def _unreadable(path: str) -> BatchRefused:
    return BatchRefused(
        outcome.CORRUPT,
        f"the file {path} cannot be read as CSV: a row has more or fewer values than the header, a row is larger than "
        f"{_BLOCK >> 20} MB, or delimiter, quote, escape or charset are others",
    )
