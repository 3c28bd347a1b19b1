"""The columns and first rows of delimited text."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from typing import TYPE_CHECKING, Final

from headwater.foreign import raise_bare
from headwater_files.properties import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headwater_files.compression import Beginning

_BOM: Final = "\ufeff"


def read_text(beginning: Beginning, encoding: str) -> str:
    """Decode a file's beginning, without byte order mark and a character that is cut. Raises `UnreadableFile`."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(beginning.data, final=beginning.whole)
    except UnicodeDecodeError:
        raise_bare(
            UnreadableFile(
                f"the file is not written in {encoding}",
                remedy="name its encoding (UTF-8 or ISO-8859-1), or its compressionType",
            )
        )
    return text.removeprefix(_BOM)


def read_records(
    text: str, delimiter: str, most: int, *, whole: bool
) -> list[list[str]]:
    """Return up to `most` records, blank lines left out. Raises `UnreadableFile`.

    Of a text that is not `whole`, the last record may be cut anywhere, within quotes too; it is dropped.
    """
    found: list[list[str]] = []
    try:
        found = list(itertools.islice(_records(text, delimiter), most + 1))
    except csv.Error:
        raise_bare(
            UnreadableFile(
                "the file cannot be read as delimited text: a field is too long, or a quote is not closed",
                remedy="check its quotes, and columnDelimiter",
            )
        )
    if not whole and len(found) <= most:
        found = found[:-1]
    return found[:most]


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    # newline="" leaves line breaks within quotes as they are.
    lines = io.StringIO(text, newline="")
    return filter(None, csv.reader(lines, delimiter=delimiter))


def name_columns(header: Sequence[str]) -> list[str]:
    """Return names for columns, each once: an empty one is called by its position, a repeated one gets it added."""
    names: list[str] = []
    taken = set(header)
    seen: set[str] = set()
    for position, name in enumerate(header):
        wanted = name or f"_c{position}"
        if name in seen or not name:
            while wanted in taken:
                wanted = f"{wanted}{position}"
        seen.add(name)
        taken.add(wanted)
        names.append(wanted)
    return names
