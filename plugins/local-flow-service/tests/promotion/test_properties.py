"""Whatever rows hold: those that fit arrive equal, and each of the others is counted once."""

from __future__ import annotations

import datetime
import io
import json
import math
import os
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater_local_flow_service.promotion.job import Format
from headwater_local_flow_service.promotion.json_rows import (
    UnreadableRow,
    iter_elements,
    iter_lines,
    parse_row,
)

FEW = settings(
    max_examples=400 if os.environ.get("HEADWATER_TEST_FULL") else 25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4)

# A schema, the values that fit it, and how they are read back.
PLAIN = [
    ({"type": "string"}, TEXT),
    ({"type": "number"}, st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)),
    ({"type": "integer"}, st.integers(-(2**53), 2**53)),
    ({"type": "integer", "meta:xdmType": "short"}, st.integers(-(2**15), 2**15 - 1)),
    ({"type": "boolean"}, st.booleans()),
    ({"type": "string", "format": "date"}, st.dates().map(str)),
    ({"type": "string", "format": "date-time"}, st.integers(-(10**12), 10**13)),
    ({}, TEXT),
]  # fmt: skip


@st.composite
def shapes(
    draw: st.DrawFn, depth: int = 2
) -> tuple[dict[str, Any], st.SearchStrategy[Any]]:
    """Return a schema, and a strategy for values that fit it."""
    kind = draw(
        st.sampled_from(["plain", "array", "map", "object"] if depth else ["plain"])
    )
    if kind == "plain":
        return draw(st.sampled_from(PLAIN))
    if kind == "object":
        return draw(objects(depth))
    schema, values = draw(shapes(depth - 1))
    if kind == "array":
        return {"type": "array", "items": schema}, st.lists(values, max_size=3)
    return (
        {"type": "object", "additionalProperties": schema or {"type": "string"}},
        st.dictionaries(NAMES, values, max_size=3),
    )


@st.composite
def objects(
    draw: st.DrawFn, depth: int = 3
) -> tuple[dict[str, Any], st.SearchStrategy[Any]]:
    """Return the schema of an object without other fields, and a strategy for such objects."""
    fields = draw(st.dictionaries(NAMES, shapes(depth - 1), min_size=1, max_size=4))
    fields["id"] = PLAIN[2]
    schema = {
        "type": "object",
        "properties": {name: field for name, (field, _values) in fields.items()},
        "additionalProperties": False,
    }
    values = {name: st.none() | values for name, (_field, values) in fields.items()}
    return schema, st.fixed_dictionaries({}, optional=values)


def read_back(value: Any) -> Any:
    """Return a value as it was sent: dates as text, times in milliseconds, no null fields."""
    if isinstance(value, dict):
        return {
            name: read_back(field) for name, field in value.items() if field is not None
        }
    if isinstance(value, list):
        return [read_back(item) for item in value]
    if isinstance(value, datetime.datetime):
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
        return (value - epoch) // datetime.timedelta(milliseconds=1)
    if isinstance(value, datetime.date):
        return str(value)
    return value


@FEW
@given(st.data(), objects(), st.booleans())
def test_rows_of_json_that_fit_arrive_equal(
    batches: Any, data: st.DataObject, shape: Any, multi_line: bool
) -> None:
    schema, values = shape
    rows = data.draw(st.lists(values, min_size=1, max_size=5))
    lines = [json.dumps(row, ensure_ascii=data.draw(st.booleans())) for row in rows]
    content = f"[{','.join(lines)}]" if multi_line else "\n".join(lines)
    format = Format(name="json", is_multi_line_json=multi_line)
    promoted = batches.promote(schema, {"a": content.encode()}, format)
    table = batches.table(promoted)
    arrived = [read_back(row) for row in table.to_pylist(maps_as_pydicts="strict")]
    assert arrived == [read_back(row) for row in rows]


@FEW
@given(st.data(), objects())
def test_what_arrived_is_promoted_once_more_and_stays_equal(
    batches: Any, data: st.DataObject, shape: Any
) -> None:
    schema, values = shape
    rows = data.draw(st.lists(values, min_size=1, max_size=5))
    first = batches.table(batches.promote_lines(schema, *rows))
    assert batches.table(batches.promote_table(schema, first)) == first


