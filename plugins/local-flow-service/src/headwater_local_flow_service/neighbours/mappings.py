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
    asked.typed(document, "name", "text")
    if (asked.typed(document, "status", "text") or "PUBLISHED") not in _STATUSES:
        raise invalid(f"status is one of {', '.join(_STATUSES)}")
    reference = _schema(document)
    output = asked.typed(document, "outputSchema", "object") or {}
    return document | {
        "status": document.get("status") or "PUBLISHED",
        "xdmSchema": reference["id"],
        "xdmVersion": asked.typed(document, "xdmVersion", "text") or "1.0",
        "schemaRef": reference,
        "outputSchema": output | {"schemaRef": reference},
        "mappings": [
            _mapping(each) for each in asked.required(document, "mappings", "list")
        ],
    }


def _schema(document: dict[str, Any]) -> dict[str, str]:
    """Return the reference to the schema, named once or several times alike."""
    output = asked.typed(document, "outputSchema", "object") or {}
    references = [
        asked.typed(document, "schemaRef", "object") or {},
        asked.typed(output, "schemaRef", "object", path="outputSchema.") or {},
    ]
    named = [asked.typed(document, "xdmSchema", "text")]
    named += [
        asked.typed(reference, "id", "text", path="schemaRef.")
        for reference in references
    ]
    schema = _alike(named, "xdmSchema and outputSchema.schemaRef.id")
    contents = [
        asked.typed(reference, "contentType", "text", path="schemaRef.")
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
        raise invalid("mappings must be a list of objects")
    path = "mappings."
    source = _alike(
        _texts(given, "source", "sourceAttribute"),
        "mappings.source and mappings.sourceAttribute",
    )
    destination = _alike(
        _texts(given, "destination", "destinationXdmPath"),
        "mappings.destination and mappings.destinationXdmPath",
    )
    source_type = asked.typed(given, "sourceType", "text", path=path) or "ATTRIBUTE"
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
        "identity": asked.typed(given, "identity", "boolean", path=path) or False,
        "identityGroup": asked.typed(given, "identityGroup", "text", path=path),
        "namespaceCode": asked.typed(given, "namespaceCode", "text", path=path),
    }


def _texts(given: dict[str, Any], *names: str) -> list[str | None]:
    return [asked.typed(given, name, "text", path="mappings.") for name in names]


def _alike(texts: Sequence[str | None], names: str) -> str:
    found = {text for text in texts if text is not None and text.strip()}
    if not found:
        raise invalid(f"one of {names} is needed")
    if len(found) > 1:
        raise invalid(f"{names} do not agree")
    return found.pop()
