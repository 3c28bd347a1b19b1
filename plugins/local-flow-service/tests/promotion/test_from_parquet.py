"""Batches of Parquet: which types may become which, values that cannot, and files that nobody means."""

from __future__ import annotations

import datetime
import decimal
import io
import math
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater_local_flow_service.promotion import parquet_rows
from headwater_local_flow_service.promotion.job import Format

STRING = {"type": "string"}
NUMBER = {"type": "number"}
LONG = {"type": "integer"}
INT = {"type": "integer", "meta:xdmType": "int"}
BYTE = {"type": "integer", "meta:xdmType": "byte"}
DATE_TIME = {"type": "string", "format": "date-time"}
DATE = {"type": "string", "format": "date"}
BOOLEAN = {"type": "boolean"}
LIST = {"type": "array", "items": INT}
MAP = {"type": "object", "additionalProperties": INT}
OBJECT = {"type": "object", "properties": {"x": INT}, "additionalProperties": False}
DAY = datetime.date(1970, 1, 2)
TIME = datetime.datetime(1970, 1, 2, tzinfo=datetime.UTC)
MS = 24 * 60 * 60 * 1000

CONVERSIONS = [
    (pa.array(["1.5"]), NUMBER, 1.5),
    (pa.array(["-7"]), LONG, -7),
    (pa.array(["7"]).dictionary_encode(), BYTE, 7),
    (pa.array(["1970-01-02"]), DATE, DAY),
    (pa.array(["1970-01-02T01:00:00+01:00"]), DATE_TIME, TIME),
    (pa.array([7], pa.int8()), STRING, "7"),
    (pa.array([7], pa.uint64()), INT, 7),
    (pa.array([7], pa.int64()), NUMBER, 7.0),
    (pa.array([1.5]), STRING, "1.5"),
    (pa.array([2.0], pa.float32()), INT, 2),
    (pa.array([decimal.Decimal("1.10")]), STRING, "1.10"),
    (pa.array([decimal.Decimal("1.10")]), NUMBER, 1.1),
    (pa.array([decimal.Decimal("3.00")], pa.decimal256(50, 2)), INT, 3),
    (pa.array([MS], pa.int64()), DATE_TIME, TIME),
    (pa.array([MS + 5], pa.int64()), DATE, DAY),
    (pa.array([DAY], pa.date64()), DATE, DAY),
    (pa.array([TIME], pa.timestamp("ns", tz="Europe/Berlin")), DATE_TIME, TIME),
    (pa.array([MS * 1000], pa.timestamp("us")), DATE_TIME, TIME),
    (pa.array([{"x": "7"}]), MAP, {"x": 7}),
    (pa.array([[("x", "7")]], pa.map_(pa.string(), pa.string())), OBJECT, {"x": 7}),
    (pa.array([[("y", "7")]], pa.map_(pa.string(), pa.string())), MAP, {"y": 7}),
    (pa.array([["7", None]]), LIST, [7, None]),
    (pa.array([[7]], pa.large_list(pa.int8())), LIST, [7]),
    (pa.array([True]), BOOLEAN, True),
]  # fmt: skip

INCOMPATIBLE = [
    (pa.array([True]), STRING),
    (pa.array([True]), INT),
    (pa.array([1]), BOOLEAN),
    (pa.array(["true"]), BOOLEAN),
    (pa.array([[1]]), STRING),
    (pa.array([1]), LIST),
    (pa.array([{"x": 1}]), STRING),
    (pa.array([{"x": True}]), MAP),
    (pa.array([{"y": 1}]), OBJECT),
    (pa.array([{"x": 1}]), LIST),
    (pa.array([[True]]), LIST),
    (pa.array([DAY]), STRING),
    (pa.array([DAY]), DATE_TIME),
    (pa.array([DAY]), INT),
    (pa.array([TIME]), DATE),
    (pa.array([TIME]), LONG),
    (pa.array([1], pa.int32()), DATE_TIME),
    (pa.array([1.0]), DATE),
    (pa.array([b"x"]), STRING),
    (pa.array([b"x"]), {}),
    (pa.array([1], pa.time64("us")), {}),
    (pa.array([[(1, 1)]], pa.map_(pa.int32(), pa.int32())), MAP),
]  # fmt: skip

