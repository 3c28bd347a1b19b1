"""Batches of JSON: what arrives, in which types, and what becomes of rows that do not fit."""

from __future__ import annotations

import datetime
import hashlib
import json
from typing import Any

import pyarrow as pa
import pytest

from headwater_local_flow_service.promotion import json_rows
from headwater_local_flow_service.promotion.job import Format

STRING = {"type": "string"}
INT = {"type": "integer", "meta:xdmType": "int"}
DATE_TIME = {"type": "string", "format": "date-time"}
DATE = {"type": "string", "format": "date"}
CORRUPT = "INGEST-1401-400"
REQUIRED = "INGEST-1555-400"


def errors(promoted: Any) -> dict[str, int | None]:
    return {error.code: error.record_count for error in promoted.errors}


def test_every_xdm_type_arrives_as_its_type_of_parquet(
    batches: Any, object_schema: Any
) -> None:
    fields = {
        "s": STRING,
        "n": {"type": "number"},
        "l": {"type": "integer"},
        "i": INT,
        "h": {"type": "integer", "minimum": -32768, "maximum": 32767},
        "b": {"type": "integer", "meta:xdmType": "byte"},
        "d": DATE,
        "t": DATE_TIME,
        "f": {"type": "boolean"},
        "m": {"type": "object", "additionalProperties": INT},
        "a": {"type": "array", "items": STRING},
        "o": object_schema({"x": {"type": ["string", "null"]}}),
    }
    row = {
        "s": "é\0", "n": 1, "l": 2**53, "i": 5.0, "h": -32768, "b": 127, "d": "2019-05-15",
        "t": "2019-05-15T10:00:00.123456789+02:00", "f": True, "m": {"k": 1}, "a": ["x", ""], "o": {"x": "y"},
    }  # fmt: skip
    promoted = batches.promote_lines(object_schema(fields), row)
    table = batches.table(promoted)
    assert {field.name: field.type for field in table.schema} == {
        "s": pa.string(),
        "n": pa.float64(),
        "l": pa.int64(),
        "i": pa.int32(),
        "h": pa.int16(),
        "b": pa.int8(),
        "d": pa.date32(),
        "t": pa.timestamp("ms", tz="UTC"),
        "f": pa.bool_(),
        "m": pa.map_(pa.string(), pa.int32()),
        "a": pa.list_(pa.string()),
        "o": pa.struct({"x": pa.string()}),
    }
    (arrived,) = batches.rows(promoted)
    utc = datetime.UTC
    assert arrived == row | {
        "d": datetime.date(2019, 5, 15),
        "t": datetime.datetime(2019, 5, 15, 8, 0, 0, 123000, utc),
    }


def test_outputs_are_told_by_size_records_and_hash(
    batches: Any, object_schema: Any
) -> None:
    promoted = batches.promote_lines(object_schema({"a": STRING}), {"a": "x"}, {})
    (part,) = promoted.outputs
    content = batches.read(part)
    assert part.path.startswith("part-00000-")
    assert part.path.endswith(".parquet")
    assert (part.size, part.records) == (len(content), 2)
    assert part.sha256 == hashlib.sha256(content).hexdigest()
    assert batches.keys() == [part.key]


def test_the_same_batch_promoted_again_makes_the_same_files(
    batches: Any, object_schema: Any
) -> None:
    first = batches.promote_lines(object_schema({"a": STRING}), {"a": "x"})
    assert batches.promote_lines(object_schema({"a": STRING}), {"a": "x"}) == first


def test_metrics_have_the_names_of_the_platform(
    batches: Any, object_schema: Any
) -> None:
    schema = object_schema({"a": STRING})
    contents = {"p=1/a.json": b'{"a": "x"}\n{"a": 1}', "p=2/b.json": b"{}"}
    promoted = batches.promote(schema, contents, tolerated=50)
    (part,) = promoted.outputs
    assert promoted.metrics == {
        "inputByteSize": 21,
        "inputFileCount": 2,
        "inputRecordCount": 3,
        "outputByteSize": part.size,
        "outputFileCount": 1,
        "outputRecordCount": 2,
        "failedRecordCount": 1,
        "partitionCount": 2,
    }


