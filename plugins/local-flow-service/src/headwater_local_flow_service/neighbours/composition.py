"""What a resource of the Schema Registry may consist of, and what the registry writes on it.

Adobe's own classes and field groups are not fetched: a reference below ``https://ns.adobe.com/`` is taken as known,
unless it has the form of a tenant's resource. That one must exist in the caller's organization and sandbox.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.neighbours import asked, ids
from headwater_local_flow_service.neighbours.refusals import NeighbourError, invalid
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headwater_local_flow_service.store.store import Rows, Scope

SCHEMAS = "schemas"
KINDS = (SCHEMAS, "classes", "fieldgroups")

_TENANT = re.compile(
    re.escape(ids.ADOBE)
    + r"[a-z0-9]+/(?:schemas|classes|fieldgroups|mixins|datatypes)/[0-9a-f]{16,}"
)
_CLASSES = frozenset(
    f"{ids.ADOBE}xdm/{name}"
    for name in (
        "context/profile",
        "context/experienceevent",
        "context/segmentdefinition",
        "data/adhoc",
    )
)
# What is not a class: the field groups of profiles and events, and whatever stands below one of these paths.
_PART = re.compile(
    rf"{re.escape(ids.ADOBE)}xdm/context/(?:profile|experienceevent)-"
    r"|.*/(?:mixins|fieldgroups|datatypes|schemas)/",
    re.DOTALL,
)

_OWN = "#/definitions/"  # how a reference to a resource's own definitions begins

# What the registry itself writes; sent by a caller, it is passed over.
_READ_ONLY = frozenset(
    {
        "$id", "meta:altId", "meta:resourceType", "version", "meta:class", "meta:extends", "meta:abstract",
        "meta:extensible", "meta:containerId", "meta:tenantNamespace", "meta:xdmType", "meta:sandboxId",
        "meta:sandboxType", "meta:registryMetadata", "imsOrg",
    }
)  # fmt: skip


def build_document(body: dict[str, Any], kind: str) -> dict[str, Any]:
    """Check the body of a create or a replacement; return it with what the registry adds by itself.

    Raises `NeighbourError`.
    """
    asked.require_field(body, "title", "string")
    asked.read_field(body, "description", "string")
    if asked.read_field(body, "type", "string") not in (None, "object"):
        raise invalid("type must be object")
    references = _read_references(body, kind)
    sent = {name: value for name, value in body.items() if name not in _READ_ONLY}
    document = {"type": "object"} | sent
    if kind == SCHEMAS:
        document["meta:class"] = _find_class(references)
    return document | {
        "meta:extends": references,
        "meta:abstract": kind == "classes",
        "meta:extensible": False,
    }


def is_tenant_id(text: str) -> bool:
    """Say whether a string is the id of a tenant's resource."""
    return _TENANT.fullmatch(text) is not None


def tenant_references(references: Iterable[str]) -> list[str]:
    """Return those references that name a tenant's resource and not one of Adobe's."""
    return [reference for reference in references if _TENANT.fullmatch(reference)]


def check_known(rows: Rows, scope: Scope, references: Iterable[str]) -> None:
    """Refuse a reference to a tenant's resource that is not there. Raises `NeighbourError`."""
    for reference in tenant_references(references):
        if rows.get(tables.schemas, scope, reference) is None:
            raise NeighbourError(
                "XDM-1010-404",
                "a $ref of allOf names a class or field group that does not exist",
            )


def add_address(
    document: dict[str, Any], uri: str, scope: Scope, kind: str, version: str
) -> dict[str, Any]:
    """Return a document with its ids, its version and whose it is."""
    return document | {
        "$id": uri,
        "meta:altId": ids.short(uri),
        "meta:resourceType": kind,
        "version": version,
        "meta:containerId": "tenant",
        "meta:tenantNamespace": f"_{ids.tenant_of(scope.org)}",
        "meta:xdmType": "object",
        "imsOrg": scope.org,
    }


def next_version(version: str) -> str:
    """Return the version after a change: the second number grows."""
    major, _dot, minor = version.partition(".")
    return f"{major}.{int(minor) + 1}"


def _read_references(body: dict[str, Any], kind: str) -> list[str]:
    """Return the references of ``allOf``, each once. Raises `NeighbourError`."""
    parts = asked.read_field(body, "allOf", "array") or []
    if kind == SCHEMAS and not parts:
        raise invalid(
            "allOf is missing or empty; it names a class and any number of field groups, each by $ref"
        )
    if not all(isinstance(part, dict) for part in parts):
        raise invalid("allOf must be an array of objects")
    if kind != SCHEMAS:
        # Classes and field groups may also describe fields in place, or among definitions of their own.
        parts = [part for part in parts if not _describes_fields(part, body)]
    references = map(_read_reference, parts)
    return list(dict.fromkeys(references))


def _describes_fields(part: dict[str, Any], body: dict[str, Any]) -> bool:
    """Say whether a part of ``allOf`` is no reference to another resource. Raises `NeighbourError`."""
    reference = part.get("$ref")
    if reference is None:
        return True
    if not isinstance(reference, str) or not reference.startswith(_OWN):
        return False
    definitions = asked.read_field(body, "definitions", "object") or {}
    if reference.removeprefix(_OWN) not in definitions:
        raise invalid("a $ref of allOf names none of the definitions")
    return True


def _read_reference(part: dict[str, Any]) -> str:
    reference: str = asked.require_field(part, "$ref", "string", path="allOf")
    if not reference.startswith(ids.ADOBE) or reference == ids.ADOBE:
        raise invalid(f"a $ref of allOf must begin with {ids.ADOBE}")
    return reference.partition("#")[0]


def _find_class(references: list[str]) -> str:
    """Return the one class among references; with none that is known as such, the first that may be one.

    Raises `NeighbourError`.
    """
    classes = [reference for reference in references if _is_class(reference)]
    if not classes:
        classes = [reference for reference in references if not _PART.match(reference)][
            :1
        ]
    if len(classes) != 1:
        raise invalid("allOf must name exactly one class, by its $ref")
    return classes[0]


def _is_class(reference: str) -> bool:
    return reference in _CLASSES or "/classes/" in reference
