"""Finding out how a file is written, from its first bytes alone; its name is no evidence."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from headwater_files import json_rows
from headwater_files.compression import Beginning, read_beginning
from headwater_files.delimited import read_records, read_text
from headwater_files.parquet import is_parquet
from headwater_files.properties import DELIMITER, FileProperties, UnreadableFile

if TYPE_CHECKING:
    from typing import BinaryIO

DELIMITERS: Final = (",", "\t", ";", "|")  # the first wins where two fit equally well

_LOOKED_AT: Final = 64 << 10  # bytes of decompressed text
_ROWS: Final = 50
_TAR: Final = slice(257, 262)  # where an archive says "ustar"
_BLOCK: Final = 512  # bytes of a tar header


def find_properties(file: BinaryIO) -> FileProperties:
    """Return how a file is written. Raises `UnreadableFile` where it is empty, or nothing that is read here."""
    head = read_beginning(file, most=_BLOCK).data
    if is_parquet(head):
        return FileProperties(file_type="parquet")
    compression = _find_compression(file, head)
    beginning = read_beginning(file, compression, _LOOKED_AT)
    if not beginning.data:
        raise UnreadableFile("the file is empty", remedy="upload it with its rows")
    encoding = _find_encoding(beginning)
    text = read_text(beginning, encoding)
    if encoding == "UTF-8" and _is_json(text, whole=beginning.whole):
        return FileProperties(file_type="json", compression=compression)
    return FileProperties(
        file_type="delimited",
        compression=compression,
        delimiter=find_delimiter(text, whole=beginning.whole),
        encoding=encoding,
    )


def find_delimiter(text: str, *, whole: bool = True) -> str:
    """Return the delimiter with which most rows have as many fields as the header; a comma where none has several."""
    best, found = (0.0, 0), DELIMITER
    for delimiter in DELIMITERS:
        score = _score(text, delimiter, whole=whole)
        if score > best:
            best, found = score, delimiter
    return found


def _score(text: str, delimiter: str, *, whole: bool) -> tuple[float, int]:
    """Return what share of the rows is as wide as the header, and how wide that is; nothing for a single column."""
    try:
        records = read_records(text, delimiter, _ROWS, whole=whole)
    except UnreadableFile:
        return 0.0, 0
    widths = Counter(map(len, records))
    width = len(records[0]) if records else 0
    if width < 2:
        return 0.0, 0
    return widths[width] / len(records), width


def _find_compression(file: BinaryIO, head: bytes) -> str:
    if head.startswith(b"\x1f\x8b"):
        inner = read_beginning(file, "gzip", _BLOCK).data
        return "tarGzip" if inner[_TAR] == b"ustar" else "gzip"
    if head.startswith(b"BZh"):
        return "bzip2"
    if head.startswith(b"PK\x03\x04"):
        return "zipDeflate"
    if head[_TAR] == b"ustar":
        return "tar"
    return "deflate" if _expands(file, head) else ""


def _expands(file: BinaryIO, head: bytes) -> bool:
    """Say whether a file in zlib's frame expands to something; bare deflate cannot be told from text."""
    if head[:1] != b"\x78":
        return False
    try:
        return bool(read_beginning(file, "deflate", _BLOCK).data)
    except UnreadableFile:
        return False


def _find_encoding(beginning: Beginning) -> str:
    if b"\0" in beginning.data:
        raise UnreadableFile(
            "the properties of the file cannot be found out: it is not text",
            remedy="name them: fileType and compressionType",
        )
    try:
        read_text(beginning, "UTF-8")
    except UnreadableFile:
        return "ISO-8859-1"
    return "UTF-8"


def _is_json(text: str, *, whole: bool) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        return bool(json_rows.read_rows(text, 1, whole=whole)) or not whole
    except UnreadableFile:
        return False
