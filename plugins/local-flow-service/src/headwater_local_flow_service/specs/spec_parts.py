"""What a source's connection specification says beside its credentials: what is read from it, and how it is explored.

None of it is a connector's to say; it follows from the kind of source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.connectors import rendering
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.specs.data_formats import (
    COMPRESSIONS,
    ENCODINGS,
    FILES,
)

if TYPE_CHECKING:
    from headwater.connectors.connector import Connector

KINDS = ("table", "file", "streaming")

_DRAFT = "http://json-schema.org/draft-07/schema#"

# Google BigQuery and Snowflake take filters, and these and Azure Databricks change data capture (source parameters).
_FILTERING = frozenset(
    {"3c9b37f8-13a6-43d8-bad3-b863b941fedd", "b2e08744-4f1a-40ce-af30-7abac3e23cf3"}
)

_COLUMN = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "type": {"type": "string"},
        "xdm": {"type": "object"},
    },
    "required": ["name"],
}
_PARAMS: dict[str, dict[str, Any]] = {
    "table": {
        "tableName": {"type": "string"},
        "columns": {"type": "array", "items": _COLUMN},
    },
    "file": {
        "path": {
            "type": "string",
            "description": "A file, a folder, or a pattern of files.",
        },
        "type": {"type": "string", "enum": ["file", "folder"]},
        "recursive": {"type": "boolean", "default": False},
    },
    "streaming": {},
}
_REQUIRED = {"table": ["tableName"], "file": ["path"], "streaming": []}
_SOURCE_TYPES = {"table": "Tabular", "file": "CloudStorage", "streaming": "Streaming"}
_FILE_OPTIONS = {
    "fileType": {"type": "string", "enum": [*FILES]},
    "compressionType": {"type": "string", "enum": [*COMPRESSIONS]},
    "columnDelimiter": {"type": "string", "minLength": 1, "maxLength": 1},
    "encoding": {"type": "string", "enum": [*ENCODINGS]},
}
_EXPLORED = {"table": ("root", "table"), "file": ("root", "folder", "file")}
_EXPLORE_TYPES = {"table": "Tabular", "file": "FileSystem"}
_ENTRY = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "name": {"type": "string"},
        "path": {"type": "string"},
        "canPreview": {"type": "boolean"},
        "canFetchSchema": {"type": "boolean"},
    },
}
_LISTED = {"$schema": _DRAFT, "type": "array", "items": _ENTRY}
_DESCRIBED = {
    "$schema": _DRAFT,
    "type": "object",
    "properties": {"format": {"type": "string"}, "schema": {"type": "object"}},
}
_ANSWERS = {
    "root": _LISTED,
    "folder": _LISTED,
    "table": _DESCRIBED,
    "file": _DESCRIBED,
}

PERMISSIONS = {
    "manage": [
        {"@type": "lowLevel", "name": "EnterpriseSource", "permissions": ["write"]}
    ],
    "view": [
        {"@type": "lowLevel", "name": "EnterpriseSource", "permissions": ["read"]}
    ],
}


def kind_of(connector: Connector) -> str:
    """Return how a source's data comes: ``table``, ``file`` or ``streaming``."""
    if connector.spec.ingestion == "streaming":
        return "streaming"
    return connector.spec.kind


def filters_at_source(connector: Connector) -> bool:
    """Say whether a source evaluates filters itself."""
    return connector.spec.id in _FILTERING


def check_filters_at_source(connector: Connector) -> None:
    """Refuse filters for a source that does not evaluate them. Raises `FlowError`."""
    if not filters_at_source(connector):
        raise FlowError(
            "CONNECTOR-1353-400",
            f"{connector.spec.name} does not filter at the source",
        )


def object_types(connector: Connector) -> tuple[str, ...]:
    """Return the types of objects that a source is explored by, none where it is not explored at all."""
    return _EXPLORED.get(kind_of(connector), ())


def render(connector: Connector) -> dict[str, Any]:
    """Return a connector as the service lists it: as the core renders it, and what follows from its kind."""
    kind = kind_of(connector)
    spec = rendering.render(connector)
    source = {
        "name": _SOURCE_TYPES[kind],
        "type": _SOURCE_TYPES[kind],
        "spec": _object(_PARAMS[kind], _REQUIRED[kind]),
    }
    parts: dict[str, Any] = {"sourceSpec": source}
    if kind in _EXPLORED:
        parts["exploreSpec"] = _explore_spec(kind)
    return {
        **spec,
        **parts,
        "attributes": spec["attributes"] | _attributes(connector, kind),
        "permissionsInfo": PERMISSIONS,
    }


def _attributes(connector: Connector, kind: str) -> dict[str, Any]:
    attributes: dict[str, Any] = {"isDraftModeSupported": kind != "streaming"}
    if filters_at_source(connector):
        attributes["filterAtSource"] = {
            "enabled": True,
            "queryLanguage": "SQL",
            "logicalOperators": ["and", "or", "not"],
            "comparisonOperators": ["=", "!=", "<", "<=", ">", ">=", "like", "in"],
        }
    return attributes


def _explore_spec(kind: str) -> dict[str, Any]:
    types = _EXPLORED[kind]
    properties: dict[str, Any] = {
        "objectType": {"type": "string", "enum": [*types]},
        "object": {"type": "string"},
    }
    if kind == "file":
        properties |= _FILE_OPTIONS
    return {
        "name": _EXPLORE_TYPES[kind],
        "type": _EXPLORE_TYPES[kind],
        "requestSpec": _object(properties, ["objectType"]),
        "responseSpec": {name: _ANSWERS[name] for name in types},
    }


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "$schema": _DRAFT,
        "type": "object",
        "properties": properties,
        "required": required,
    }
