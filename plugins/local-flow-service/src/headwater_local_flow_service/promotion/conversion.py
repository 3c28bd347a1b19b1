"""From the types of Parquet files to those of a schema: what may become what, and the values that cannot.

A string becomes a number, a date or a date-time; a number another number or a string, a long also a date or a
date-time, in milliseconds since 1970; an object a map and the other way round. Booleans, arrays, dates and date-times
stay what they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.promotion import shapes
from headwater_local_flow_service.promotion.columns import to_milliseconds
from headwater_local_flow_service.promotion.inference import to_text
from headwater_local_flow_service.promotion.nesting import (
    is_list,
    items_of,
    keys_of,
    offsets_of,
    values_of,
)
from headwater_local_flow_service.promotion.rendering import render_column
from headwater_local_flow_service.promotion.rules import (
    FIRST_MS,
    LAST_MS,
    is_date,
    is_date_time,
)
from headwater_local_flow_service.promotion.shapes import Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa

_INTEGERS: Final = frozenset(shapes.RANGES)
_FROM_NUMBER: Final = _INTEGERS | {shapes.STRING, shapes.TEXT, shapes.NUMBER}
_FROM_STRING: Final = _FROM_NUMBER | {shapes.DATE, shapes.DATE_TIME}
_MOST_LEVELS: Final = 64
_DAY: Final = 24 * 60 * 60 * 1000  # milliseconds


class Incompatible(Exception):
    """A column whose type cannot become that of the schema; the message names the place and both types."""


class ValueMismatch(Exception):
    """A value that cannot become what the schema says, though others of its type can."""

    def __init__(self, path: tuple[str, ...], message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


@attrs.frozen
class Place:
    """Where a field stands in a row: the names on the way to it."""

    path: tuple[str, ...] = ()

    def field(self, name: str) -> Place:
        """Return the place of a field in this one."""
        return Place((*self.path, name))

    def __str__(self) -> str:
        return ".".join(self.path) or "the row"


def read_type(type: pa.DataType, place: Place) -> Shape:
    """Return the shape of a column that no schema describes. Raises `Incompatible` for what XDM has no type for."""
    import pyarrow as pa

    if len(place.path) > _MOST_LEVELS:
        raise Incompatible(f"{place} is nested deeper than {_MOST_LEVELS} levels")
    if pa.types.is_null(type):
        return Shape(shapes.OPEN)
    if pa.types.is_struct(type):
        fields = {
            field.name: read_type(field.type, place.field(field.name)) for field in type
        }
        return Shape(shapes.OBJECT, fields=fields, inferred=True)
    if pa.types.is_map(type):
        _check_keys(type, place)
        item = read_type(type.item_type, place.field("*"))
        return Shape(shapes.MAP, item=item, inferred=True)
    if is_list(type):
        item = read_type(type.value_type, place.field("*"))
        return Shape(shapes.ARRAY, item=item, inferred=True)
    kind = kind_of(type)
    if kind is None:
        raise Incompatible(f"{place} has the type {type}, which XDM does not know")
    return Shape(shapes.LONG if kind in _INTEGERS else kind, inferred=True)


def check_convertible(type: pa.DataType, shape: Shape, place: Place) -> None:
    """See that a column of a type may become one of a shape. Raises `Incompatible`."""
    import pyarrow as pa

    if pa.types.is_null(type):
        return
    if shape.kind == shapes.OPEN:
        read_type(type, place)
    elif pa.types.is_struct(type):
        _check_struct(type, shape, place)
    elif pa.types.is_map(type):
        _check_map(type, shape, place)
    elif is_list(type):
        if shape.kind != shapes.ARRAY or shape.item is None:
            raise _incompatible("array", shape, place)
        check_convertible(type.value_type, shape.item, place.field("*"))
    else:
        _check_plain(type, shape, place)


def _check_struct(type: pa.DataType, shape: Shape, place: Place) -> None:
    if shape.kind not in (shapes.OBJECT, shapes.MAP):
        raise _incompatible("object", shape, place)
    seen: set[str] = set()
    for field in type:
        within = place.field(field.name)
        if field.name in seen:
            raise Incompatible(f"{within} stands twice in the file")
        seen.add(field.name)
        known = shape.item if shape.kind == shapes.MAP else shape.fields.get(field.name)
        if known is None and shape.closed:
            raise Incompatible(f"{within} is not in the schema of the data set")
        check_convertible(field.type, known or Shape(shapes.OPEN), within)


def _check_map(type: pa.DataType, shape: Shape, place: Place) -> None:
    if shape.kind not in (shapes.OBJECT, shapes.MAP):
        raise _incompatible("map", shape, place)
    _check_keys(type, place)
    inner = [shape.item] if shape.kind == shapes.MAP else list(shape.fields.values())
    for known in inner:
        if known is not None:
            check_convertible(type.item_type, known, place.field("*"))


def _check_keys(type: pa.DataType, place: Place) -> None:
    if kind_of(type.key_type) != shapes.STRING:
        raise Incompatible(f"{place} is a map whose keys are not strings")


def _check_plain(type: pa.DataType, shape: Shape, place: Place) -> None:
    kind = kind_of(type)
    if kind is None:
        raise Incompatible(f"{place} has the type {type}, which XDM does not know")
    if kind != shape.kind and shape.kind not in _targets(kind):
        raise _incompatible(kind, shape, place)


def _targets(kind: str) -> frozenset[str]:
    if kind == shapes.STRING:
        return _FROM_STRING
    if kind == shapes.LONG:
        return _FROM_NUMBER | {shapes.DATE, shapes.DATE_TIME}
    if kind in _INTEGERS or kind == shapes.NUMBER:
        return _FROM_NUMBER
    return frozenset()


def _incompatible(found: str, shape: Shape, place: Place) -> Incompatible:
    return Incompatible(
        f"{place} is {found} in the file and {shape.kind} in the schema"
    )


def kind_of(type: pa.DataType) -> str | None:
    """Return which of the plain XDM types a type of a file is; None where it is none."""
    import pyarrow as pa

    if pa.types.is_dictionary(type):
        return kind_of(type.value_type)
    tests: tuple[tuple[Callable[[pa.DataType], bool], str], ...] = (
        (pa.types.is_string, shapes.STRING),
        (pa.types.is_large_string, shapes.STRING),
        (pa.types.is_boolean, shapes.BOOLEAN),
        (pa.types.is_int8, shapes.BYTE),
        (pa.types.is_uint8, shapes.SHORT),
        (pa.types.is_int16, shapes.SHORT),
        (pa.types.is_uint16, shapes.INTEGER),
        (pa.types.is_int32, shapes.INTEGER),
        (pa.types.is_integer, shapes.LONG),
        (pa.types.is_floating, shapes.NUMBER),
        (pa.types.is_decimal, shapes.NUMBER),
        (pa.types.is_date, shapes.DATE),
        (pa.types.is_timestamp, shapes.DATE_TIME),
    )
    return next((kind for test, kind in tests if test(type)), None)


def convert(array: pa.Array, shape: Shape, type: pa.DataType, place: Place) -> pa.Array:
    """Return a column as one of the type of a shape. Raises `ValueMismatch` where a value cannot be converted."""
    import pyarrow as pa

    if pa.types.is_null(array.type):
        return pa.nulls(len(array), type)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if shape.kind == shapes.OBJECT:
        return _convert_to_struct(array, shape, type, place)
    if shape.kind == shapes.MAP and shape.item is not None:
        return _convert_to_map(array, shape.item, type, place)
    if shape.kind == shapes.ARRAY and shape.item is not None:
        items = convert(items_of(array), shape.item, type.value_type, place.field("*"))
        return pa.ListArray.from_arrays(
            offsets_of(array), items, type, mask=array.is_null()
        )
    return _convert_plain(array, shape.kind, type, place)


def _convert_to_struct(
    array: pa.Array, shape: Shape, type: pa.DataType, place: Place
) -> pa.Array:
    import pyarrow as pa

    if pa.types.is_map(array.type):
        columns = _look_up_fields(array, shape, place)
    else:
        names = [field.name for field in array.type]
        columns = dict(zip(names, array.flatten(), strict=True))
    converted = [
        convert(
            columns[field.name],
            shape.fields[field.name],
            field.type,
            place.field(field.name),
        )
        if field.name in columns
        else pa.nulls(len(array), field.type)
        for field in type
    ]
    return pa.StructArray.from_arrays(
        converted, fields=list(type), mask=array.is_null()
    )


def _look_up_fields(array: pa.Array, shape: Shape, place: Place) -> dict[str, pa.Array]:
    """Return the values of a map by the fields of an object. Raises `ValueMismatch` for a key that is no field."""
    import pyarrow.compute as pc

    keys = set(_read_keys(array, place).to_pylist())
    if not keys <= shape.fields.keys():
        raise ValueMismatch(place.path, "a key of the map is not in the schema")
    return {name: pc.map_lookup(array, name, "first") for name in keys}


def _convert_to_map(
    array: pa.Array, item: Shape, type: pa.DataType, place: Place
) -> pa.Array:
    import pyarrow as pa

    if pa.types.is_struct(array.type):
        return _gather_map(array, item, type, place)
    keys = _read_keys(array, place)
    for row in pa.ListArray.from_arrays(offsets_of(array), keys).to_pylist():
        if len(set(row)) < len(row):
            raise ValueMismatch(place.path, "a key of the map stands there twice")
    items = convert(values_of(array), item, type.item_type, place.field("*"))
    return pa.MapArray.from_arrays(
        offsets_of(array), keys.cast(type.key_type), items, type, mask=array.is_null()
    )


def _read_keys(array: pa.Array, place: Place) -> pa.Array:
    """Return the keys of maps. Raises `ValueMismatch` where one is no text."""
    import pyarrow as pa

    keys = keys_of(array)
    try:
        keys.validate(full=True)
    except pa.ArrowInvalid:
        pass
    else:
        return keys
    raise ValueMismatch(place.path, "a key of the map is not UTF-8")


def _gather_map(
    array: pa.Array, item: Shape, type: pa.DataType, place: Place
) -> pa.Array:
    """Return objects as maps of those of their fields that are not null."""
    import pyarrow as pa

    names = [field.name for field in array.type]
    columns = [
        convert(column, item, type.item_type, place.field(name)).to_pylist()
        for name, column in zip(names, array.flatten(), strict=True)
    ]
    present = array.is_valid().to_pylist()
    rows = zip(*columns, strict=True) if columns else ((),) * len(array)
    maps = [
        [
            (name, value)
            for name, value in zip(names, row, strict=True)
            if value is not None
        ]
        if there
        else None
        for there, row in zip(present, rows, strict=True)
    ]
    return pa.array(maps, type)


def _convert_plain(
    array: pa.Array, kind: str, type: pa.DataType, place: Place
) -> pa.Array:
    import pyarrow as pa

    try:
        array.validate(full=True)  # that strings are UTF-8
        return _CONVERSIONS.get(kind, _cast)(array, kind, type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError, OverflowError):
        pass
    raise ValueMismatch(place.path, f"the value cannot become a {kind}")


def _cast(array: pa.Array, _kind: str, type: pa.DataType) -> pa.Array:
    return array.cast(type)


def _cast_to_integer(array: pa.Array, kind: str, type: pa.DataType) -> pa.Array:
    converted = array.cast(type)
    if kind == shapes.LONG:
        _check_range(converted, -shapes.LARGEST_LONG, shapes.LARGEST_LONG)
    return converted


def _cast_to_number(array: pa.Array, _kind: str, type: pa.DataType) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    converted = array.cast(type)
    if kind_of(array.type) == shapes.STRING:
        # "nan" and "inf" are no numbers in a text; in a column of doubles they are.
        _check(pc.is_finite(converted))
    elif pa.types.is_decimal(array.type):
        _check(pc.is_finite(converted))
    return converted


def _cast_to_date(array: pa.Array, _kind: str, type: pa.DataType) -> pa.Array:
    import pyarrow as pa

    if kind_of(array.type) == shapes.STRING:
        values = array.to_pylist()
        _check_all(values, is_date)
        return pa.array(values, pa.string()).cast(type)
    if kind_of(array.type) == shapes.LONG:
        array = _to_milliseconds(array).cast(pa.timestamp("ms"))
    days = array.cast(type, safe=False)
    _check_range(days.cast(pa.int32()), FIRST_MS // _DAY, LAST_MS // _DAY)
    return days


def _cast_to_date_time(array: pa.Array, _kind: str, type: pa.DataType) -> pa.Array:
    return _to_milliseconds(array).cast(type)


def _to_milliseconds(array: pa.Array) -> pa.Array:
    """Return texts, times or longs as milliseconds since 1970; a time without a zone is one of UTC."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind_of(array.type) == shapes.STRING:
        values = array.to_pylist()
        _check_all(values, is_date_time)
        return pa.array(
            [value and to_milliseconds(value) for value in values], pa.int64()
        )
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.timestamp(array.type.unit))
        if array.type.unit in ("us", "ns"):  # what is finer is cut off
            array = pc.floor_temporal(array, unit="millisecond")
        array = array.cast(pa.timestamp("ms")).cast(pa.int64())
    milliseconds = array.cast(pa.int64())
    _check_range(milliseconds, FIRST_MS, LAST_MS)
    return milliseconds


def _to_text(array: pa.Array, _kind: str, type: pa.DataType) -> pa.Array:
    import pyarrow as pa

    return pa.array(map(to_text, render_column(array)), type)


def _check_range(array: pa.Array, least: int, most: int) -> None:
    import pyarrow.compute as pc

    _check(pc.and_(pc.greater_equal(array, least), pc.less_equal(array, most)))


def _check(fits: pa.Array) -> None:
    import pyarrow.compute as pc

    if pc.all(fits).as_py() is False:
        raise ValueError


def _check_all(values: list[Any], fits: Callable[[str], bool]) -> None:
    if not all(value is None or fits(value) for value in values):
        raise ValueError


_CONVERSIONS: Final[Mapping[str, Callable[[pa.Array, str, pa.DataType], pa.Array]]] = {
    **dict.fromkeys(shapes.RANGES, _cast_to_integer),
    shapes.NUMBER: _cast_to_number,
    shapes.DATE: _cast_to_date,
    shapes.DATE_TIME: _cast_to_date_time,
    shapes.TEXT: _to_text,
}