MISMATCHES = [
    (pa.array(["x"]), NUMBER),
    (pa.array(["nan"]), NUMBER),
    (pa.array(["1.5"]), INT),
    (pa.array(["300"]), BYTE),
    (pa.array([300]), BYTE),
    (pa.array([1.5]), INT),
    (pa.array([math.nan]), INT),
    (pa.array([2**53 + 1]), LONG),
    (pa.array([2**53 + 1]), NUMBER),
    (pa.array([2**64 - 1], pa.uint64()), LONG),
    (pa.array(["1970-02-30"]), DATE),
    (pa.array(["1970-01-02 00:00:00"]), DATE_TIME),
    (pa.array([2**62]), DATE_TIME),
    (pa.array([2**62], pa.timestamp("ms")), DATE_TIME),
    (pa.array([-(2**31)], pa.date32()), DATE),
    (pa.array([[("y", "7")]], pa.map_(pa.string(), pa.string())), OBJECT),
    (pa.array([[("x", "1"), ("x", "2")]], pa.map_(pa.string(), pa.string())), MAP),
]  # fmt: skip


def schema_of(field: Any, **rules: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"a": field, "id": INT},
        "additionalProperties": False,
    } | rules


def table_of(column: pa.Array) -> pa.Table:
    return pa.table({"a": column})


def ids(values: Any) -> str:
    return str(values.type if isinstance(values, pa.Array) else "")


@pytest.mark.parametrize(("column", "field", "expected"), CONVERSIONS, ids=ids)
def test_types_become_others_by_the_table_of_conversions(
    batches: Any, column: pa.Array, field: Any, expected: Any
) -> None:
    # Neighbours that are null or in a slice change nothing.
    column = pa.concat_arrays([column, pa.nulls(1, column.type), column])[1:]
    promoted = batches.promote_table(schema_of(field), table_of(column))
    rows = batches.table(promoted).to_pylist(maps_as_pydicts="strict")
    assert [row["a"] for row in rows] == [None, expected]


@pytest.mark.parametrize(("column", "field"), INCOMPATIBLE, ids=ids)
def test_types_that_become_no_others_fail_the_batch_whatever_is_tolerated(
    batches: Any, column: pa.Array, field: Any
) -> None:
    promoted = batches.promote_table(schema_of(field), table_of(column), tolerated=100)
    (error,) = promoted.errors
    assert error.description.startswith("TypeCompatibilityException: a")
    assert batches.keys() == []


@pytest.mark.parametrize(("column", "field"), MISMATCHES, ids=ids)
def test_a_value_that_cannot_be_converted_fails_its_row_alone(
    batches: Any, column: pa.Array, field: Any
) -> None:
    nothing = pa.nulls(3, column.type)
    table = pa.table(
        {"a": pa.concat_arrays([nothing, column, nothing]), "id": range(7)}
    )
    promoted = batches.promote_table(
        schema_of(field), table, tolerated=50, diagnostics=True
    )
    assert [row["id"] for row in batches.rows(promoted)] == [0, 1, 2, 4, 5, 6]
    (report,) = batches.read_lines(
        promoted.reports, "row_errors/conversion_errors_0.json"
    )
    assert report["id"] == 3
    assert report["_errors"][0]["code"] == "1401"
    assert report["_errors"][0]["message"].startswith("#/a")
    assert promoted.metrics["failedRecordCount"] == 1


def test_a_column_that_is_not_in_the_schema_fails_the_batch(batches: Any) -> None:
    promoted = batches.promote_table(schema_of(INT), pa.table({"b": [1]}))
    (error,) = promoted.errors
    assert "b is not in the schema" in error.description


def test_no_column_has_to_be_there(batches: Any) -> None:
    promoted = batches.promote_table(schema_of(INT), pa.table({"id": [1]}))
    assert batches.rows(promoted) == [{"id": 1}]


