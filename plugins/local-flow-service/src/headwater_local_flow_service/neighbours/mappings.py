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


def checked(body: dict[str, Any]) -> dict[str, Any]:
    """Check the body of a create or a replacement; return it in both vocabularies. Raises `NeighbourError`."""
    document = {name: value for name, value in body.items() if name not in _READ_ONLY}
    asked.read_field(document, "name", "string")
    if (asked.read_field(document, "status", "string") or "PUBLISHED") not in _STATUSES:
        raise invalid(f"status is one of {', '.join(_STATUSES)}")
    reference = _schema(document)
    output = asked.read_field(document, "outputSchema", "object") or {}
    return document | {
        "status": document.get("status") or "PUBLISHED",
        "xdmSchema": reference["id"],
        "xdmVersion": asked.read_field(document, "xdmVersion", "string") or "1.0",
        "schemaRef": reference,
        "outputSchema": output | {"schemaRef": reference},
        "mappings": [
            _mapping(each)
            for each in asked.require_field(
                document, "mappings", "array", allow_empty=True
            )
        ],
    }


def _schema(document: dict[str, Any]) -> dict[str, str]:
    """Return the reference to the schema, named once or several times alike."""
    output = asked.read_field(document, "outputSchema", "object") or {}
    references = [
        asked.read_field(document, "schemaRef", "object") or {},
        asked.read_field(output, "schemaRef", "object", path="outputSchema") or {},
    ]
    named = [asked.read_field(document, "xdmSchema", "string")]
    named += [
        asked.read_field(reference, "id", "string", path="schemaRef")
        for reference in references
    ]
    schema = _alike(named, "xdmSchema and outputSchema.schemaRef.id")
    contents = [
        asked.read_field(reference, "contentType", "string", path="schemaRef")
        for reference in references
    ]
    content = next(filter(None, contents), _CONTENT_TYPE)
    if not CONTENT_TYPE.fullmatch(content):
        raise invalid(
            "schemaRef.contentType is written application/vnd.adobe.xed-full+json;version=1"
        )
    return {"id": ids.schema_id(schema), "contentType": content}


def _mapping(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise invalid("mappings must be an array of objects")
    path = "mappings"
    source = _alike(
        _texts(given, "source", "sourceAttribute"),
        "mappings.source and mappings.sourceAttribute",
    )
    destination = _alike(
        _texts(given, "destination", "destinationXdmPath"),
        "mappings.destination and mappings.destinationXdmPath",
    )
    source_type = (
        asked.read_field(given, "sourceType", "string", path=path) or "ATTRIBUTE"
    )
    if source_type not in _SOURCE_TYPES:
        raise invalid("mappings.sourceType is one of ATTRIBUTE, EXPRESSION, STATIC")
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


def _texts(given: dict[str, Any], *names: str) -> list[str | None]:
    return [asked.read_field(given, name, "string", path="mappings") for name in names]


def _alike(texts: Sequence[str | None], names: str) -> str:
    found = {text for text in texts if text is not None and text.strip()}
    if not found:
        raise invalid(f"one of {names} is needed")
    if len(found) > 1:
        raise invalid(f"{names} do not agree")
    return found.pop()
