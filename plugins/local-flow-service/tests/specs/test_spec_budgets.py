"""Specifications made to keep the service busy: refused where they are stored, cut short where they are used."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from dataflows import Desk

from headwater.credentials import budgets
from headwater_local_flow_service.specs import stored_specs
from headwater_local_flow_service.store import tables
from headwater_local_flow_service.store.store import Scope

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


PROMPTLY = 20.0  # seconds of a busy machine, for what may take two


def _spec(schema: Any, **others: Any) -> dict[str, Any]:
    auth_spec = {"name": "K", "type": "KeyBased", "spec": schema}
    return {
        "name": "own",
        "providerId": PROVIDER,
        "authSpec": [auth_spec],
        "attributes": {"isSource": True},
        **others,
    }


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _doubling(levels: int, leaf: Any) -> dict[str, Any]:
    """Return a schema whose every part stands twice in the one before."""
    parts: dict[str, Any] = {"p0": leaf}
    for level in range(1, levels + 1):
        parts[f"p{level}"] = {"allOf": [{"$ref": f"#/definitions/p{level - 1}"}] * 2}
    top = {"$ref": f"#/definitions/p{levels}"}
    return {**_object(a=top), "definitions": parts}


def _nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _level in range(levels):
        schema = {"anyOf": [schema, {"type": "null"}]}
    return _object(a=schema)


STRING = {"type": "string"}
FIELDS = {f"f{number}": STRING for number in range(budgets.MOST_FIELDS + 1)}
NAMES = list(FIELDS)
# The schema, and what the refusal says: the path and the rule.
EXCESSES: dict[str, tuple[Any, str, str]] = {
    "fields": (_object(**FIELDS), "authSpec.0.spec.properties", "1000 properties"),
    "required": (_object() | {"required": NAMES}, "authSpec.0.spec.required", "1000"),
    "enum": (_object(a={"enum": NAMES}), "properties.a.enum", "1000 values"),
    "branches": (_object(a={"oneOf": [STRING] * 51}), "properties.a.oneOf", "50"),
    "depth": (_nested(12), "nested deeper", "28 levels"),
    "patterns": (
        _object(**{f"f{number}": {"pattern": "a"} for number in range(51)}),
        ".pattern",
        "50 patterns",
    ),
    "a long pattern": (_object(a={"pattern": "a" * 501}), "a.pattern", "500"),
    "a pattern that grows": (
        _object(a={"pattern": "((a{1000}){1000}){1000}"}),
        "a.pattern",
        "10000 times",
    ),
    "a pattern that looks back": (
        _object(a={"pattern": r"(a)\\1"}),
        "a.pattern",
        "more",
    ),
    "a pattern of the engine": (_object(a={"pattern": "(?:a){e<9}"}), "a.pattern", ""),
    "no pattern": (_object(a={"pattern": "("}), "a.pattern", "not a regular"),
    "references": (
        _object(a={"allOf": [{"anyOf": [{"$ref": "#/b"}] * 21}] * 5}) | {"b": {}},
        "$ref",
        "100 references",
    ),
    "references that double": (_doubling(40, STRING), "allOf", "10000 parts"),
    "a reference in a circle": (
        _object(a={"$ref": "#/properties/b"}, b={"$ref": "#/properties/a"}),
        "$ref",
        "leads back to itself",
    ),
    "a reference to all": (_object(a={"$ref": "#"}), "$ref", "leads back to itself"),
    # what stands before the reference has not been looked at when it leads back
    "a reference to all behind others": (
        _object(a={}, b={"$ref": "#"}) | {"c": {}, "d": {"$ref": "#"}},
        "$ref",
        "leads back to itself",
    ),
    "a reference elsewhere": (
        _object(a={"$ref": "https://evil.example/"}),
        "authSpec[].spec.properties.a.$ref",
        "elsewhere",
    ),
    "a reference to nothing": (_object(a={"$ref": "#/b"}), "$ref", "refers to nothing"),
    "size": (_object(a={"description": "x" * 300_000}), "larger than", "262144 bytes"),
}


@pytest.mark.parametrize("excess", EXCESSES)
def test_a_specification_beyond_the_budgets_is_refused_by_path_and_rule(
    service: Open, code: Any, excess: str
) -> None:
    talker = service()
    kept = talker.post("/connectionSpecs", json=_spec(_object())).json()["id"]
    schema, path, rule = EXCESSES[excess]
    flow_spec = {
        "name": "own",
        "providerId": PROVIDER,
        "optionSpec": {"name": "o", "spec": schema},
    }
    start = time.monotonic()
    for answer in (
        talker.post("/connectionSpecs", json=_spec(schema)),
        talker.send("PUT", f"/connectionSpecs/{kept}", json=_spec(schema)),
    ):
        assert code(answer) == "CONNECTOR-1312-400"
        assert path in answer.json()["errorMessage"]
        assert rule in answer.json()["errorMessage"]
    assert code(talker.post("/flowSpecs", json=flow_spec)) == "CONNECTOR-1312-400"
    assert time.monotonic() - start < PROMPTLY


def test_a_specification_within_the_budgets_is_taken(service: Open) -> None:
    fields = dict(list(FIELDS.items())[: budgets.MOST_FIELDS - 12])
    schema = _object(**fields) | {"required": NAMES[:500]}
    schema["properties"] |= {
        f"p{number}": {"pattern": "^[a-z0-9-]{1,63}(\\.[a-z]{2,10})*$"}
        for number in range(10)
    }
    schema["definitions"] = {"host": {"type": "string"}}
    schema["properties"]["host"] = {"$ref": "#/definitions/host"}
    talker = service()
    answer = talker.post("/connectionSpecs", json=_spec(schema))
    assert answer.status_code == 201, answer.text
    body = {
        "connectionSpec": {"id": answer.json()["id"], "version": "1.0"},
        "auth": {"specName": "K", "params": dict.fromkeys(NAMES[:500], "x")},
    }
    assert talker.post("/connections", json=body).status_code == 201


# Schemas of stores that earlier versions have filled, and values that make them costly.
STORED: dict[str, tuple[Any, Any]] = {
    "references that double": (_doubling(40, STRING), {"a": "x"}),
    "references that double, and do not fit": (_doubling(40, STRING), {"a": 1}),
    "a circle": (_object(a={"$ref": "#/properties/a"}), {"a": 1}),
    "300 slow patterns": (
        _object(**{f"f{number}": EVIL for number in range(300)}),
        {f"f{number}": VALUE for number in range(300)},
    ),
    "a pattern that grows": (
        _object(a={"pattern": "((a{1000}){1000}){1000}"}),
        {"a": "a"},
    ),
    "8,000 required": (_object() | {"required": [f"f{n}" for n in range(8000)]}, {}),
    "deep anyOf": (_nested(11), {"a": 1}),
    "unique items": (
        _object(a={"uniqueItems": True}),
        {"a": [[number] for number in range(60_000)]},
    ),
    "unique numbers of one hash": (
        _object(a={"uniqueItems": True}),
        {"a": [number * (2**61 - 1) for number in range(30_000)]},
    ),
    "items against branches": (
        _object(a={"items": {"anyOf": [STRING] * 50}}),
        {"a": [1] * 200_000},
    ),
    "unknown names": (
        _object(**dict.fromkeys(NAMES, STRING)) | {"additionalProperties": False},
        {f"u{number}": 1 for number in range(50_000)},
    ),
    "60,000 fields": (
        _object(**{f"f{number}": {} for number in range(60_000)}),
        {"a": 1},
    ),
}


@pytest.mark.parametrize("attack", STORED)
def test_what_an_earlier_version_stored_is_held_against_values_for_a_moment_only(
    service: Open, stored: Any, attack: str
) -> None:
    talker = service()
    schema, values = STORED[attack]
    id = stored(
        talker,
        tables.connection_specs,
        scope=Scope(org="ACME@AdobeOrg", sandbox=stored_specs.ANY_SANDBOX),
        document=_spec(schema),
    )
    body = {
        "connectionSpec": {"id": id, "version": "1.0"},
        "auth": {"specName": "K", "params": values},
    }
    start = time.monotonic()
    answer = talker.post("/connections", json=body)
    assert time.monotonic() - start < PROMPTLY
    assert answer.status_code in (201, 400)
    assert len(answer.content) < 100_000


def test_an_organization_stores_so_much_and_no_more(
    service: Open, code: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_specs, "LARGEST_STORED", 2_000)
    talker = service()
    large = _spec(_object(a={"description": "x" * 1_000}))
    id = talker.post("/connectionSpecs", json=large).json()["id"]
    answer = talker.post("/connectionSpecs", json=large)
    assert code(answer) == "CONNECTOR-1312-400"
    assert "together" in answer.json()["errorMessage"]
    larger = _spec(_object(a={"description": "x" * 3_000}))
    assert code(talker.send("PUT", f"/connectionSpecs/{id}", json=larger)).startswith(
        "CONNECTOR-1312"
    )
    assert talker.send("PUT", f"/connectionSpecs/{id}", json=large).ok
    other = talker.like(x_gw_ims_org_id="OTHER@AdobeOrg")
    assert other.post("/connectionSpecs", json=large).status_code == 201
    listed = talker.get("/connectionSpecs?property=name==own").json()["items"]
    assert [json.dumps(item["authSpec"]) for item in listed] == [
        json.dumps(large["authSpec"])
    ]
