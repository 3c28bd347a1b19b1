"""The types of fields that no schema describes, from the values that come; and columns made before, made wider."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.promotion import shapes
from headwater_local_flow_service.promotion.nesting import (
    items_of,
    keys_of,
    offsets_of,
    values_of,
)
from headwater_local_flow_service.promotion.rendering import render_column
from headwater_local_flow_service.promotion.shapes import Shape

if TYPE_CHECKING:
    import pyarrow as pa

_OPEN: Final = Shape(shapes.OPEN)
_NUMBERS: Final = frozenset({shapes.LONG, shapes.NUMBER})


def learn(shape: Shape, value: Any) -> Shape:
    """Return a shape that holds a value too; the same object where it does already.

    A long and a double become a double; all else that differs becomes text: strings as they are, other values as JSON.
    Null says nothing. Raises `ValueError` for a number that no double holds.
    """
    if value is None or not shape.has_open:
        return shape
    if shape.kind == shapes.OPEN:
        return _infer(value)
    if isinstance(value, dict) and shape.kind in (shapes.OBJECT, shapes.MAP):
        return _learn_fields(shape, value)
    if isinstance(value, list) and shape.kind == shapes.ARRAY:
        return _learn_items(shape, value)
    if shape.inferred and shape.kind != shapes.TEXT:
        return _widen(shape, _infer(value).kind)
    return shape


def _infer(value: Any) -> Shape:
    """Return the shape of one value."""
    if isinstance(value, dict):
        return _learn_fields(Shape(shapes.OBJECT, inferred=True), value)
    if isinstance(value, list):
        return _learn_items(Shape(shapes.ARRAY, item=_OPEN, inferred=True), value)
    return Shape(_infer_plain(value), inferred=True)


def _infer_plain(value: Any) -> str:
    if isinstance(value, bool):
        return shapes.BOOLEAN
    if isinstance(value, int):
        # A longer one would be cut by readers that hold numbers as doubles.
        return shapes.LONG if abs(value) <= shapes.LARGEST_LONG else shapes.TEXT
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("a number is out of the range of a double")
        return shapes.NUMBER
    return shapes.STRING


def _learn_fields(shape: Shape, value: dict[str, Any]) -> Shape:
    if shape.kind == shapes.MAP:
        return _learn_items(shape, list(value.values()))
    changed: dict[str, Shape] = {}
    for name, field in value.items():
        known = shape.fields.get(name, _OPEN)
        learned = learn(known, field)
        if learned is not known:
            changed[name] = learned
    if not changed:
        return shape
    return attrs.evolve(shape, fields={**shape.fields, **changed})


def _learn_items(shape: Shape, values: list[Any]) -> Shape:
    known = item = shape.item or _OPEN
    for value in values:
        item = learn(item, value)
    return shape if item is known else attrs.evolve(shape, item=item)


def _widen(shape: Shape, kind: str) -> Shape:
    if kind == shape.kind:
        return shape
    both = {kind, shape.kind}
    return Shape(shapes.NUMBER if both == _NUMBERS else shapes.TEXT, inferred=True)


def to_text(value: Any) -> str | None:
    """Return what a column of text holds for a value: strings and null as they are, else JSON without null fields."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(_without_nulls(value), ensure_ascii=False, separators=(",", ":"))


def _without_nulls(value: Any) -> Any:
    """Return a value as it would be had it been a column before: there null and missing are the same."""
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _without_nulls(field)
        for name, field in value.items()
        if field is not None
    }


def widen_column(array: pa.Array, type: pa.DataType) -> pa.Array:
    """Return a column as one of a wider type, as `learn` widens."""
    import pyarrow as pa

    if array.type == type:
        return array
    if array.null_count == len(array):
        return pa.nulls(len(array), type)
    if pa.types.is_string(type):
        return pa.array(map(to_text, render_column(array)), type)
    if pa.types.is_nested(type):
        return _widen_nested(array, type)
    return array.cast(type)


def _widen_nested(array: pa.Array, type: pa.DataType) -> pa.Array:
    """Return objects, arrays or maps as wider ones."""
    import pyarrow as pa

    if pa.types.is_struct(type):
        return _widen_struct(array, type)
    offsets, missing = offsets_of(array), array.is_null()
    if pa.types.is_map(type):
        items = widen_column(values_of(array), type.item_type)
        return pa.MapArray.from_arrays(
            offsets, keys_of(array), items, type, mask=missing
        )
    items = widen_column(items_of(array), type.value_type)
    return pa.ListArray.from_arrays(offsets, items, type, mask=missing)


def _widen_struct(array: pa.Array, type: pa.DataType) -> pa.Array:
    import pyarrow as pa

    flat = dict(zip((field.name for field in array.type), array.flatten(), strict=True))
    columns = [
        widen_column(flat[field.name], field.type)
        if field.name in flat
        else pa.nulls(len(array), field.type)
        for field in type
    ]
    return pa.StructArray.from_arrays(columns, fields=list(type), mask=array.is_null())


def merge(shape: Shape, other: Shape) -> Shape:
    """Return a shape that holds what both hold; `shape` itself where it does already, or where a schema gave it."""
    if other.kind == shapes.OPEN or not shape.has_open:
        return shape
    if shape.kind == shapes.OPEN:
        return other
    if shape.kind == other.kind == shapes.OBJECT:
        return _merge_fields(shape, other)
    if shape.kind == other.kind and shape.item is not None and other.item is not None:
        item = merge(shape.item, other.item)
        return shape if item is shape.item else attrs.evolve(shape, item=item)
    if shape.inferred and shape.kind != shapes.TEXT:
        return _widen(shape, other.kind)
    return shape


def _merge_fields(shape: Shape, other: Shape) -> Shape:
    merged = {
        name: merge(shape.fields.get(name, _OPEN), field)
        for name, field in other.fields.items()
    }
    if all(field is shape.fields.get(name) for name, field in merged.items()):
        return shape
    return attrs.evolve(shape, fields={**shape.fields, **merged})
