"""What every specification must be: a name, a provider, and JSON Schemas that can be evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import bodies

if TYPE_CHECKING:
    from collections.abc import Iterable


def schema(given: Any, path: str) -> None:
    """Refuse what is no JSON Schema (draft-07) of an object. Raises `FlowError`."""
    import jsonschema

    if not isinstance(given, dict):
        raise FlowError("CONNECTOR-1312-400", f"{path} must be of type object")
    broken = False
    try:
        jsonschema.Draft7Validator.check_schema(given)
    except Exception:  # what is no schema can break the check itself in many ways
        broken = True
    if broken or not isinstance(given.get("properties", {}), dict):
        raise FlowError(
            "CONNECTOR-1312-400",
            f"{path} must be a JSON Schema (draft-07) of an object",
        )
    if _uses(given, "patternProperties"):
        text = f"{path} uses patternProperties, which the embedded service does not evaluate: list the properties"
        raise FlowError("CONNECTOR-1312-400", text)


def _uses(schema: Any, keyword: str) -> bool:
    level = [schema]
    while level:
        value = level.pop()
        if isinstance(value, dict):
            if keyword in value:
                return True
            level += value.values()
        elif isinstance(value, list):
            level += value
    return False


def basics(body: dict[str, Any]) -> None:
    """Check what every specification must say of itself. Raises `FlowError`."""
    for name in ("name", "providerId"):
        bodies.require_field(body, name, "string")
    for name in ("version", "type", "description"):
        bodies.read_field(body, name, "string")
    for name in ("attributes", "permissionsInfo", "policy", "settings"):
        bodies.read_field(body, name, "object")


def parts(body: dict[str, Any], names: Iterable[str]) -> None:
    """Check parts that carry a JSON Schema in ``spec``, and leave those out that hold nothing. Raises `FlowError`."""
    for name in names:
        part = bodies.read_field(body, name, "object")
        if part is None:
            body.pop(name, None)
        elif part.get("spec") is not None:
            schema(part["spec"], f"{name}.spec")