def test_an_array_of_many_lines_is_read_as_its_elements(
    batches: Any, object_schema: Any
) -> None:
    rows = [{"a": 'x,"]}\\'}, {"a": "é"}, {}]
    content = b"\xef\xbb\xbf \n" + json.dumps(rows, indent=2).encode() + b"\n"
    format = Format(name="JSON", is_multi_line_json=True)
    promoted = batches.promote(
        object_schema({"a": STRING}), {"a.json": content}, format
    )
    assert batches.rows(promoted) == rows


@pytest.mark.parametrize("content", [b"[1", b'{"a": 1}', b"[{}] x", b'[{"a": "x]'])
def test_what_is_no_whole_array_fails_the_batch_whatever_is_tolerated(
    batches: Any, object_schema: Any, content: bytes
) -> None:
    format = Format(name="json", is_multi_line_json=True)
    schema = object_schema({"a": STRING})
    promoted = batches.promote(
        schema, {"a.json": content}, format, tolerated=100, diagnostics=True
    )
    assert not promoted.succeeded
    assert errors(promoted)[CORRUPT]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{bad", "not JSON"),
        (b"[1]", "not an object"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b'{"a": NaN}', "number"),
        (b'{"a": -Infinity}', "number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "number"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nested deeper"),
        (b'{"a":' * 100_000, "nested deeper"),
        (b'{"a": "' + b"x" * json_rows.LARGEST_ROW + b'"}', "larger than"),
        (
            b"{%s}" % b",".join(b'"%d":1' % n for n in range(10_001)),
            "more than 10000 fields",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_row_that_cannot_be_parsed_is_reported_and_the_next_one_arrives(
    batches: Any, object_schema: Any, line: bytes, reason: str
) -> None:
    schema = object_schema({"a": STRING}, additionalProperties=True)
    promoted = batches.promote_lines(
        schema, {"a": "1"}, line, {"a": "2"}, tolerated=50, diagnostics=True
    )
    assert batches.rows(promoted) == [{"a": "1"}, {"a": "2"}]
    assert errors(promoted) == {"INGEST-1212-400": None, CORRUPT: 1}
    (report,) = batches.read_lines(promoted.reports, "row_errors/parsing_errors_0.json")
    assert report["_corrupt_record"] == line[:65536].decode("utf-8", "replace")
    assert report["_filename"] == "F1.json"
    assert report["_errors"][0]["code"] == "1401"
    assert reason in report["_errors"][0]["message"]


BROKEN = [
    ({"a": 1}, {"a": STRING}, "type", "#/a: expected type: String, found: Long"),
    ({"a": "1"}, {"a": INT}, "type", "#/a: expected type: Integer, found: String"),
    ({"a": 1.5}, {"a": INT}, "type", "#/a: expected type: Integer, found: Double"),
    ({"a": True}, {"a": {"type": "number"}}, "type", "#/a: expected type: Number, found: Boolean"),
    ({"a": 2**31}, {"a": INT}, "maximum", "#/a: value is not less or equal to 2147483647"),
    ({"a": 2**53 + 2}, {"a": {"type": "integer"}}, "maximum", "#/a: value is not less or equal to 9007199254740992"),
    ({"a": 10**30}, {"a": {"type": "integer"}}, "maximum", "#/a: value is not less or equal to 9007199254740992"),
    ({"a": -1}, {"a": INT | {"minimum": 0}}, "minimum", "#/a: value is not greater or equal to 0"),
    ({"a": "2019-02-30"}, {"a": DATE}, "format", "#/a: value is not a valid date. Expected yyyy-MM-dd"),
    ({"a": "x"}, {"a": STRING | {"enum": ["y"]}}, "enum", "#/a: value is not a valid enum value"),
    ({"a": "1"}, {"a": STRING | {"pattern": "^[a-z]+$"}}, "pattern", "#/a: string does not match pattern ^[a-z]+$"),
    ({"a": "abc"}, {"a": STRING | {"maxLength": 2}}, "maxLength", "#/a: expected maxLength: 2, actual: 3"),
    ({"a": ""}, {"a": STRING | {"minLength": 1}}, "minLength", "#/a: expected minLength: 1, actual: 0"),
    ({"a": ["", None]}, {"a": {"type": "array", "items": STRING}}, "type", "#/a/1: expected type: String, found: Null"),
    ({"b": 1}, {"a": STRING}, "additionalProperties", "#: extraneous key [b] is not permitted"),
]  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_row_that_breaks_a_rule_is_reported_with_itself_and_the_rule(
    batches: Any, object_schema: Any, case: Any
) -> None:
    row, fields, keyword, message = case
    promoted = batches.promote_lines(object_schema(fields), row, diagnostics=True)
    assert errors(promoted) == {"INGEST-1212-400": None, CORRUPT: 1}
    expected = row | {"_errors": [{"code": "1401", "message": message}]}
    for path in ("row_errors/conversion_errors_0.json", "row_error_samples.json"):
        assert batches.read_lines(promoted.reports, path) == [expected]
    (failed,) = batches.read_lines(promoted.failed, "part-00000.json")
    (violation,) = failed.pop("_validationErrors")
    assert failed == row
    assert violation["keyword"] == keyword
    assert violation["causingExceptions"] == []
    pointer = violation["pointerToViolation"]
    assert f"{pointer}: {violation['message']}" == message


@pytest.mark.parametrize(
    "text",
    ["2019-05-15 10:00:00Z", "2019-05-15T10:00:00", "2019-05-15T10:00Z", "2019-05-15T24:00:00Z", "2019-05-15T10:00:60Z",
     "2019-05-15T10:00:00.1234567890Z", "2019-05-15t10:00:00z", "0001-01-01T00:00:00+14:00", "2019-02-29T10:00:00Z",
     "\uff12019-05-15T10:00:00Z", "2019-05-15T10:00:00+25:00", "2019-05-15T10:00:00Z\n"],
)  # fmt: skip
def test_a_date_time_in_no_pattern_of_the_platform_fails(
    batches: Any, object_schema: Any, text: str
) -> None:
    promoted = batches.promote_lines(object_schema({"t": DATE_TIME}), {"t": text})
    assert not promoted.succeeded


@pytest.mark.parametrize(
    ("value", "milliseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00.1+01:00", 100),
        ("1969-12-31T23:59:59.9999-00:00", -1),
        (1558000000123, 1558000000123),
        (-5, -5),
    ],
)
def test_a_date_time_is_iso_8601_or_milliseconds(
    batches: Any, object_schema: Any, value: Any, milliseconds: int
) -> None:
    promoted = batches.promote_lines(object_schema({"t": DATE_TIME}), {"t": value})
    times = batches.table(promoted).column("t").cast(pa.int64())
    assert times.to_pylist() == [milliseconds]


@pytest.mark.parametrize("row", [{}, {"a": None}, {"a": None, "b": "x"}])
def test_a_required_field_that_is_missing_or_null_has_a_code_of_its_own(
    batches: Any, object_schema: Any, row: Any
) -> None:
    for rules in (STRING, {}):
        schema = object_schema({"a": rules, "b": STRING}, "a")
        promoted = batches.promote_lines(schema, row, {"a": "x"}, diagnostics=True)
        assert errors(promoted) == {"INGEST-1212-400": None, REQUIRED: 1}
        (report,) = batches.read_lines(
            promoted.reports, "row_errors/conversion_errors_0.json"
        )
        assert report["_errors"] == [
            {"code": "1555", "message": "#: required key [a] not found"}
        ]


def test_a_field_that_is_not_required_may_be_null(
    batches: Any, object_schema: Any
) -> None:
    fields = {"a": STRING | {"enum": ["x"]}, "o": object_schema({"t": DATE_TIME}, "t")}
    row = {"a": None, "o": None}
    assert batches.rows(batches.promote_lines(object_schema(fields), row)) == [{}]


def test_a_row_that_breaks_several_rules_is_counted_once(
    batches: Any, object_schema: Any
) -> None:
    schema = object_schema({"a": STRING, "b": STRING}, "a")
    promoted = batches.promote_lines(schema, {"b": 1, "c": 2}, diagnostics=True)
    counts = errors(promoted)
    assert counts.pop("INGEST-1212-400") is None
    assert sum(counts.values()) == 1  # type: ignore[arg-type]


def test_messages_hold_no_values(batches: Any, object_schema: Any) -> None:
    secret = "s3cret-value"
    fields = {
        "a": INT,
        "t": DATE_TIME,
        "e": STRING | {"enum": ["x"], "pattern": "^y$", "maxLength": 2},
    }
    row = {"a": secret, "t": secret, "e": secret, "o": secret}
    promoted = batches.promote_lines(object_schema(fields), row, "{" + secret, diagnostics=True)  # fmt: skip
    assert secret not in repr(promoted)
    for path in ("row_errors/conversion_errors_0.json", "row_errors/parsing_errors_0.json"):  # fmt: skip
        for report in batches.read_lines(promoted.reports, path):
            assert secret not in json.dumps(report["_errors"])


def test_without_diagnostics_a_failure_says_to_send_again_with_them(
    batches: Any, object_schema: Any
) -> None:
    promoted = batches.promote_lines(object_schema({"a": STRING}), {"a": 1}, {})
    assert not promoted.succeeded
    assert errors(promoted) == {"INGEST-1211-400": None}
    assert promoted.reports == ()
    assert promoted.metrics == {}
    assert promoted.outputs == ()
    assert [file.path for file in promoted.failed] == ["_SUCCESS", "part-00000.json"]
    assert promoted.failed[0].size == 0
    assert sorted(batches.keys()) == sorted(file.key for file in promoted.failed)


@pytest.mark.parametrize(("tolerated", "succeeds"), [(24.9, False), (25, True)])
def test_a_share_of_bad_rows_is_tolerated(
    batches: Any, object_schema: Any, tolerated: float, succeeds: bool
) -> None:
    rows = [{"a": "x"}, {"a": "y"}, {"a": "z"}, {"a": 1}]
    promoted = batches.promote_lines(
        object_schema({"a": STRING}), *rows, tolerated=tolerated, diagnostics=True
    )
    assert promoted.succeeded is succeeds
    assert errors(promoted) == {"INGEST-1212-400": None, CORRUPT: 1}
    arrived = 3 if succeeds else 0
    assert f"1 rows have errors, {arrived} rows" in promoted.errors[0].description
    assert bool(promoted.outputs) is succeeds
    assert bool(promoted.failed) is not succeeds
    made = {*promoted.outputs, *promoted.failed, *promoted.reports}
    assert sorted(batches.keys()) == sorted(file.key for file in made)


def test_reports_name_the_input_files(batches: Any, object_schema: Any) -> None:
    contents = {"F1.json": b"{}", "x/F2.json": b"{}"}
    promoted = batches.promote(object_schema({"a": STRING}), contents, diagnostics=True)
    lines = batches.read_lines(promoted.reports, "input_files/fileMetaData1.json")
    assert lines == [{"path": "F1.json"}, {"path": "x/F2.json"}]


@pytest.mark.parametrize(
    ("contents", "code"), [({}, "133"), ({"a": b""}, "106"), ({"a": b" \n\n"}, "106")]
)
def test_a_batch_without_files_or_rows_fails(
    batches: Any, object_schema: Any, contents: Any, code: str
) -> None:
    promoted = batches.promote(object_schema({"a": STRING}), contents, tolerated=100)
    assert not promoted.succeeded
    assert errors(promoted) == {code: None}
    assert batches.keys() == []


def test_a_batch_that_fails_as_a_whole_leaves_nothing_of_rows_that_failed_before(
    batches: Any, object_schema: Any
) -> None:
    contents = {"1.json": b'{"a": 1}\n{bad\n{"a": "x"}', "2.json": b" "}
    promoted = batches.promote(object_schema({"a": STRING}), contents, diagnostics=True)
    assert errors(promoted) == {"106": None}
    assert batches.keys() == []


def test_what_a_schema_leaves_open_gets_its_type_from_the_values(
    batches: Any, object_schema: Any
) -> None:
    schema = object_schema({"a": STRING}, additionalProperties=True)
    rows = [
        {},
        {"a": "x", "long": 1, "double": 1, "text": 1, "deep": {"list": []}},
        {"long": None, "double": 1.5, "text": "two", "big": 2**60},
        {"deep": {"list": [{"n": 1}, {"s": ["é"]}]}, "text": {"x": [1]}, "none": None, "empty": {}},
    ]  # fmt: skip
    promoted = batches.promote_lines(schema, *rows)
    assert [row for row in batches.rows(promoted) if row] == [
        {"a": "x", "long": 1, "double": 1.0, "text": "1", "deep": {"list": []}},
        {"double": 1.5, "text": "two", "big": str(2**60)},
        {"deep": {"list": [{"n": 1}, {"s": ["é"]}]}, "text": '{"x":[1]}'},
    ]
    assert len(batches.table(promoted)) == 4


def test_parts_made_before_a_field_came_or_grew_wider_have_it_in_the_end(
    batches: Any, object_schema: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headwater_local_flow_service.promotion.from_json._CELLS", 1)
    rows = [
        {"n": 1, "l": [1], "o": {"x": True}, "m": {"k": 1}},
        {"n": 1.5, "l": [None, "a"], "o": {"y": "z"}, "m": {"k": 2.5}},
        {"new": "x"},
        {"n": None, "o": "text", "l": None},
    ]
    schema = object_schema(
        {"m": {"type": "object", "additionalProperties": {"x": 1}}},
        additionalProperties=True,
    )
    promoted = batches.promote_lines(schema, *rows)
    assert len(promoted.outputs) == 4
    assert [part.records for part in promoted.outputs] == [1, 1, 1, 1]
    assert batches.rows(promoted) == [
        {"n": 1.0, "l": ["1"], "o": '{"x":true}', "m": {"k": 1.0}},
        {"n": 1.5, "l": [None, "a"], "o": '{"y":"z"}', "m": {"k": 2.5}},
        {"new": "x"},
        {"o": "text"},
    ]
    for part in promoted.outputs:
        assert hashlib.sha256(batches.read(part)).hexdigest() == part.sha256


def test_ever_new_fields_end_at_the_limit(batches: Any, object_schema: Any) -> None:
    schema = object_schema({}, additionalProperties=True)
    rows = ({f"f{n}-{m}": 1 for m in range(500)} for n in range(22))
    promoted = batches.promote_lines(schema, *rows, tolerated=50, diagnostics=True)
    assert errors(promoted)[CORRUPT] == 2
    assert len(batches.table(promoted).schema) == 10_000


def test_of_a_name_that_stands_twice_the_last_value_counts(
    batches: Any, object_schema: Any
) -> None:
    promoted = batches.promote_lines(
        object_schema({"a": STRING}), '{"a": "1", "a": "2"}'
    )
    assert batches.rows(promoted) == [{"a": "2"}]


@pytest.mark.parametrize("value", ["1e999", "-1e999"])
def test_a_number_beyond_doubles_fails_its_row(
    batches: Any, object_schema: Any, value: str
) -> None:
    for fields in ({"n": {"type": "number"}}, {}):
        schema = object_schema(fields, additionalProperties=True)
        promoted = batches.promote_lines(
            schema, f'{{"n": {value}}}', {"n": 1}, tolerated=50
        )
        assert batches.rows(promoted) == [{"n": 1}]


def test_rules_of_a_schema_that_are_not_well_formed_are_no_rules(
    batches: Any, object_schema: Any
) -> None:
    fields = {
        "a": STRING | {"pattern": "(", "maxLength": -1, "enum": []},
        "b": {"type": ["string", "integer"], "minimum": "x"},
        "c": 5,
        "d": INT | {"multipleOf": 0},
    }
    schema = object_schema(fields) | {"required": "a"}
    row = {"a": "xyz", "b": 3, "c": {"x": 1}, "d": 2}
    assert batches.rows(batches.promote_lines(schema, row)) == [row]


def test_a_pattern_that_others_hang_on_takes_time_in_proportion(
    batches: Any, object_schema: Any
) -> None:
    schema = object_schema({"a": STRING | {"pattern": "^(a+)+$"}})
    promoted = batches.promote_lines(schema, {"a": "a" * 50_000 + "b"})
    assert not promoted.succeeded