def test_columns_of_no_values_fit_every_type(batches: Any) -> None:
    promoted = batches.promote_table(schema_of(LIST), table_of(pa.nulls(2)))
    assert batches.table(promoted).column("a").to_pylist() == [None, None]


def test_open_columns_keep_their_types_as_xdm_knows_them(batches: Any) -> None:
    schema = schema_of(INT, additionalProperties=True)
    table = pa.table(
        {
            "small": pa.array([1], pa.int8()),
            "exact": pa.array([decimal.Decimal("1.5")]),
            "when": pa.array([1], pa.timestamp("us")),
            "deep": pa.array([[{"x": ["a"]}]]),
        }
    )
    arrived = batches.table(batches.promote_table(schema, table)).schema
    assert arrived.field("small").type == pa.int64()
    assert arrived.field("exact").type == pa.float64()
    assert arrived.field("when").type == pa.timestamp("ms", tz="UTC")
    assert arrived.field("deep").type == pa.list_(
        pa.struct({"x": pa.list_(pa.string())})
    )


def test_old_timestamps_of_96_bits_are_read(batches: Any) -> None:
    column = pa.array([1_500_000_000_000_123_456, -1], pa.timestamp("ns"))
    write = {"use_deprecated_int96_timestamps": True}
    promoted = batches.promote_table(schema_of(DATE_TIME), table_of(column), write)
    times = batches.table(promoted).column("a").cast(pa.int64())
    assert times.to_pylist() == [1_500_000_000_000, -1]


def test_doubles_that_are_no_numbers_arrive(batches: Any) -> None:
    column = pa.array([math.nan, math.inf])
    promoted = batches.promote_table(schema_of(NUMBER), table_of(column))
    first, second = batches.table(promoted).column("a").to_pylist()
    assert math.isnan(first)
    assert second == math.inf


RULES = [
    (pa.array(["x", "yy"]), STRING | {"maxLength": 1}, "maxLength"),
    (pa.array(["x", "yy"]), STRING | {"enum": ["x"]}, "enum"),
    (pa.array(["x", "7"]), STRING | {"pattern": "^[a-z]$"}, "pattern"),
    (pa.array([5, 4]), INT | {"minimum": 5}, "minimum"),
    (pa.array([[5], [6]]), LIST | {"items": INT | {"maximum": 5}}, "maximum"),
    (pa.array([{"x": 1}, {"x": None}]), OBJECT | {"required": ["x"]}, "required"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "field", "keyword"), RULES)
def test_rows_are_held_against_the_rules_of_the_schema(
    batches: Any, column: pa.Array, field: Any, keyword: str
) -> None:
    table = pa.table({"a": column, "id": [0, 1]})
    promoted = batches.promote_table(schema_of(field), table, diagnostics=True)
    (failed,) = batches.read_lines(promoted.failed, "part-00000.json")
    assert failed["id"] == 1
    (violation,) = failed["_validationErrors"]
    assert violation["keyword"] == keyword


def test_dates_are_held_against_no_rule_of_strings(batches: Any) -> None:
    table = pa.table(
        {"a": [[{"t": TIME, "d": DAY}]], "id": [1]},
        schema=pa.schema(
            {
                "a": pa.list_(
                    pa.struct({"t": pa.timestamp("ms", tz="UTC"), "d": pa.date32()})
                ),
                "id": pa.int32(),
            }
        ),
    )
    item = {"type": "object", "properties": {"t": DATE_TIME, "d": DATE}}
    field = {"type": "array", "items": item | {"required": ["t"]}}
    (row,) = batches.rows(batches.promote_table(schema_of(field), table))
    assert row == {"a": [{"t": TIME, "d": DAY}], "id": 1}


@pytest.mark.parametrize("missing", [[None, 1], [None, None]])
def test_a_required_column_that_holds_null_fails_those_rows(
    batches: Any, missing: Any
) -> None:
    schema = schema_of(INT, required=["a"])
    table = pa.table({"a": pa.array(missing, pa.int32()), "id": [0, 1]})
    promoted = batches.promote_table(schema, table, tolerated=100, diagnostics=True)
    counts = {error.code: error.record_count for error in promoted.errors}
    assert counts["INGEST-1555-400"] == missing.count(None)


