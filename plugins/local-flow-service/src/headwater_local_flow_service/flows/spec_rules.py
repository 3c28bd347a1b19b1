"""What a flow specification says of its dataflows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import schemas_held
from headwater_local_flow_service.specs import flow_spec_ids

if TYPE_CHECKING:
    from collections.abc import Mapping

# The transformations that the service itself has rules for.
COPY: Final = "Copy"
MAPPING: Final = "Mapping"


def is_streaming(flow_spec: Mapping[str, Any]) -> bool:
    """Say whether its dataflows take a stream of data rather than batches."""
    attributes = flow_spec.get("attributes") or {}
    return attributes.get("frequency") == "streaming"


def copies_tables(flow_spec: Mapping[str, Any]) -> bool:
    """Say whether its dataflows copy tables."""
    return COPY in transformation_schemas(flow_spec)


def demands_mapping(flow_spec: Mapping[str, Any]) -> bool:
    """Say whether its dataflows need a mapping."""
    return flow_spec.get("id") in flow_spec_ids.MAPPED


def transformation_schemas(flow_spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the transformations it offers by name, each with the JSON Schema of its params, or None."""
    schemas = {}
    for offer in flow_spec.get("transformationSpecs") or ():
        if offer.get("name"):
            schemas[offer["name"]] = offer.get("spec")
    return schemas


def part_schema(flow_spec: Mapping[str, Any], part: str) -> Any:
    """Return the JSON Schema of a part: of the ``scheduleSpec`` or the ``optionSpec``; None where it has none."""
    return (flow_spec.get(part) or {}).get("spec")


def check_values(
    values: Mapping[str, Any],
    schema: Any,
    path: str,
    *,
    code: str = "CONNECTOR-1312-400",
) -> None:
    """Hold values against a JSON Schema, numbers and booleans as strings included. Raises `FlowError` with `code`."""
    problem = schemas_held.find_problem(
        schemas_held.coerce(values, schema), schema, path
    )
    if problem:
        raise FlowError(code, problem)
