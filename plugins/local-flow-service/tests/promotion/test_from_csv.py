"""Batches of CSV: legacy, flat, neither converted nor validated."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from headwater_local_flow_service.promotion.job import Format

CSV = Format(name="csv")
STRING = {"type": "string"}


def promote(
    batches: Any,
    object_schema: Any,
    content: bytes,
    format: Format = CSV,
    **options: Any,
) -> Any:
    fields = dict.fromkeys(("a", "b"), STRING) | {"n": {"type": "integer"}}
    return batches.promote(object_schema(fields), {"a.csv": content}, format, **options)


def test_values_arrive_as_the_text_they_are(batches: Any, object_schema: Any) -> None:
    content = b'\xef\xbb\xbfa,n\r\n"x, ""y""\nz", 007\r\n,\r\n"",\\,\r\n\r\n'
    promoted = promote(batches, object_schema, content)
    table = batches.table(promoted)
    assert set(table.schema.types) == {pa.string()}
    assert table.to_pylist() == [
        {"a": 'x, "y"\nz', "n": " 007"},
        {"a": None, "n": None},
        {"a": "", "n": ","},
    ]


def test_there_are_no_metrics(batches: Any, object_schema: Any) -> None:
    assert promote(batches, object_schema, b"a\nx\n").metrics == {}


def test_parameters_say_how_a_file_is_written(batches: Any, object_schema: Any) -> None:
    format = Format(
        name="CSV",
        delimiter="\t",
        quote="'",
        escape="",
        charset="ISO-8859-1",
        null_marker="NULL",
    )
    content = "a\tb\n'\xe9\t1'\tNULL\n\\\t\n".encode("latin-1")
    rows = batches.table(promote(batches, object_schema, content, format)).to_pylist()
    assert rows == [{"a": "\xe9\t1", "b": None}, {"a": "\\", "b": ""}]


def test_a_header_alone_is_no_row(batches: Any, object_schema: Any) -> None:
    promoted = promote(batches, object_schema, b"a,b\n")
    assert promoted.succeeded
    assert promoted.outputs == ()


@pytest.mark.parametrize(
    "content", [b"\na,b\nx,y\n", b"  \n", b"a,,b\n1,2,3\n", b"a b\n1\n", b" a\n1\n", b"a,a\n1,2\n"]
)  # fmt: skip
def test_a_header_that_is_empty_or_has_blanks_fails_the_batch(
    batches: Any, object_schema: Any, content: bytes
) -> None:
    promoted = promote(batches, object_schema, content, tolerated=100)
    assert [error.code for error in promoted.errors] == ["118"]
    assert batches.keys() == []


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (b"a,b\n1,2,3\n", CSV),
        (b"a,b\n1\n", CSV),
        (b"a\n\xff\n", CSV),
        (b"a\n\xe9\n", Format(name="csv", charset="US-ASCII")),
        (b"a,b\n1,2\n", Format(name="csv", delimiter="::")),
        (b"a\n1\n", Format(name="csv", charset="none")),
        (b'a\n"' + b"x" * (9 << 20) + b'"\n', CSV),
    ],
    ids=range(7),
)
def test_what_cannot_be_read_as_csv_fails_the_batch(
    batches: Any, object_schema: Any, content: bytes, format: Format
) -> None:
    promoted = promote(batches, object_schema, content, format, tolerated=100)
    assert [error.code for error in promoted.errors] == ["INGEST-1401-400"]
    assert batches.keys() == []


def test_a_column_that_is_not_in_the_schema_fails_the_batch(
    batches: Any, object_schema: Any
) -> None:
    promoted = promote(batches, object_schema, b"a,zz\n1,2\n")
    assert "zz is not in the schema" in promoted.errors[0].description


def test_a_schema_that_is_not_flat_is_none_for_csv(
    batches: Any, object_schema: Any
) -> None:
    schema = object_schema({"a": {"type": "array", "items": STRING}})
    promoted = batches.promote(schema, {"a.csv": b"a\n1\n"}, CSV)
    assert "not flat" in promoted.errors[0].description


def test_files_with_other_columns_become_parts_of_one_schema(
    batches: Any, object_schema: Any
) -> None:
    fields = dict.fromkeys(("a", "b"), STRING)
    contents = {"1.csv": b"a\n1\n", "2.csv": b"b,a\n2,3\n"}
    promoted = batches.promote(object_schema(fields), contents, CSV)
    assert batches.rows(promoted) == [{"a": "1"}, {"a": "3", "b": "2"}]
