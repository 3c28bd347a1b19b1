"""The first rows of files as JSON values."""

from __future__ import annotations

import datetime
import decimal
import io
import json
import math
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater.errors import InvalidInput
from headwater_local_flow_service.promotion.job import Format
from headwater_local_flow_service.promotion.previews import (
    preview_rows,
    preview_upload,
)
from headwater_local_flow_service.promotion.rendering import render_column


def parquet(table: pa.Table) -> io.BytesIO:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    buffer.seek(0)
    return buffer


VALUES = [
    (pa.array([2**62, None]), [2**62, None]),
    (pa.array([2**64 - 1], pa.uint64()), [2**64 - 1]),
    (pa.array([1.5, math.nan, math.inf, -math.inf]), [1.5, "NaN", "Infinity", "-Infinity"]),
    (pa.array([decimal.Decimal("12345678901234567890.10")]), ["12345678901234567890.10"]),
    (pa.array([b"\x00\xff", None]), ["AP8=", None]),
    (pa.array([datetime.date(2019, 5, 15)]), ["2019-05-15"]),
    (pa.array([1558000000123], pa.timestamp("ms", tz="UTC")), ["2019-05-16T09:46:40.123Z"]),
    (pa.array([-1], pa.timestamp("us", tz="Asia/Tokyo")), ["1969-12-31T23:59:59.999999Z"]),
    (pa.array([1], pa.time32("s")), ["00:00:01"]),
    (pa.array([1], pa.duration("ns")), [1]),
    (pa.array([True, None]), [True, None]),
    (pa.array(["é"]).dictionary_encode(), ["é"]),
    (pa.array([{"a": 1}, None, {"a": None}]), [{"a": 1}, None, {"a": None}]),
    (pa.array([[[1], None], None, []]), [[[1], None], None, []]),
    (pa.array([[1, 2], None], pa.list_(pa.int8(), 2)), [[1, 2], None]),
    (pa.array([[("k", [1])], None, []], pa.map_(pa.string(), pa.list_(pa.int8()))), [{"k": [1]}, None, {}]),
    (pa.array([[(1, b"x")]], pa.map_(pa.int32(), pa.binary())), [{"1": "eA=="}]),
    (pa.nulls(1), [None]),
    (pa.array([{}, None], pa.struct([])), [{}, None]),
]  # fmt: skip


@pytest.mark.parametrize(("column", "expected"), VALUES, ids=lambda it: str(getattr(it, "type", "")))  # fmt: skip
def test_every_type_has_its_json(column: pa.Array, expected: Any) -> None:
    assert render_column(column) == expected
    assert render_column(column[1:]) == expected[1:]
    assert json.loads(json.dumps(expected, allow_nan=False)) == expected


def test_only_the_first_rows_are_shown() -> None:
    opened = parquet(pa.table({"a": list(range(1000))}))
    assert preview_rows(opened, Format(), 3) == [{"a": 0}, {"a": 1}, {"a": 2}]
    opened.seek(0)
    assert len(preview_rows(opened, Format())) == 100
    opened.seek(0)
    assert preview_rows(opened, Format(), 0) == []


def test_json_is_shown_as_it_is() -> None:
    lines = io.BytesIO(b'{"a": 9007199254740993}\n{"b": [1.5]}\n{bad')
    rows = [{"a": 2**53 + 1}, {"b": [1.5]}]
    assert preview_rows(lines, Format(name="json"), 2) == rows
    array = io.BytesIO(json.dumps(rows, indent=1).encode())
    assert preview_rows(array, Format(name="JSON", is_multi_line_json=True)) == rows


def test_an_upload_is_shown_with_its_parameters_and_columns() -> None:
    format = Format(name="csv", delimiter=";")
    assert preview_upload(io.BytesIO(b"a;b\n1;x\n2;\n"), format, 10) == {
        "formatParams": {
            "format": "csv",
            "delimiter": ";",
            "quote": '"',
            "escape": "\\",
            "charset": "UTF-8",
            "header": True,
        },
        "preview": {
            "columns": [{"cid": "0", "name": "a"}, {"cid": "1", "name": "b"}],
            "rows": [["1", "x"], ["2", None]],
        },
    }


def test_a_file_without_a_header_has_numbered_columns() -> None:
    shown = preview_upload(io.BytesIO(b"1,x y\n"), Format(name="csv"), 9, header=False)
    assert [column["name"] for column in shown["preview"]["columns"]] == ["f0", "f1"]
    assert shown["preview"]["rows"] == [["1", "x y"]]


@pytest.mark.parametrize("name", ["json", "csv", "parquet"])
def test_a_file_of_another_format_is_refused_by_name(name: str) -> None:
    content = b'{"secret": "\xff\n1,2' if name != "csv" else b"a,b\n1\n"
    with pytest.raises(InvalidInput, match=f"cannot be read as {name}") as refused:
        preview_rows(io.BytesIO(content), Format(name=name))
    assert refused.value.__context__ is None