JSON = st.recursive(
    st.none() | st.booleans() | TEXT | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@FEW
@given(st.lists(JSON | st.dictionaries(TEXT, JSON, max_size=4), min_size=1, max_size=8), st.booleans())  # fmt: skip
def test_whatever_rows_are_each_arrives_or_is_counted_once(
    batches: Any, object_schema: Any, rows: list[Any], is_open: bool
) -> None:
    schema = object_schema(
        {"": {"type": "string"}, "0": {"type": "number"}}, additionalProperties=is_open
    )
    lines = map(json.dumps, rows)
    promoted = batches.promote_lines(schema, *lines, tolerated=100, diagnostics=True)
    assert promoted.succeeded
    written = sum(part.records or 0 for part in promoted.outputs)
    metrics = promoted.metrics
    assert metrics["inputRecordCount"] == len(rows)
    assert metrics["outputRecordCount"] + metrics["failedRecordCount"] == len(rows)
    assert written in (metrics["outputRecordCount"], 0)
    reported = [
        report
        for file in promoted.reports
        if file.path.startswith("row_errors/")
        for report in batches.read_lines(promoted.reports, file.path)
    ]
    assert len(reported) == metrics["failedRecordCount"]
    counted = sum(error.record_count or 0 for error in promoted.errors)
    assert counted == metrics["failedRecordCount"]


@FEW
@given(st.lists(st.dictionaries(NAMES, JSON, min_size=1, max_size=3), min_size=1, max_size=6))  # fmt: skip
def test_open_fields_hold_what_came_in_one_type_each(
    batches: Any, rows: list[dict[str, Any]]
) -> None:
    content = "\n".join(map(json.dumps, rows)).encode()
    promoted = batches.promote({"type": "object"}, {"a": content}, tolerated=100)
    good = [row for row in rows if is_json(row) and read_back(row)]
    if not promoted.outputs:
        assert not any(map(has_leaf, good))
        return
    arrived = batches.table(promoted).to_pylist()
    for row, expected in zip(
        arrived, [row for row in rows if is_json(row)], strict=True
    ):
        for name, value in expected.items():
            if isinstance(value, str):
                assert row[name] == value
            elif isinstance(value, bool):
                assert row[name] in (value, json.dumps(value))


def is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


def has_leaf(value: Any) -> bool:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return any(map(has_leaf, inner))
    return value is not None


class Dripping(io.BytesIO):
    """A file that hands out a few bytes at a time."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size or 0, 3))


@FEW
@given(
    st.lists(st.dictionaries(TEXT, JSON.filter(is_json), max_size=3), max_size=5),
    st.sampled_from([None, 1]),
)
def test_rows_are_told_apart_wherever_the_pieces_of_a_file_end(
    rows: list[Any], indent: int | None
) -> None:
    array = json.dumps(rows, indent=indent).encode()
    assert [parse_row(raw) for raw in iter_elements(Dripping(array))] == rows
    lines = "\r\n\n".join(json.dumps(row) for row in rows).encode()
    assert [parse_row(raw) for raw in iter_lines(Dripping(lines))] == rows


@FEW
@given(st.binary(max_size=60) | st.text('[]{},:"\\ 1a', max_size=60).map(str.encode))
def test_no_bytes_are_more_than_unreadable(content: bytes) -> None:
    for split in (iter_lines, iter_elements):
        try:
            for raw in split(io.BytesIO(content)):
                parse_row(raw)
        except UnreadableRow:
            continue


@FEW
@given(st.data())
def test_a_file_of_parquet_with_bytes_changed_is_an_outcome_and_no_exception(
    batches: Any, object_schema: Any, data: st.DataObject
) -> None:
    content = bytearray(WHOLE)
    for _change in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    schema = object_schema({"a": {"type": "string"}}, additionalProperties=True)
    promoted = batches.promote(schema, {"a": bytes(content)}, Format(), tolerated=50)
    assert promoted.succeeded or promoted.errors


def _whole() -> bytes:
    buffer = io.BytesIO()
    table = pa.table(
        {"a": ["x", "y", None], "n": [1, 2, math.nan], "l": [[1], None, []], "o": [{"x": "1"}] * 3}
    )  # fmt: skip
    pq.write_table(table, buffer)
    return buffer.getvalue()


WHOLE = _whole()


@pytest.mark.parametrize("rows", [1, 2, 3, 17])
def test_bad_values_are_found_wherever_they_stand(
    batches: Any, object_schema: Any, rows: int
) -> None:
    for bad in range(rows):
        texts = ["x" if place == bad else str(place) for place in range(rows)]
        promoted = batches.promote_table(
            object_schema({"a": {"type": "integer"}}),
            pa.table({"a": texts}),
            tolerated=100,
        )
        assert promoted.metrics["failedRecordCount"] == 1
        assert promoted.metrics["outputRecordCount"] == rows - 1
