"""Messages held against a schema, in the platform's words."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from headwater_local_flow_service.promotion.messages import (
    compile_message_rules,
)

STRING = {"type": "string"}


def find(schema: Any, entity: Any) -> list[dict[str, Any]]:
    rules = compile_message_rules(schema)
    return [violation.as_json() for violation in rules.find_violations(entity)]


def test_a_violation_has_the_form_of_the_platform(object_schema: Any) -> None:
    schema = object_schema({"_acme": object_schema({"a/b": STRING})})
    assert find(schema, {"_acme": {"a/b": 1}}) == [
        {
            "schemaLocation": "#/properties/_acme/properties/a~1b",
            "pointerToViolation": "#/_acme/a~1b",
            "causingExceptions": [],
            "keyword": "type",
            "message": "expected type: String, found: Long",
        }
    ]


def test_a_message_that_fits_breaks_nothing(object_schema: Any) -> None:
    schema = object_schema({"t": {"type": "string", "format": "date-time"}}, "t")
    assert find(schema, {"t": "2019-05-15T10:00:00.123Z"}) == []


@pytest.mark.parametrize(
    ("entity", "keyword", "message"),
    [
        ({"a": None}, "type", "expected type: String, found: Null"),
        ({"a": 1.5}, "type", "expected type: String, found: Double"),
        ({"a": []}, "type", "expected type: String, found: JSONArray"),
        ({"a": {}}, "type", "expected type: String, found: JSONObject"),
        ({"a": "", "t": 1}, "type", "expected type: String, found: Long"),
        ({}, "required", "required key [a] not found"),
        ({"a": "", "b": 1}, "additionalProperties", "extraneous key [b] is not permitted"),
        ([], "type", "expected type: JSONObject, found: JSONArray"),
        (None, "type", "expected type: JSONObject, found: Null"),
        ({"a": "\ud800", "t": "x"}, "format", None),
    ],
)  # fmt: skip
def test_each_rule_has_its_words(
    object_schema: Any, entity: Any, keyword: str, message: str | None
) -> None:
    fields = {"a": STRING, "t": {"type": "string", "format": "date-time"}}
    (found,) = find(object_schema(fields, "a"), entity)
    assert found["keyword"] == keyword
    assert message in (None, found["message"])


def test_it_stops_after_five(object_schema: Any) -> None:
    entity = {str(number): 1 for number in range(9)}
    rules = compile_message_rules(object_schema(dict.fromkeys(entity, STRING)))
    found = rules.find_violations(entity)
    assert len(found) == 5
    many = rules.find_violations({f"x{number}": 1 for number in range(9)})
    assert [violation.keyword for violation in many] == ["additionalProperties"] * 5


def test_no_value_stands_in_a_message(object_schema: Any) -> None:
    secret = "s3cret-value"
    fields = {
        "e": STRING | {"enum": ["x"], "pattern": "^y$", "minLength": 99},
        "t": {"type": "string", "format": "date-time"},
        "m": {"type": "string", "format": "email"},
        "n": {"type": "integer"},
        "u": {"type": "array", "uniqueItems": True},
    }
    entity = dict.fromkeys(("e", "t", "m", "n"), secret) | {"u": [secret, secret]}
    found = find(object_schema(fields), entity)
    assert len(found) == 5
    assert secret not in json.dumps(found)


def test_what_is_deep_or_wide_is_refused_and_ends_nothing(object_schema: Any) -> None:
    deep: Any = {}
    for _level in range(5000):
        deep = {"a": [deep]}
    (found,) = find({}, deep)
    assert "nested deeper" in found["message"]
    (found,) = find({}, {str(number): 1 for number in range(10_001)})
    assert "fields" in found["message"]


def test_hundreds_of_messages_a_second_are_no_load(object_schema: Any) -> None:
    fields = {f"f{number}": STRING for number in range(50)}
    rules = compile_message_rules(object_schema(fields, *fields))
    message = dict.fromkeys(fields, "value")
    start = time.perf_counter()
    for _message in range(1000):
        assert rules.find_violations(message) == []
    assert time.perf_counter() - start < 1
