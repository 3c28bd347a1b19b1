"""Parquet: columns with their types, rows as JSON holds them, and refusals for what cannot be read."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import io
import json
from typing import Any

import pytest

from headwater_files import FileProperties, UnreadableFile, describe, find_properties

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")

MOMENT = datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
ROW: dict[str, Any] = {
    "text": "Fjørd",
    "long": 2**40,
    "double": 1.5,
    "flag": True,
    "day": datetime.date(2024, 1, 2),
    "at": MOMENT,
    "exact": decimal.Decimal("1.20"),
    "raw": b"\xff",
    "in": {"x": 1},
    "list": [1.0, float("nan")],
    "none": None,
}


def _written(rows: list[dict[str, Any]], **options: Any) -> bytes:
    made = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), made, **options)
    return made.getvalue()


def _describe(data: bytes) -> dict[str, Any]:
    return describe(io.BytesIO(data), FileProperties(file_type="parquet")).as_dict()


def test_columns_carry_their_types_and_rows_are_json() -> None:
    answer = _describe(_written([ROW] * 200))

    columns = {column.pop("name"): column for column in answer["schema"]["columns"]}
    assert {name: column["xdm"]["type"] for name, column in columns.items()} == {
        "text": "string", "long": "integer", "double": "number", "flag": "boolean", "day": "string", "at": "string",
        "exact": "number", "raw": "string", "in": "object", "list": "array", "none": "string",
    }  # fmt: skip
    assert columns["at"] == {
        "type": "string",
        "meta:xdmType": "date-time",
        "xdm": {"type": "string", "format": "date-time"},
    }
    assert columns["in"]["xdm"]["properties"] == {"x": {"type": "integer"}}
    assert len(answer["data"]) == 100
    assert json.loads(json.dumps(answer["data"][0])) == {
        "text": "Fjørd", "long": 2**40, "double": 1.5, "flag": True, "day": "2024-01-02",
        "at": "2024-01-02T03:04:05+00:00", "exact": "1.20", "raw": "/w==", "in": {"x": 1}, "list": [1.0, None],
        "none": None,
    }  # fmt: skip


def test_a_file_without_rows_has_columns() -> None:
    made = io.BytesIO()
    pq.write_table(pa.table({"id": pa.array([], pa.int64())}), made)

    answer = _describe(made.getvalue())

    assert [column["name"] for column in answer["schema"]["columns"]] == ["id"]
    assert answer["data"] == []


def test_a_file_that_is_cut_anywhere_is_refused() -> None:
    whole = _written([ROW] * 10)

    for size in range(0, len(whole), 97):
        with pytest.raises(UnreadableFile):
            _describe(whole[:size])


def test_a_file_with_a_damaged_byte_is_read_or_refused() -> None:
    whole = _written([ROW] * 10)

    for position in range(0, len(whole), 41):
        damaged = bytearray(whole)
        damaged[position] ^= 0xFF
        with contextlib.suppress(UnreadableFile):
            json.dumps(_describe(bytes(damaged)))


@pytest.mark.parametrize(
    "data",
    [
        b"PARE" + b"\0" * 100 + b"\x04\0\0\0PARE",
        b"PAR1" + b"\0" * 100 + b"\x04\0\0\0PARE",
    ],
)
def test_an_encrypted_file_is_told_to_be(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="encrypted"):
        _describe(data)


def test_a_footer_that_announces_more_than_there_is_is_refused() -> None:
    with pytest.raises(UnreadableFile):
        _describe(b"PAR1" + b"\0" * 100 + b"\xff\xff\xff\x7fPAR1")


def test_something_else_is_told_not_to_be_parquet() -> None:
    with pytest.raises(UnreadableFile, match="not Parquet"):
        _describe(b"id,name\n1,two\n3,four\n")


def test_parquet_is_found_out_by_its_first_bytes() -> None:
    found = find_properties(io.BytesIO(_written([ROW])))

    assert found.as_dict() == {"fileType": "parquet"}
