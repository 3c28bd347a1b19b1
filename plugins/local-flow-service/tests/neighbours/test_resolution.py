"""One JSON Schema of what a class, field groups and data types say."""

from __future__ import annotations

from typing import Any

import pytest

from headwater_local_flow_service.neighbours import lookup, resolution
from headwater_local_flow_service.neighbours.refusals import NeighbourError
from headwater_local_flow_service.store.store import Scope

PROFILE = "https://ns.adobe.com/xdm/context/profile"
ADHOC = "https://ns.adobe.com/xdm/data/adhoc"
STRING = {"type": "string", "title": "A text", "meta:xdmType": "string"}
PLAIN = {"type": "string", "meta:xdmType": "string"}


def uri(number: int, kind: str = "fieldgroups") -> str:
    return f"https://ns.adobe.com/acme/{kind}/{number:016x}"


class Registry:
    """Documents by their ids, as the resolver reads them."""

    def __init__(self, documents: dict[str, Any]) -> None:
        self.documents = documents

    def resolve(self, schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Any:
        monkeypatch.setattr(lookup, "schema", lambda *_any: schema)
        monkeypatch.setattr(lookup, "get_record", self._get)
        nobody: Any = None
        return resolution.resolve_schema(nobody, nobody, "any")

    def _get(self, _rows: Any, _table: Any, _scope: Any, id: str) -> Any:
        document = self.documents.get(id)
        return document and type("Record", (), {"document": document})


def group(fields: dict[str, Any], **rules: Any) -> dict[str, Any]:
    """Return a field group as the registry's pages print them, with its fields in its own definitions."""
    return {
        "type": "object",
        "definitions": {"fields": {"properties": fields} | rules},
        "allOf": [{"$ref": "#/definitions/fields"}],
    }


def schema_of(*references: str) -> dict[str, Any]:
    return {
        "title": "A schema",
        "meta:extends": list(references),
        "allOf": [{"$ref": reference} for reference in references],
    }


def test_field_groups_become_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry(
        {
            uri(1): group({"_acme": {"type": "object", "properties": {"a": STRING}, "required": ["a"]}}),
            uri(2): group({"_acme": {"type": "object", "properties": {"b": STRING}}}, required=["_acme"]),
        }
    )  # fmt: skip
    schema = registry.resolve(schema_of(ADHOC, uri(1), uri(2)), monkeypatch)
    assert schema == {
        "type": "object",
        "required": ["_acme"],
        "additionalProperties": False,
        "properties": {
            "_acme": {
                "type": "object",
                "required": ["a"],
                "additionalProperties": False,
                "properties": {"a": PLAIN, "b": PLAIN},
            }
        },
    }


def test_what_adobe_defines_is_open_but_in_the_objects_of_a_tenant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inner = {"type": "object", "properties": {"a": STRING}}
    registry = Registry({uri(1): group({"_acme": inner, "person": inner})})
    schema = registry.resolve(schema_of(PROFILE, uri(1)), monkeypatch)
    assert "additionalProperties" not in schema
    assert "additionalProperties" not in schema["properties"]["person"]
    assert schema["properties"]["_acme"]["additionalProperties"] is False


def test_data_types_are_put_where_they_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = {"type": "object", "properties": {"street": STRING}}
    fields = {
        "list": {"type": "array", "items": {"$ref": uri(2, "datatypes")}},
        "map": {"type": "object", "additionalProperties": {"$ref": uri(2, "datatypes")}},
        "adobe": {"$ref": "https://ns.adobe.com/xdm/common/address"},
        "part": {"$ref": uri(2, "datatypes") + "#/properties/street"},
    }  # fmt: skip
    registry = Registry({uri(1): group(fields), uri(2, "datatypes"): address})
    schema = registry.resolve(schema_of(ADHOC, uri(1)), monkeypatch)
    closed = {"type": "object", "properties": {"street": PLAIN}, "additionalProperties": False}  # fmt: skip
    assert schema["properties"] == {
        "list": {"type": "array", "items": closed},
        "map": {"type": "object", "additionalProperties": closed},
        "adobe": {},
        "part": PLAIN,
    }


def test_what_leads_back_to_itself_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    node = {"type": "object", "properties": {"name": STRING, "next": {"$ref": uri(1)}}}
    schema = Registry({uri(1): node}).resolve(schema_of(ADHOC, uri(1)), monkeypatch)
    assert schema["properties"]["next"] == {}
    assert schema["additionalProperties"] is False


def test_a_schema_that_grows_without_end_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    documents = {
        uri(number): group({f"f{n}": {"$ref": uri(number + 1)} for n in range(9)})
        for number in range(1, 9)
    }
    with pytest.raises(NeighbourError) as refused:
        Registry(documents).resolve(schema_of(ADHOC, uri(1)), monkeypatch)
    assert "references" in str(refused.value)


def test_a_schema_that_is_nested_too_deep_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deep: dict[str, Any] = STRING
    for _level in range(100):
        deep = {"type": "object", "properties": {"a": deep}}
    with pytest.raises(NeighbourError) as refused:
        Registry({uri(1): deep}).resolve(schema_of(ADHOC, uri(1)), monkeypatch)
    assert "nested deeper" in str(refused.value)


@pytest.mark.parametrize(
    "odd",
    [
        {"properties": []}, {"properties": {"a": 5}}, {"required": "a"}, {"allOf": "x"}, {"$ref": 5}, {"items": [{}]},
        {"$ref": "#/definitions/none"}, {"$ref": "#/title/x"}, {"$ref": "http://example.com/x"}, {"allOf": [5]},
        {"$ref": uri(99)}, {"type": 5},
    ],
)  # fmt: skip
def test_what_is_odd_in_a_schema_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, odd: dict[str, Any]
) -> None:
    registry = Registry({uri(1): {"title": "x", "properties": {"a": odd}} | odd})
    assert isinstance(registry.resolve(schema_of(ADHOC, uri(1)), monkeypatch), dict)


def test_a_schema_of_the_registry_is_resolved_from_the_store(
    service: Any, urls: Any
) -> None:
    talker = service()
    fields = {"_acme": {"type": "object", "properties": {"a": STRING}}}
    body = {"title": "Fields", **group(fields)}
    made = talker.post(f"{urls.registry}/tenant/fieldgroups", json=body)
    assert made.status_code == 201, made.text
    body = schema_of(ADHOC, made.json()["$id"])
    schema = talker.post(urls.schemas, json=body).json()
    scope = Scope(org="ACME@AdobeOrg", sandbox="prod")
    with talker.app.store.reading() as rows:
        by_id = resolution.resolve_schema(rows, scope, schema["$id"])
        by_short_id = resolution.resolve_schema(rows, scope, schema["meta:altId"])
        assert resolution.resolve_schema(rows, scope, made.json()["$id"]) is None
    assert by_id == by_short_id
    assert by_id is not None
    assert by_id["properties"]["_acme"]["properties"] == {"a": PLAIN}
