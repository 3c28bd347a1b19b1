"""Files of Parquet, opened and read some megabytes at a time, whatever they hold.

A small file may stand for a great deal: a page that was packed well, one long string named a million times. Strings
that come from a dictionary stay in it until so few rows are looked at that their texts are bearable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from headwater_local_flow_service.promotion import outcome
from headwater_local_flow_service.promotion.nesting import (
    is_list,
    items_of,
    keys_of,
    values_of,
)
from headwater_local_flow_service.promotion.parquet_footer import (
    UnreadableFooter,
    read_footer,
)
from headwater_local_flow_service.promotion.refusing import BatchRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    import pyarrow as pa
    import pyarrow.parquet as pq

    from headwater_local_flow_service.promotion.job import InputFile
    from headwater_local_flow_service.promotion.parquet_footer import Footer

MOST_ROWS: Final = 32_768
_READ: Final = 16 << 20  # bytes of columns that are looked at together
_LARGEST_ROW: Final = 64 << 20  # bytes of one row
_MOST_ITEMS: Final = 1 << 27  # of arrays, in one column of one row group
_PACKED: Final = 256 << 20  # bytes of a column from which on it must not be packed
_UNPACKED: Final = 4 << 30  # bytes of all rows
_PACKED_TO: Final = 500  # times smaller than this
_BUFFER: Final = 1 << 20  # bytes of a file that are read at once
# What Arrow raises over files that are damaged.
_UNREADABLE: Final = (OSError, ValueError, NotImplementedError, LookupError)
_KEY_OF_MAP: Final = ".key_value.key"


def open_parquet(opened: BinaryIO, path: str) -> pq.ParquetFile:
    """Open a file. Raises `BatchRefused`; `path` names the file there."""
    _read_footer(opened, path)
    return _open(opened, path, [])


def iter_columns(
    opened: BinaryIO, path: str, most: int = MOST_ROWS
) -> Iterator[pa.RecordBatch]:
    """Yield the columns of a file, at most so many rows at a time. Raises `BatchRefused`."""
    footer = _read_footer(opened, path)
    _check_sizes(footer, path)
    parquet = _open(opened, path, _list_dictionaries(footer))
    try:
        size = min(most, _batch_size(footer))
        # Group by group: of dictionaries in nested columns Arrow reads one at a time.
        for group in range(parquet.num_row_groups):
            for columns in parquet.iter_batches(
                batch_size=size, row_groups=[group], use_threads=False
            ):
                # Arrow looks into a dictionary without asking whether it is that long: an IndexError must come here.
                size_of(columns.to_struct_array())
                yield columns
        return
    except _UNREADABLE:
        pass
    raise _unreadable(path)


def iter_bearable(rows: pa.StructArray) -> Iterator[pa.StructArray]:
    """Yield rows in slices that are bearable with all their texts; one row that is not comes alone."""
    if len(rows) <= 1 or size_of(rows) <= 2 * _READ:
        yield rows
        return
    middle = len(rows) // 2
    yield from iter_bearable(rows[:middle])
    yield from iter_bearable(rows[middle:])


def is_oversized(rows: pa.StructArray) -> bool:
    """Say whether a slice of `iter_bearable` is one row that is too large to be looked at."""
    return len(rows) == 1 and size_of(rows) > _LARGEST_ROW


def check_size(size: int, file: InputFile) -> None:
    """Refuse a file that has become so many bytes already, far more than it is itself. Raises `BatchRefused`."""
    if size > _UNPACKED and size > _PACKED_TO * file.size:
        raise _packed(file.path)


def size_of(array: pa.Array) -> int:
    """Return how many bytes an array has once every text stands where it is named."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(array.type):
        lengths = pc.binary_length(array.dictionary).take(array.indices)
        return 4 * len(array) + (pc.sum(lengths.cast(pa.int64())).as_py() or 0)
    if pa.types.is_struct(array.type):
        return sum(map(size_of, array.flatten()), len(array))
    if pa.types.is_map(array.type):
        return size_of(keys_of(array)) + size_of(values_of(array)) + len(array)
    if is_list(array.type):
        return size_of(items_of(array)) + 4 * len(array)
    return int(array.nbytes)


def _open(opened: BinaryIO, path: str, dictionaries: list[str]) -> pq.ParquetFile:
    import pyarrow.parquet as pq

    try:
        opened.seek(0)
        return pq.ParquetFile(
            opened, read_dictionary=dictionaries, buffer_size=_BUFFER, pre_buffer=False
        )
    except _UNREADABLE:
        pass
    raise _unreadable(path)


def _read_footer(opened: BinaryIO, path: str) -> Footer:
    try:
        return read_footer(opened)
    except UnreadableFooter:
        pass
    raise _unreadable(path)


def _check_sizes(footer: Footer, path: str) -> None:
    """Refuse a file that would be unpacked to more than anyone means. Raises `BatchRefused`."""
    for chunk in footer.chunks:
        if chunk.is_repeated and chunk.values > _MOST_ITEMS:
            raise BatchRefused(
                outcome.CORRUPT,
                f"{path} has more than {_MOST_ITEMS} items of arrays in a row group",
            )
        if chunk.unpacked > _PACKED and chunk.packed * _PACKED_TO < chunk.unpacked:
            raise _packed(path)


def _list_dictionaries(footer: Footer) -> list[str]:
    """Return the columns of strings that come from a dictionary, but for the keys of maps."""
    found = {chunk.path for chunk in footer.chunks if chunk.is_dictionary}
    return sorted(path for path in found if not path.endswith(_KEY_OF_MAP))


def _batch_size(footer: Footer) -> int:
    """Return how many rows are as large as `_READ`, by what the file says of itself."""
    size = sum(chunk.unpacked for chunk in footer.chunks)
    each = max(8 * footer.columns, size // max(1, footer.rows), 1)
    return max(1, min(MOST_ROWS, _READ // each))


def _packed(path: str) -> BatchRefused:
    return BatchRefused(
        outcome.CORRUPT,
        f"{path} becomes more than {_PACKED_TO} times as large when it is read",
    )


def _unreadable(path: str) -> BatchRefused:
    return BatchRefused(
        outcome.CORRUPT,
        f"the file {path} cannot be read as Parquet: it is cut off, damaged, encrypted, or of another format",
    )
