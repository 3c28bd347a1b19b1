"""Where the service's answers differ from the OpenAPI file on purpose: data, each entry proven to be needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from conformance.contract import Operation

_ITEM: Final = "/properties/items/items/properties"


@attrs.frozen
class Deviation:
    """What of an operation's declared answer does not hold, and which part of the reference says so.

    `where` is a number of section 8, or another section where that is silent. `patch` is a JSON Patch of the schema.
    `asked_for` names the one further request whose answer it is about; without, it is about each answer.
    """

    operation: str
    what: str
    where: str
    patch: list[dict[str, Any]] = attrs.field(repr=False)
    asked_for: str = ""


def _each(
    operations: str, what: str, where: str, *patch: dict[str, Any], asked_for: str = ""
) -> list[Deviation]:
    return [
        Deviation(operation, what, where, list(patch), asked_for)
        for operation in operations.split()
    ]


def _also(path: str, schema: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": schema}


def _specification(
    operations: str, what: str, where: str, fields: dict[str, Any]
) -> list[Deviation]:
    """Return a deviation of specifications: those that are written are answered bare, those that are read in a list."""
    found = []
    for operation in operations.split():
        place = "/properties" if operation.startswith(("create", "update")) else _ITEM
        patch = [_also(f"{place}/{name}", schema) for name, schema in fields.items()]
        found.append(Deviation(operation, what, where, patch))
    return found


_OBJECT: Final = {"type": "object"}
_ARRAY: Final = {"type": "array"}
_STRING: Final = {"type": "string"}
_INTEGER: Final = {"type": "integer"}


def _only(**properties: Any) -> dict[str, Any]:
    """Return the schema of an object with these fields, all of them, and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }


_REFERENCE: Final = _only(id=_STRING, etag=_STRING)
_ITEMS: Final = _only(items=_ARRAY)
_TABLE: Final = {"format": _STRING, "schema": _only(columns=_ARRAY)}
_AUDIT: Final = {
    **dict.fromkeys(
        ("createdBy", "updatedBy", "createdClient", "updatedClient", "imsOrgId"),
        _STRING,
    ),
    **dict.fromkeys(("createdAt", "updatedAt"), _INTEGER),
}
_STORED: Final = {"type": _STRING, "entitlementInfo": _ARRAY, "policy": _OBJECT}

DEVIATIONS: tuple[Deviation, ...] = (
    *_each(
        "listConnections getConnectionsByFilters",
        "`_links` is always there, as in every other list",
        "8 #26",
        _also("/properties/_links", _OBJECT),
    ),
    *_each(
        "getByConnectionId",
        "a table is answered as one object",
        "8 #21",
        _also("", _only(**_TABLE)),
        asked_for="a table",
    ),
    *_each(
        "getByConnectionId",
        "and so are its first rows",
        "8 #21",
        _also("", _only(**_TABLE, data=_ARRAY)),
        asked_for="first rows",
    ),
    *_each(
        "exploreConfigByConnectionId",
        "the items are wrapped, as in the file's own example",
        "8 #21",
        _also("", _ITEMS),
    ),
    *_each(
        "configByConnectionSpecId",
        "the items are wrapped, as in the file's own example, and paged by position",
        "8 #21",
        _also("", _only(items=_ARRAY, pageInfo=_OBJECT)),
    ),
    *_each(
        "patchSourceConnection patchTargetConnection",
        "a PATCH answers with id and etag, as for connections and dataflows",
        "8 #7",
        _also("", _REFERENCE),
    ),
    *_each(
        "retrieveFlow",
        "labels are read back",
        "2.7",
        _also(f"{_ITEM}/labels", _ARRAY),
        asked_for="with labels",
    ),
    *_specification(
        "createConnectionSpec updateConnectionSpec retrieveConnectionSpec listConnectionSpecs",
        "a specification describes targets as well",
        "2.2",
        {"targetSpec": _OBJECT},
    ),
    *_specification(
        "createConnectionSpec updateConnectionSpec retrieveConnectionSpec listConnectionSpecs",
        "what a specification was stored with is read back",
        "2.2",
        _STORED | {"settings": _OBJECT, "encryptionSpecs": _ARRAY},
    ),
    *_specification(
        "createFlowSpec updateFlowSpec retrieveFlowSpec listFlowSpecs searchFlowSpecs",
        "`transformationSpecs` is an array",
        "8 #18",
        {"transformationSpecs": _ARRAY},
    ),
    *_specification(
        "createFlowSpec updateFlowSpec retrieveFlowSpec listFlowSpecs searchFlowSpecs",
        "a specification describes the runs as well",
        "2.3",
        {"runSpec": _OBJECT},
    ),
    *_specification(
        "createFlowSpec updateFlowSpec retrieveFlowSpec listFlowSpecs searchFlowSpecs",
        "what a specification was stored with is read back",
        "2.3",
        _STORED,
    ),
    *_specification(
        "createConnectionSpec updateConnectionSpec retrieveConnectionSpec listConnectionSpecs "
        "createFlowSpec updateFlowSpec retrieveFlowSpec listFlowSpecs searchFlowSpecs",
        "a stored specification says who wrote it, and when",
        "2.1",
        _AUDIT,
    ),
    *_each(
        "listFlowRuns retrieveFlowRun",
        "`etag` and `activities` are spelled as in every sample",
        "8 #17",
        _also(f"{_ITEM}/etag", _STRING),
        _also(f"{_ITEM}/activities", _ARRAY),
    ),
    *_each(
        "listFlowRuns retrieveFlowRun",
        "the window of a run is read back",
        "2.8",
        _also(f"{_ITEM}/params", _OBJECT),
    ),
    *_each(
        "createFlowRun",
        "the new run's id and etag come in a list of one, unless `run_create_envelope` says otherwise",
        "8 #15",
        _also("", _ITEMS),
    ),
    *_each(
        "updateRun",
        "a PUT answers with the new etag as well, which the next one needs",
        "1.5",
        _also("", _REFERENCE),
    ),
    *_each(
        "postAction",
        "re-triggering answers with id and etag of the new run",
        "8 #16",
        _also("", _REFERENCE),
    ),
    *_each(
        "listConnections getConnectionsByFilters searchFlowSpecs",
        "with `count`, the number comes alone",
        "6.3",
        _also("", _only(count=_INTEGER)),
        asked_for="a number",
    ),
)


def agreed(
    operation: Operation, asked_for: str = "", *, without: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the schema that an operation's answers keep, or would keep but for one part of a deviation."""
    mine = (
        one
        for one in DEVIATIONS
        if one.operation == operation.id and one.asked_for in ("", asked_for)
    )
    return operation.departed(
        [part for one in mine for part in one.patch if part is not without]
    )
