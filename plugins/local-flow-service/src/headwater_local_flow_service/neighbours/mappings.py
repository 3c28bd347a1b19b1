"""The two vocabularies of Data Prep: what a caller may send, and one document that speaks both.

The classic one names `xdmSchema`, `sourceAttribute` and `destinationXdmPath`; the current one `outputSchema`, `source`
and `destination`. Whichever came, both are read back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.neighbours import asked, ids
from headwater_local_flow_service.neighbours.data_sets import CONTENT_TYPE
from headwater_local_flow_service.neighbours.refusals import invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONTENT_TYPE = "application/vnd.adobe.xed-full+json;version=1"
_PATH = "text/x.schema-path"
_EXPRESSION = "text/x.aep-xl"
# As they are sent, and as they are read back; what was read may be sent again.
_SOURCE_TYPES = {
    "ATTRIBUTE": _PATH,
    "EXPRESSION": _EXPRESSION,
    "STATIC": _EXPRESSION,
    _PATH: _PATH,
    _EXPRESSION: _EXPRESSION,
}
_STATUSES = ("DRAFT", "PUBLISHED")

# What Data Prep itself writes; sent by a caller, it is passed over.
_READ_ONLY = frozenset(
    {"id", "version", "createdDate", "modifiedDate", "createdBy", "modifiedBy"}
)


def build_document(body: dict[str, Any]) -> dict[str, Any]:
    """Check the body of a create or a replacement; return it in both vocabularies. Raises `NeighbourError`."""
    document = {name: value for name, value in body.items() if name not in _READ_ONLY}
    asked.read_field(document, "name", "string")
    status = asked.read_field(document, "status", "string") or "PUBLISHED"
    if status not in _STATUSES:
        raise invalid(f"status must be one of {', '.join(_STATUSES)}")
    reference = _read_reference(document)
    output = asked.read_field(document, "outputSchema", "object") or {}
    pairs = asked.require_field(document, "mappings", "array", allow_empty=True)
    return document | {
        "status": status,
        "xdmSchema": reference["id"],
        "xdmVersion": asked.read_field(document, "xdmVersion", "string") or "1.0",
        "schemaRef": reference,
        "outputSchema": output | {"schemaRef": reference},
        "mappings": [_build_mapping(pair) for pair in pairs],
    }


def _read_reference(document: dict[str, Any]) -> dict[str, str]:
    """Return the reference to the schema, named once or several times alike. Raises `NeighbourError`."""
    output = asked.read_field(document, "outputSchema", "object") or {}
    references = [
        asked.read_field(document, "schemaRef", "object") or {},
        asked.read_field(output, "schemaRef", "object", path="outputSchema") or {},
    ]
    schemas = [asked.read_field(document, "xdmSchema", "string")]
    content = ""
    for reference in references:
        schemas.append(asked.read_field(reference, "id", "string", path="schemaRef"))
        content_type = asked.read_field(
            reference, "contentType", "string", path="schemaRef"
        )
        content = content or content_type or ""
    schema = _agree(schemas, "xdmSchema and outputSchema.schemaRef.id")
    content = content or _CONTENT_TYPE
    if not CONTENT_TYPE.fullmatch(content):
        raise invalid(
            "schemaRef.contentType must be written application/vnd.adobe.xed-full+json;version=1"
        )
    return {"id": ids.schema_id(schema), "contentType": content}


def _build_mapping(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise invalid("mappings must be an array of objects")
    path = "mappings"
    source = _agree(
        _read_strings(given, "source", "sourceAttribute"),
        "mappings.source and mappings.sourceAttribute",
    )
    destination = _agree(
        _read_strings(given, "destination", "destinationXdmPath"),
        "mappings.destination and mappings.destinationXdmPath",
    )
    source_type = (
        asked.read_field(given, "sourceType", "string", path=path) or "ATTRIBUTE"
    )
    if source_type not in _SOURCE_TYPES:
        raise invalid(
            "mappings.sourceType must be one of ATTRIBUTE, EXPRESSION, STATIC"
        )
    rest = {name: value for name, value in given.items() if name not in _READ_ONLY}
    return rest | {
        "id": ids.new_hex(32),
        "sourceType": _SOURCE_TYPES[source_type],
        "source": source,
        "sourceAttribute": source,
        "destination": destination,
        "destinationXdmPath": destination,
        "identity": asked.read_field(given, "identity", "boolean", path=path) or False,
        "identityGroup": asked.read_field(given, "identityGroup", "string", path=path),
        "namespaceCode": asked.read_field(given, "namespaceCode", "string", path=path),
    }


def _read_strings(given: dict[str, Any], *names: str) -> list[str | None]:
    return [asked.read_field(given, name, "string", path="mappings") for name in names]


def _agree(values: Sequence[str | None], names: str) -> str:
    """Return what is said once or several times alike; `names` are the fields that say it. Raises `NeighbourError`."""
    distinct = {value for value in values if value and value.strip()}
    if not distinct:
        raise invalid(f"one of {names} is required")
    if len(distinct) > 1:
        raise invalid(f"{names} do not agree")
    return distinct.pop()
