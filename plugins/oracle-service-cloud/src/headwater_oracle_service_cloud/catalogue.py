"""The metadata catalogue: what the site says about the properties of a table's records, as JSON Schema.

A record's properties stand under ``definitions.singularResource.properties``; at the top level there is only the list
that a collection consists of. Older sites have them at the top level. Types come alone or as a list with ``null``;
dates carry ``minimumDate``, times ``minimumDateTime``, and neither a ``format``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.sources import HttpAnswer

PLAIN_TYPES: Final = ("boolean", "integer", "number", "string")

_LOCAL = "#/definitions/"
_DEEPEST = 8  # references followed for one name; a schema may refer to itself
_DATES = frozenset({"minimumDate", "maximumDate"})
_TIMES = frozenset({"minimumDateTime", "maximumDateTime"})


@attrs.frozen
class RecordSchema:
    """The properties of a table's records, and the definitions that they refer to."""

    properties: Mapping[str, Any]
    definitions: Mapping[str, Any] = attrs.field(factory=dict)

    @classmethod
    def of(cls, answer: HttpAnswer) -> RecordSchema | None:
        """Return the schema of an answer, or None where it describes no record."""
        definitions = _object(answer.member("definitions"))
        record = _object(definitions.get("singularResource"))
        properties = _object(record.get("properties"))
        if not properties:
            properties = _object(answer.member("properties"))
        # A collection without its record: nothing is said about any column.
        if not properties or set(properties) <= {"items", "links", "hasMore"}:
            return None
        return cls(properties, definitions)

    def find(self, name: str) -> Mapping[str, Any]:
        """Return the schema of a column as ROQL names it, ``CustomFields.c.tier``; empty where there is none."""
        properties: Mapping[str, Any] = self.properties
        found: Mapping[str, Any] = {}
        for part in name.split("."):
            found = self._resolve(_get_folded(properties, part))
            properties = _object(found.get("properties"))
        return found

    def _resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        for _reference in range(_DEEPEST):
            target = schema.get("$ref")
            if not isinstance(target, str) or not target.startswith(_LOCAL):
                return schema
            schema = _object(self.definitions.get(target.removeprefix(_LOCAL)))
        return {}


def plain_type(schema: Mapping[str, Any]) -> str:
    """Return the one JSON type of a column beside null, or an empty string where it is none that a cell can have."""
    told = schema.get("type")
    types = told if isinstance(told, list) else [told]
    types = [each for each in types if each != "null"]
    if len(types) != 1 or types[0] not in PLAIN_TYPES:
        return ""
    return str(types[0])


def time_format(schema: Mapping[str, Any]) -> str:
    """Return ``date``, ``date-time``, or an empty string for what is neither."""
    told = schema.get("format")
    if told in ("date", "date-time"):
        return str(told)
    if _TIMES & schema.keys():
        return "date-time"
    if _DATES & schema.keys():
        return "date"
    return ""


def _get_folded(properties: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a property whatever the case of its name: DESCRIBE and the catalogue write them differently."""
    for candidate, schema in properties.items():
        if candidate.lower() == name.lower():
            return _object(schema)
    return {}


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
