"""Columns as JSON values: what previews show, and rows in reports of what failed.

Date-times are ISO 8601 in UTC, dates ``yyyy-MM-dd``, decimals strings of all their digits, bytes Base64, numbers that
JSON has not (NaN, infinities) strings; maps are objects.
"""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.promotion.nesting import is_list, list_entries

if TYPE_CHECKING:
    import pyarrow as pa


def render_rows(columns: pa.RecordBatch) -> list[dict[str, Any]]:
    """Return each row as a JSON object; null fields are in it as null."""
    names = columns.schema.names
    if not names:
        return [{} for _row in range(len(columns))]
    values = [render_column(column) for column in columns.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def render_column(array: pa.Array) -> list[Any]:
    """Return one column as JSON values."""
    import pyarrow as pa

    type = array.type
    if isinstance(array, pa.ExtensionArray):
        return render_column(array.storage)
    if pa.types.is_dictionary(type):
        return render_column(array.dictionary_decode())
    if pa.types.is_struct(type):
        return _render_struct(array)
    if pa.types.is_map(type):
        return _render_map(array)
    if is_list(type):
        return _regroup(array, render_column(array.flatten()))
    return _render_plain(array)


def _regroup(array: pa.Array, flat: list[Any]) -> list[Any]:
    """Return the items of all lists, in order, as lists again."""
    import pyarrow.compute as pc

    rows: list[Any] = []
    start = 0
    for length in pc.list_value_length(array).to_pylist():
        end = start + (length or 0)
        rows.append(None if length is None else flat[start:end])
        start = end
    return rows


def _render_struct(array: pa.Array) -> list[Any]:
    names = [field.name for field in array.type]
    if not names:
        return [value and {} for value in array.to_pylist()]
    values = [render_column(column) for column in array.flatten()]
    present = array.is_valid().to_pylist()
    return [
        dict(zip(names, row, strict=True)) if there else None
        for there, row in zip(present, zip(*values, strict=True), strict=True)
    ]


def _render_map(array: pa.Array) -> list[Any]:
    return [
        row
        if row is None
        else {_to_name(entry["key"]): entry["value"] for entry in row}
        for row in render_column(list_entries(array))
    ]


def _to_name(key: Any) -> str:
    return key if isinstance(key, str) else str(key)


def _render_plain(array: pa.Array) -> list[Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    type = array.type
    if pa.types.is_timestamp(type):
        # A time without a zone is taken as one of UTC, as in promotion.
        return list(
            pc.strftime(
                array.cast(pa.timestamp(type.unit)), "%Y-%m-%dT%H:%M:%SZ"
            ).to_pylist()
        )
    if pa.types.is_decimal(type) or pa.types.is_date(type) or pa.types.is_time(type):
        return list(array.cast(pa.string()).to_pylist())
    if pa.types.is_string(type) or pa.types.is_large_string(type):
        return _render_text(array)
    if pa.types.is_duration(type):
        array = array.cast(pa.int64())
    return _render_values(array.to_pylist(), type)


def _render_values(values: list[Any], type: pa.DataType) -> list[Any]:
    import pyarrow as pa

    if pa.types.is_floating(type):
        return [_render_float(value) for value in values]
    if values and any(isinstance(value, bytes) for value in values):
        return [
            value if value is None else base64.b64encode(value).decode()
            for value in values
        ]
    return values


def _render_text(array: pa.Array) -> list[Any]:
    """Return texts; nothing keeps a file from holding some that are not UTF-8."""
    import pyarrow as pa

    return [
        value if value is None else value.decode("utf-8", "replace")
        for value in array.cast(pa.large_binary()).to_pylist()
    ]


def _render_float(value: float | None) -> float | str | None:
    if value is None or math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
