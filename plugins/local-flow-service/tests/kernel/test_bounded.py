"""Schemas that callers stored: a regular expression that takes for ever is cut short."""

from __future__ import annotations

from typing import Any

from dataflows import Desk

Open = Any
EVIL = {"type": "string", "pattern": "^(a|aa)+$"}
VALUE = "a" * 60 + "!"
PROVIDER = "0ed90a81-07f4-4586-8190-b40eccef1c5a"


def test_options_are_held_against_a_costly_pattern_for_a_moment_only(
    service: Open, code: Any
) -> None:
    desk = Desk(service())
    schema = {"type": "object", "properties": {"a": EVIL}}
    spec = {
        "name": "Own",
        "providerId": PROVIDER,
        "optionSpec": {"name": "o", "spec": schema},
    }
    id = desk.made("/flowSpecs", spec)["id"]
    body = desk.body(
        flowSpec={"id": id, "version": "1.0"},
        transformations=None,
        options={"a": VALUE},
    )
    assert code(desk.talker.post("/flows", json=body)) == "CONNECTOR-1312-400"
    assert (
        desk.talker.post("/flows", json=body | {"options": {"a": "aaa"}}).status_code
        == 201
    )


def test_credentials_are_held_against_a_costly_pattern_for_a_moment_only(
    service: Open, code: Any
) -> None:
    talker = service()
    schema = {"type": "object", "properties": {"a": EVIL}}
    spec = {
        "name": "own",
        "providerId": PROVIDER,
        "authSpec": [{"name": "K", "type": "KeyBased", "spec": schema}],
    }
    id = talker.post("/connectionSpecs", json=spec).json()["id"]
    reference = {"id": id, "version": "1.0"}
    for value, expected in ((VALUE, "CONNECTOR-1301-400"), ("b", "CONNECTOR-1312-400")):
        body = {
            "auth": {"specName": "K", "params": {"a": value}},
            "connectionSpec": reference,
        }
        assert code(talker.post("/connections", json=body)) == expected


def test_patterns_of_names_are_refused_where_they_are_stored(
    service: Open, code: Any
) -> None:
    schema = {"type": "object", "patternProperties": {"^(a|aa)+$": {}}}
    spec = {
        "name": "own",
        "providerId": PROVIDER,
        "authSpec": [{"name": "K", "type": "KeyBased", "spec": schema}],
    }
    assert code(service().post("/connectionSpecs", json=spec)) == "CONNECTOR-1312-400"