def test_text_that_is_no_utf_8_fails_its_row(batches: Any) -> None:
    column = pa.array([b"ok", b"\xff"]).cast(pa.binary()).view(pa.string())
    promoted = batches.promote_table(
        schema_of(STRING), table_of(column), tolerated=50, diagnostics=True
    )
    assert batches.rows(promoted) == [{"a": "ok"}]


def damaged() -> list[bytes]:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": list(range(10_000))}), buffer)
    whole = buffer.getvalue()
    return [
        b"x",
        b"PAR1PAR1",
        b"PARE" + whole[4:-4] + b"PARE",  # how an encrypted footer is marked
        whole[:-10],
        whole[: len(whole) // 2] + whole[-200:],
        whole[:100] + bytes(500) + whole[600:],
    ]


@pytest.mark.parametrize("content", damaged())
def test_a_file_that_cannot_be_read_fails_the_batch(
    batches: Any, content: bytes
) -> None:
    files = {"a.parquet": content}
    promoted = batches.promote(schema_of(LONG), files, Format(), tolerated=100)
    assert not promoted.succeeded
    assert [error.code for error in promoted.errors] == ["INGEST-1401-400"]
    assert batches.keys() == []


def test_one_long_text_named_many_times_needs_no_more_memory_than_a_few(
    batches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_rows, "_READ", 1 << 20)
    monkeypatch.setattr(parquet_rows, "_LARGEST_ROW", 4 << 20)
    text = pa.array(["x" * 100_000])
    named = pa.DictionaryArray.from_arrays(pa.array([0] * 100, pa.int32()), text)
    many = pa.ListArray.from_arrays(pa.array([0, 1, 100], pa.int32()), named)
    schema = schema_of({"type": "array", "items": STRING})
    table = pa.table({"a": many, "id": [1, 2]})
    write = {"store_schema": False}
    promoted = batches.promote_table(schema, table, write, tolerated=50)
    assert [row["id"] for row in batches.rows(promoted)] == [1]
    assert promoted.metrics["failedRecordCount"] == 1


def test_a_file_that_becomes_far_larger_than_it_is_fails_the_batch(
    batches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_rows, "_UNPACKED", 1 << 20)
    column = pa.array(["x" * 100_000] * 1000)
    promoted = batches.promote_table(schema_of(STRING), table_of(column))
    (error,) = promoted.errors
    assert "times as large" in error.description


def test_columns_that_are_packed_too_well_are_refused_before_they_are_read(
    batches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_rows, "_PACKED", 1 << 20)
    column = pa.array([bytes(10 << 20).decode()])
    write = {"compression": "zstd", "use_dictionary": False, "write_statistics": False}
    promoted = batches.promote_table(schema_of(STRING), table_of(column), write)
    (error,) = promoted.errors
    assert "times as large" in error.description


@pytest.mark.parametrize("limit", [100, 1 << 20])
def test_texts_of_nested_columns_are_read_across_row_groups(
    batches: Any, limit: int
) -> None:
    texts = [f"text {number}" for number in range(2000)]
    column = pa.array([{"l": [text]} for text in texts])
    field = {"type": "object", "properties": {"l": {"type": "array", "items": STRING}}}
    write = {"row_group_size": 700, "dictionary_pagesize_limit": limit}
    promoted = batches.promote_table(schema_of(field), table_of(column), write)
    rows = batches.table(promoted).column("a").to_pylist()
    assert [row["l"] for row in rows] == [[text] for text in texts]


def test_many_bad_rows_leave_one_row_group(batches: Any) -> None:
    column = pa.array(["1", "x"] * 200)
    promoted = batches.promote_table(schema_of(INT), table_of(column), tolerated=50)
    (part,) = promoted.outputs
    metadata = pq.read_metadata(io.BytesIO(batches.read(part)))
    assert (metadata.num_rows, metadata.num_row_groups) == (200, 1)
