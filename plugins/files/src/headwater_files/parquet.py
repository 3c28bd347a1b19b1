"""The columns and first rows of a Parquet file, through pyarrow."""

from __future__ import annotations

import base64
import datetime
import decimal
import io
import math
from typing import TYPE_CHECKING, Any, Final

from headwater.foreign import raise_bare
from headwater.sources import Column
from headwater_files.bounded import BoundedReads
from headwater_files.properties import ParquetMissing, UnreadableFile

if TYPE_CHECKING:
    from typing import BinaryIO

    import pyarrow
    from pyarrow.parquet import ParquetFile

EXTRA: Final = 'pip install "headwater-files[parquet]"'

_MAGIC: Final = b"PAR1"
_ENCRYPTED: Final = b"PARE"
_MOST_FOOTER: Final = 16 << 20  # bytes
_MOST_READ: Final = 64 << 20  # bytes
_BUFFER: Final = 64 << 10  # bytes that are read of a column at once


def is_parquet(head: bytes) -> bool:
    """Say whether a file begins as Parquet does, encrypted or not."""
    return head[:4] in (_MAGIC, _ENCRYPTED)


def read_parquet(
    file: BinaryIO, most: int
) -> tuple[tuple[Column, ...], list[dict[str, Any]]]:
    """Return the columns of a Parquet file and up to `most` rows. Raises `UnreadableFile`.

    Raises `ParquetMissing` where pyarrow is not installed.
    """
    _check_ends(file)
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetFile
    except ModuleNotFoundError:
        raise_bare(ParquetMissing("Parquet needs the package pyarrow", remedy=EXTRA))
    file.seek(0)
    source = pa.PythonFile(BoundedReads(file, _MOST_READ), mode="r")
    try:
        opened = ParquetFile(source, buffer_size=_BUFFER, pre_buffer=False)
        columns = tuple(_column(field) for field in opened.schema_arrow)
        return columns, _read_rows(opened, most)
    except (pa.ArrowException, OSError, ValueError):
        raise_bare(_damaged())


def _read_rows(opened: ParquetFile, most: int) -> list[dict[str, Any]]:
    if not most or not opened.num_row_groups:
        return []
    for batch in opened.iter_batches(batch_size=most, row_groups=[0]):
        return [_as_json(row) for row in batch.to_pylist()]
    return []


def _check_ends(file: BinaryIO) -> None:
    """Refuse what is no Parquet, cut or encrypted, and a footer of unreasonable length, before it is parsed."""
    size = file.seek(0, io.SEEK_END)
    if size < 12:
        raise _damaged()
    file.seek(0)
    head = file.read(4)
    file.seek(size - 8)
    tail = file.read(8)
    if _ENCRYPTED in (head, tail[4:]):
        raise _encrypted()
    if head != _MAGIC:
        raise UnreadableFile("the file is not Parquet", remedy="correct fileType")
    if tail[4:] != _MAGIC:
        raise _damaged()
    if int.from_bytes(tail[:4], "little") > min(size - 12, _MOST_FOOTER):
        raise _damaged()


def _column(field: pyarrow.Field[Any]) -> Column:
    return _typed(field.name, field.type)


def _typed(name: str, type: pyarrow.DataType) -> Column:
    from pyarrow import types

    if types.is_struct(type):
        parts = tuple(
            _typed(type.field(position).name, type.field(position).type)
            for position in range(type.num_fields)
        )
        return Column(name=name, type="object", properties=parts)
    if types.is_timestamp(type):
        return Column(
            name=name, type="string", format="date-time", meta_type="date-time"
        )
    if types.is_date(type):
        return Column(name=name, type="string", format="date", meta_type="date")
    return Column(name=name, type=_json_type(type))


def _json_type(type: pyarrow.DataType) -> str:
    from pyarrow import types

    kinds = (
        (types.is_boolean, "boolean"),
        (types.is_integer, "integer"),
        (types.is_floating, "number"),
        (types.is_decimal, "number"),
        (types.is_map, "object"),
        (types.is_list, "array"),
        (types.is_large_list, "array"),
        (types.is_fixed_size_list, "array"),
    )
    return next((name for is_kind, name in kinds if is_kind(type)), "string")


def _as_json(value: Any) -> Any:
    """Return a value as JSON can hold it; what is no number is null."""
    match value:
        case dict():
            result: Any = {str(name): _as_json(part) for name, part in value.items()}
        case list() | tuple():
            result = [_as_json(part) for part in value]
        case float():
            result = value if math.isfinite(value) else None
        case bytes():
            result = base64.b64encode(value).decode()
        case datetime.date() | datetime.time():
            result = value.isoformat()
        case decimal.Decimal() | datetime.timedelta():
            result = str(value)
        case _:
            result = value
    return result


def _damaged() -> UnreadableFile:
    return UnreadableFile(
        "the file is not whole, or damaged: its Parquet footer or first rows cannot be read",
        remedy="upload it again",
    )


def _encrypted() -> UnreadableFile:
    return UnreadableFile(
        "the Parquet file is encrypted, and there is no key for it here",
        remedy="upload it without encryption",
    )
