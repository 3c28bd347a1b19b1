"""Batches of Parquet: columns held against the schema by their types, converted, and their rows against its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.promotion import outcome
from headwater_local_flow_service.promotion.conversion import (
    Incompatible,
    Place,
    ValueMismatch,
    check_convertible,
    convert,
    read_type,
)
from headwater_local_flow_service.promotion.inference import merge
from headwater_local_flow_service.promotion.json_rows import MOST_FIELDS_OF_ROW
from headwater_local_flow_service.promotion.outcome import FailedRow
from headwater_local_flow_service.promotion.parquet_rows import (
    check_size,
    is_oversized,
    iter_bearable,
    iter_columns,
    open_parquet,
    size_of,
)
from headwater_local_flow_service.promotion.refusing import BatchRefused
from headwater_local_flow_service.promotion.rendering import render_rows
from headwater_local_flow_service.promotion.rules import (
    Violation,
    compile_rules,
    has_rules,
    read_required,
)
from headwater_local_flow_service.promotion.shapes import read_shape

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    import pyarrow as pa

    from headwater_local_flow_service.files.file_store import FileStore
    from headwater_local_flow_service.promotion.job import InputFile, PromotionJob
    from headwater_local_flow_service.promotion.outcome import Outcome


def promote_parquet(job: PromotionJob, files: FileStore, collected: Outcome) -> None:
    """Promote files of Parquet. Raises `BatchRefused`."""
    reader = _ParquetReader(job.schema, collected)
    for file in job.inputs:  # a type that does not fit shows before a row is written
        with files.open(file.key) as opened:
            reader.check(opened, file)
    for file in job.inputs:
        with files.open(file.key) as opened:
            reader.read(opened, file)


class _ParquetReader:
    """Reads files of Parquet some megabytes at a time."""

    def __init__(self, schema: Mapping[str, Any], collected: Outcome) -> None:
        self._collected = collected
        self._shape = read_shape(schema)
        self._rules = compile_rules(
            schema, nullable=True, epoch=False, typed_dates=True
        )
        self._has_rules = has_rules(schema)
        self._required = read_required(schema)

    def check(self, opened: BinaryIO, file: InputFile) -> None:
        """See that the columns of a file fit the schema, and take in those it leaves open. Raises `BatchRefused`."""
        import pyarrow as pa

        type = pa.struct(open_parquet(opened, file.path).schema_arrow)
        try:
            check_convertible(type, self._shape, Place())
            shape = merge(self._shape, read_type(type, Place()))
        except Incompatible as error:
            refusal = f"TypeCompatibilityException: {error} ({file.path})"
        else:
            refusal = ""
        if refusal:
            raise BatchRefused(outcome.INCOMPATIBLE, refusal)
        if shape.size > MOST_FIELDS_OF_ROW:
            raise BatchRefused(
                outcome.INCOMPATIBLE,
                f"the rows have more than {MOST_FIELDS_OF_ROW} fields",
            )
        self._shape = shape

    def read(self, opened: BinaryIO, file: InputFile) -> None:
        """Read one file. Raises `BatchRefused` where it cannot be read to its end."""
        size = 0
        for columns in iter_columns(opened, file.path):
            for rows in iter_bearable(columns.to_struct_array()):
                size += size_of(rows)
                check_size(size, file)
                if is_oversized(rows):
                    self._collected.add_failed(FailedRow({}, [_TOO_LARGE]))
                else:
                    self._add(rows)

    def _add(self, rows: pa.StructArray) -> None:
        """Convert rows; where a value cannot be, halve them until it is alone."""
        if not len(rows):
            return
        try:
            columns = self._convert(rows)
        except ValueMismatch as mismatch:
            if len(rows) == 1:
                self._fail(rows, [_violation(mismatch)])
                return
        else:
            self._check_rows(rows, columns)
            return
        middle = len(rows) // 2
        self._add(rows[:middle])
        self._add(rows[middle:])

    def _convert(self, rows: pa.StructArray) -> pa.RecordBatch:
        import pyarrow as pa

        type = self._shape.arrow_type() or pa.struct([])
        return pa.RecordBatch.from_struct_array(
            convert(rows, self._shape, type, Place())
        )

    def _check_rows(self, rows: pa.StructArray, columns: pa.RecordBatch) -> None:
        """Hold converted rows against the rules, and hand on those that fit."""
        import pyarrow as pa

        if not self._has_rules and self._has_required(columns):
            self._collected.add_rows(columns)
            return
        fits = []
        for place, row in enumerate(render_rows(_without_dates(columns))):
            accepted = self._rules.accepts(row)
            fits.append(accepted)
            if not accepted:
                found = self._rules.find_violations(row, outcome.MOST_VIOLATIONS)
                self._fail(rows[place : place + 1], found)
        self._collected.add_rows(columns.filter(pa.array(fits)))

    def _has_required(self, columns: pa.RecordBatch) -> bool:
        names = columns.schema.names
        return all(
            name in names and not columns.column(name).null_count
            for name in self._required
        )

    def _fail(self, row: pa.StructArray, found: list[Violation]) -> None:
        import pyarrow as pa

        rendered = render_rows(pa.RecordBatch.from_struct_array(row))[0]
        self._collected.add_failed(FailedRow(rendered, found))


_TOO_LARGE = Violation("type", "the row is too large to be looked at", "#", "#")


def _violation(mismatch: ValueMismatch) -> Violation:
    pointer = "/".join(("#", *mismatch.path))
    return Violation("type", mismatch.message, pointer, pointer)


def _without_dates(columns: pa.RecordBatch) -> pa.RecordBatch:
    """Return columns with dates and times as the numbers they are stored as, which rules take them for."""
    import pyarrow as pa

    arrays = [column.view(_number_type(column.type)) for column in columns.columns]
    return pa.RecordBatch.from_arrays(arrays, names=columns.schema.names)


def _number_type(type: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if pa.types.is_timestamp(type):
        return pa.int64()
    if pa.types.is_date(type):
        return pa.int32()
    if pa.types.is_struct(type):
        return pa.struct([field.with_type(_number_type(field.type)) for field in type])
    if pa.types.is_list(type):
        return pa.list_(type.value_field.with_type(_number_type(type.value_type)))
    if pa.types.is_map(type):
        return pa.map_(
            type.key_type, type.item_field.with_type(_number_type(type.item_type))
        )
    return type
