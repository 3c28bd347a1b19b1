"""What a source's connection specification says beside its credentials: what is read from it, and how it is explored.

None of it is a connector's to say; it follows from the shape of its source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.connectors import rendering
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.specs import source_shapes

if TYPE_CHECKING:
    from headwater.connectors.connector import Connector
    from headwater_local_flow_service.specs.source_shapes import SourceShape

# Google BigQuery and Snowflake take filters, and these and Azure Databricks change data capture (source parameters).
_FILTERING = frozenset(
    {"3c9b37f8-13a6-43d8-bad3-b863b941fedd", "b2e08744-4f1a-40ce-af30-7abac3e23cf3"}
)

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
_LISTED = {"$schema": source_shapes.DRAFT, "type": "array", "items": _ENTRY}
_DESCRIBED = {
    "$schema": source_shapes.DRAFT,
    "type": "object",
    "properties": {"format": {"type": "string"}, "schema": {"type": "object"}},
}
_ANSWERS = {
    "root": _LISTED,
    "folder": _LISTED,
    "table": _DESCRIBED,
    "file": _DESCRIBED,
    "rest": _DESCRIBED,
}


def _permissions(name: str) -> dict[str, Any]:
    return {
        "manage": [{"@type": "lowLevel", "name": name, "permissions": ["write"]}],
        "view": [{"@type": "lowLevel", "name": name, "permissions": ["read"]}],
    }


PERMISSIONS = _permissions("EnterpriseSource")
STREAMING_PERMISSIONS = _permissions("StreamingSource")


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


def render(connector: Connector) -> dict[str, Any]:
    """Return a connector as the service lists it: as the core renders it, and what follows from its kind."""
    shape = source_shapes.shape_of(connector)
    spec = rendering.render(connector)
    source = {"name": shape.type, "type": shape.type, "spec": shape.params}
    parts: dict[str, Any] = {"sourceSpec": source}
    if shape.explore_type:
        parts["exploreSpec"] = _explore_spec(shape)
    return {
        **spec,
        **parts,
        "attributes": spec["attributes"] | _attributes(connector, shape),
        "permissionsInfo": permissions(streaming=is_streaming(shape)),
    }


def is_streaming(shape: SourceShape) -> bool:
    """Say whether the data of a source comes as a stream."""
    return shape.kind in (source_shapes.STREAMING, source_shapes.WEBHOOK)


def permissions(*, streaming: bool) -> dict[str, Any]:
    """Return who may see and manage what a specification offers."""
    return STREAMING_PERMISSIONS if streaming else PERMISSIONS


def _attributes(connector: Connector, shape: SourceShape) -> dict[str, Any]:
    attributes: dict[str, Any] = {"isDraftModeSupported": not is_streaming(shape)}
    if filters_at_source(connector):
        attributes["filterAtSource"] = {
            "enabled": True,
            "queryLanguage": "SQL",
            "logicalOperators": ["and", "or", "not"],
            "comparisonOperators": ["=", "!=", "<", "<=", ">", ">=", "like", "in"],
        }
    return attributes


def _explore_spec(shape: SourceShape) -> dict[str, Any]:
    if not shape.explored:
        return {"name": shape.explore_type, "type": shape.explore_type}
    properties: dict[str, Any] = {
        "objectType": {"type": "string", "enum": [*shape.explored]},
        "object": {"type": "string"},
        **shape.explore_options,
    }
    return {
        "name": shape.explore_type,
        "type": shape.explore_type,
        "requestSpec": _object(properties, ["objectType"]),
        "responseSpec": {name: _ANSWERS[name] for name in shape.explored},
    }


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "$schema": source_shapes.DRAFT,
        "type": "object",
        "properties": properties,
        "required": required,
    }
