"""From rows that keep the rules of their schema to columns."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.promotion import shapes
from headwater_local_flow_service.promotion.inference import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa

    from headwater_local_flow_service.promotion.shapes import Shape

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def build_table(rows: Sequence[Mapping[str, Any]], shape: Shape) -> pa.RecordBatch:
    """Return rows as columns of the types that their shape names."""
    import pyarrow as pa

    fields = shape.arrow_fields()
    if not fields:  # rows without any field that is known
        return pa.RecordBatch.from_struct_array(
            pa.array([{}] * len(rows), pa.struct([]))
        )
    arrays = _build_fields(rows, shape, fields)
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def build_column(values: Sequence[Any], shape: Shape, type: pa.DataType) -> pa.Array:
    """Return values, with None for null, as one column."""
    import pyarrow as pa

    if shape.kind == shapes.OBJECT:
        return _build_struct(values, shape, type)
    given = [value for value in values if value is not None]
    if shape.kind == shapes.ARRAY and shape.item is not None:
        flat = list(itertools.chain.from_iterable(given))
        items = build_column(flat, shape.item, type.value_type)
        return pa.ListArray.from_arrays(_offsets(values), items, type)
    if shape.kind == shapes.MAP and shape.item is not None:
        names = list(itertools.chain.from_iterable(given))
        flat = [item for value in given for item in value.values()]
        items = build_column(flat, shape.item, type.item_type)
        keys = pa.array(names, type.key_type)
        return pa.MapArray.from_arrays(_offsets(values), keys, items, type)
    convert = _CONVERSIONS.get(shape.kind)
    if convert is not None:
        values = [None if value is None else convert(value) for value in values]
    return pa.array(values, type)


def _build_struct(values: Sequence[Any], shape: Shape, type: pa.DataType) -> pa.Array:
    import pyarrow as pa

    missing = pa.array([value is None for value in values], pa.bool_())
    columns = _build_fields(values, shape, list(type))
    return pa.StructArray.from_arrays(columns, fields=list(type), mask=missing)


def _build_fields(
    values: Sequence[Mapping[str, Any] | None], shape: Shape, fields: list[pa.Field]
) -> list[pa.Array]:
    """Return a column for each field; one that no value has costs nothing."""
    import pyarrow as pa

    present: set[str] = set().union(*filter(None, values))
    return [
        build_column(
            [None if value is None else value.get(field.name) for value in values],
            shape.fields[field.name],
            field.type,
        )
        if field.name in present
        else pa.nulls(len(values), field.type)
        for field in fields
    ]


def _offsets(values: Sequence[Any]) -> pa.Array:
    """Return where the items of each value begin; null where there is no value."""
    import pyarrow as pa

    offsets: list[int | None] = []
    end = 0
    for value in values:
        offsets.append(None if value is None else end)
        end += 0 if value is None else len(value)
    return pa.array([*offsets, end], pa.int32())


def to_milliseconds(value: str | float) -> int:
    """Return a date-time as milliseconds since 1970; what is finer is cut off."""
    if isinstance(value, str):
        return (datetime.fromisoformat(value) - _EPOCH) // _MILLISECOND
    return int(value)


_CONVERSIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    shapes.NUMBER: float,
    # 5.0 is an integer in JSON.
    shapes.LONG: int,
    shapes.INTEGER: int,
    shapes.SHORT: int,
    shapes.BYTE: int,
    shapes.DATE: date.fromisoformat,
    shapes.DATE_TIME: to_milliseconds,
    shapes.TEXT: to_text,
}
