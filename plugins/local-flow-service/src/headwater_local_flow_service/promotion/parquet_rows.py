"""Files of Parquet, opened and read some megabytes at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from headwater_local_flow_service.promotion import outcome
from headwater_local_flow_service.promotion.refusing import BatchRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    import pyarrow as pa
    import pyarrow.parquet as pq

_READ: Final = 16 << 20  # bytes of columns that are looked at together
MOST_ROWS: Final = 65_536


def open_parquet(opened: BinaryIO, path: str) -> pq.ParquetFile:
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(opened)
    except (OSError, ValueError, NotImplementedError):
        pass
    raise _unreadable(path)


def iter_columns(
    opened: BinaryIO, path: str, most: int = MOST_ROWS
) -> Iterator[pa.RecordBatch]:
    """Yield the columns of a file, at most so many rows at a time. Raises `BatchRefused`; `path` names the file."""
    parquet = open_parquet(opened, path)
    try:
        yield from parquet.iter_batches(
            batch_size=min(most, _batch_size(parquet)), use_threads=False
        )
        return
    except (OSError, ValueError, NotImplementedError):
        pass
    raise _unreadable(path)


def _batch_size(parquet: pq.ParquetFile) -> int:
    """Return how many rows are as large as `_READ`, by what the file says of itself."""
    metadata = parquet.metadata
    groups = (metadata.row_group(index) for index in range(metadata.num_row_groups))
    size = sum(group.total_byte_size for group in groups)
    each: int = max(1, size // max(1, metadata.num_rows))
    return max(1, min(MOST_ROWS, _READ // each))


def _unreadable(path: str) -> BatchRefused:
    return BatchRefused(
        outcome.CORRUPT,
        f"the file {path} cannot be read as Parquet: it is cut off, damaged, encrypted, or of another format",
    )
