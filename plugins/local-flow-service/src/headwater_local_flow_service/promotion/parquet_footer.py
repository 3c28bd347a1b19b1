"""What a Parquet file says of itself, read without Arrow: that ends the process over some footers that are damaged.

The footer is Thrift's compact protocol; the ids of its fields are those of ``parquet.thrift`` of the format's project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_MAGIC: Final = b"PAR1"
_LARGEST: Final = 32 << 20  # bytes
_DEEPEST: Final = 32  # structures of Thrift within each other
_BYTE_ARRAY: Final = 6
_REPEATED: Final = 2


class UnreadableFooter(ValueError):
    """A footer that is none, or not whole."""


@attrs.frozen
class Chunk:
    """One column of one row group: its path, its values (of arrays: items), and its bytes before and after packing."""

    path: str
    values: int
    unpacked: int
    packed: int
    is_repeated: bool
    is_dictionary: bool


@attrs.frozen
class Footer:
    """A file: its rows, its columns, and their chunks in all row groups."""

    rows: int
    columns: int
    chunks: tuple[Chunk, ...]


def read_footer(opened: BinaryIO) -> Footer:
    """Read the end of a file. Raises `UnreadableFooter`."""
    try:
        return _read(_Thrift(_read_tail(opened)).read_struct(0))
    except (LookupError, TypeError, AttributeError, UnicodeDecodeError):
        pass
    raise UnreadableFooter("the footer is damaged")


def _read_tail(opened: BinaryIO) -> bytes:
    """Return the bytes of the footer. Raises `UnreadableFooter`."""
    size = opened.seek(0, 2)
    if size < 12:
        raise UnreadableFooter("the file is too short")
    opened.seek(size - 8)
    end = bytes(opened.read(8))
    length = int.from_bytes(end[:4], "little")
    if end[4:] != _MAGIC or not 0 < length <= min(size - 12, _LARGEST):
        raise UnreadableFooter("the file does not end as Parquet does")
    opened.seek(size - 8 - length)
    return bytes(opened.read(length))


def _read(metadata: dict[int, Any]) -> Footer:
    repeated = list(_iter_leaves(metadata[2]))
    chunks = []
    for group in metadata.get(4, []):
        if len(group[1]) != len(repeated):
            raise UnreadableFooter("a row group has other columns than the file")
        for leaf, chunk in zip(repeated, group[1], strict=True):
            chunks.append(_read_chunk(chunk[3], is_repeated=leaf))
    rows = _count(metadata[3])
    return Footer(rows=rows, columns=len(repeated), chunks=tuple(chunks))


def _read_chunk(metadata: dict[int, Any], *, is_repeated: bool) -> Chunk:
    return Chunk(
        path=".".join(name.decode() for name in metadata[3]),
        values=_count(metadata[5]),
        unpacked=_count(metadata[6]),
        packed=_count(metadata[7]),
        is_repeated=is_repeated,
        is_dictionary=metadata[1] == _BYTE_ARRAY and 11 in metadata,
    )


def _count(value: Any) -> int:
    if not isinstance(value, int) or value < 0:
        raise UnreadableFooter("a number of the footer is none")
    return value


def _iter_leaves(elements: list[dict[int, Any]]) -> Iterator[bool]:
    """Yield for each column whether it stands in an array, from the flat list that a tree of fields is written as."""
    pending: list[tuple[int, bool]] = [(1, False)]  # fields to come at each level
    for element in elements:
        while pending and not pending[-1][0]:
            pending.pop()
        left, within = pending[-1]
        pending[-1] = (left - 1, within)
        element[4].decode()  # the name
        is_repeated = within or element.get(3) == _REPEATED
        children = _count(element.get(5, 0))
        if children:
            pending.append((children, is_repeated))
        else:
            yield is_repeated
    if any(left for left, _within in pending):
        raise UnreadableFooter("the schema of the file is not whole")


class _Thrift:
    """Reads values of the compact protocol: structures as dicts by the ids of their fields."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def read_struct(self, depth: int) -> dict[int, Any]:
        """Read one structure. Raises `UnreadableFooter`, or `IndexError` at the end of the bytes."""
        if depth > _DEEPEST:
            raise UnreadableFooter("the footer is nested too deep")
        fields: dict[int, Any] = {}
        id = 0
        while header := self._read_byte():
            id = id + (header >> 4) if header >> 4 else self._read_number()
            fields[id] = self._read_value(header & 15, depth)
        return fields

    def _read_value(self, kind: int, depth: int) -> Any:
        if kind in (1, 2):
            return kind == 1
        if kind == 3:
            return self._read_byte()
        if kind in (4, 5, 6):
            return self._read_number()
        if kind == 7:
            return self._read_bytes(8)
        if kind == 8:
            return self._read_bytes(self._read_varint())
        return self._read_nested(kind, depth)

    def _read_nested(self, kind: int, depth: int) -> Any:
        if kind in (9, 10):
            return self._read_list(depth)
        if kind == 12:
            return self.read_struct(depth + 1)
        raise UnreadableFooter("the footer has a type that Parquet has not")

    def _read_list(self, depth: int) -> list[Any]:
        header = self._read_byte()
        size = header >> 4 if header >> 4 < 15 else self._read_varint()
        if size > len(self._data) - self._place:
            raise UnreadableFooter("a list is longer than the footer")
        kind = header & 15
        if kind in (1, 2):  # in lists these have a byte of their own
            return [self._read_byte() == 1 for _item in range(size)]
        return [self._read_value(kind, depth + 1) for _item in range(size)]

    def _read_byte(self) -> int:
        byte = self._data[self._place]
        self._place += 1
        return byte

    def _read_bytes(self, size: int) -> bytes:
        found = self._data[self._place : self._place + size]
        if len(found) < size:
            raise UnreadableFooter("a text is longer than the footer")
        self._place += size
        return found

    def _read_varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._read_byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise UnreadableFooter("a number of the footer is too long")

    def _read_number(self) -> int:
        value = self._read_varint()
        return (value >> 1) ^ -(value & 1)
