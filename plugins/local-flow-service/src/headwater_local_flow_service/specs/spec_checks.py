"""What every specification must be: a name, a provider, and JSON Schemas that can be evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.credentials import evaluation, schema_budgets
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import bodies, schemas_held

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TYPES = {
    "version": "string",
    "type": "string",
    "description": "string",
    "attributes": "object",
    "permissionsInfo": "object",
    "policy": "object",
    "settings": "object",
}


def check_basics(body: Mapping[str, Any]) -> None:
    """Check how much a specification asks for, and what each must say of itself. Raises `FlowError`."""
    excess = schema_budgets.find_excess(body)
    if excess:
        raise FlowError("CONNECTOR-1312-400", excess)
    for name in ("name", "providerId"):
        bodies.require_field(body, name, "string")
    bodies.check_types(body, _TYPES)


def check_parts(body: Mapping[str, Any], names: Iterable[str]) -> None:
    """Check the JSON Schema in the ``spec`` of each part, where there is one. Raises `FlowError`."""
    for name in names:
        part = bodies.read_field(body, name, "object") or {}
        if part.get("spec") is not None:
            require_schema(part["spec"], f"{name}.spec")


def require_schema(schema: Any, path: str) -> dict[str, Any]:
    """Return what must be a JSON Schema (draft-07) of an object. Raises `FlowError`."""
    if not isinstance(schema, dict):
        raise FlowError("CONNECTOR-1312-400", f"{path} must be of type object")
    runaway = schema_budgets.find_runaway(schema, path)
    if runaway:
        raise FlowError("CONNECTOR-1312-400", runaway)
    properties = schema.get("properties", {})
    if not evaluation.is_schema(schema) or not isinstance(properties, dict):
        raise FlowError(
            "CONNECTOR-1312-400",
            f"{path} must be a JSON Schema (draft-07) of an object",
        )
    if any("patternProperties" in part for part in schemas_held.objects_in(schema)):
        text = f"{path} uses patternProperties, which the embedded service does not evaluate: list the properties"
        raise FlowError("CONNECTOR-1312-400", text)
    return schema
