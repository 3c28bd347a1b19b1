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
_PARTS = (
    f"{ids.ADOBE}xdm/context/profile-",
    f"{ids.ADOBE}xdm/context/experienceevent-",
)  # field groups of the two
_PART_PATHS = ("/mixins/", "/fieldgroups/", "/datatypes/", "/schemas/")
_TEXTS = ("title", "description")

# What the registry itself writes; sent by a caller, it is passed over.
_READ_ONLY = frozenset(
    {
        "$id", "meta:altId", "meta:resourceType", "version", "meta:class", "meta:extends", "meta:abstract",
        "meta:extensible", "meta:containerId", "meta:tenantNamespace", "meta:xdmType", "meta:sandboxId",
        "meta:sandboxType", "meta:registryMetadata", "imsOrg",
    }
)  # fmt: skip


def checked(body: dict[str, Any], kind: str) -> dict[str, Any]:
    """Check the body of a create or a replacement; return it with what the registry adds by itself.

    Raises `NeighbourError`.
    """
    asked.require_field(body, "title", "string")
    asked.read_field(body, "description", "string")
    if asked.read_field(body, "type", "string") not in (None, "object"):
        raise invalid("type must be object")
    references = _references(body, needed=kind == SCHEMAS)
    document = {"type": "object"} | {
        name: value for name, value in body.items() if name not in _READ_ONLY
    }
    if kind == SCHEMAS:
        document["meta:class"] = _class(references)
    return document | {
        "meta:extends": references,
        "meta:abstract": kind == "classes",
        "meta:extensible": False,
    }


def of_tenants(references: Iterable[str]) -> list[str]:
    """Return those references that name a tenant's resource and not one of Adobe's."""
    return [reference for reference in references if _TENANT.fullmatch(reference)]


def check_known(rows: Rows, scope: Scope, references: Iterable[str]) -> None:
    """Refuse a reference to a tenant's resource that is not there. Raises `NeighbourError`."""
    for reference in of_tenants(references):
        if rows.get(tables.schemas, scope, reference) is None:
            raise NeighbourError(
                "XDM-1010-404",
                "a $ref of allOf names a class or field group that does not exist",
            )


def addressed(
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


def _references(body: dict[str, Any], *, needed: bool) -> list[str]:
    parts = asked.read_field(body, "allOf", "array") or []
    if needed and not parts:
        raise invalid(
            "allOf is missing or empty; it names a class and any number of field groups, each by $ref"
        )
    found = []
    for part in parts:
        if not isinstance(part, dict):
            raise invalid("allOf must be an array of objects")
        if (
            needed or "$ref" in part
        ):  # classes and field groups may also describe fields in place
            found.append(_reference(part))
    return list(dict.fromkeys(found))


def _reference(part: dict[str, Any]) -> str:
    reference: str = asked.require_field(part, "$ref", "string", path="allOf")
    if not reference.startswith(ids.ADOBE) or reference == ids.ADOBE:
        raise invalid(f"a $ref of allOf must begin with {ids.ADOBE}")
    return reference.partition("#")[0]


def _class(references: list[str]) -> str:
    """Return the one class among references; with none that is known as such, the first that may be one."""
    known = [one for one in references if one in _CLASSES or "/classes/" in one]
    possible = [
        one
        for one in references
        if not one.startswith(_PARTS) and not any(path in one for path in _PART_PATHS)
    ]
    if len(known) > 1 or not (known or possible):
        raise invalid("allOf must name exactly one class, by its $ref")
    return (known or possible)[0]


def _is_part(reference: str) -> bool:
    return reference.startswith(_PARTS) or any(
        path in reference for path in _PART_PATHS
    )
