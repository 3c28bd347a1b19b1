"""Values held against a JSON Schema of a flow specification, texts of numbers read as numbers first.

The rules: docs/flow-service-operations.md#numbers-and-booleans-as-strings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.kernel import bounded

if TYPE_CHECKING:
    from collections.abc import Mapping

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_WORDS = {"true": True, "false": False}


def coerced(values: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """Return the values as the types their schema names, wherever they can be read as such; the others as they are."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    kinds = properties if isinstance(properties, dict) else {}
    return {name: _read(value, kinds.get(name)) for name, value in values.items()}


def problem(values: Mapping[str, Any], schema: Any, path: str) -> str:
    """Say which rule of a schema (draft-07) the values break first, or nothing. No value is named, only places."""
    import referencing

    failed = False
    error = None
    try:
        # The empty registry keeps a stored schema from having others fetched.
        validator = bounded.validator_class()(schema, registry=referencing.Registry())
        error = min(
            validator.iter_errors(dict(values)),
            key=lambda one: list(map(str, one.absolute_path)),
            default=None,
        )
    except (
        Exception
    ):  # a schema that a caller stored can break its evaluation in many ways
        failed = True
    if failed:
        return f"{path} cannot be held against the schema of the flow specification"
    if error is None:
        return ""
    place = ".".join([path, *map(str, error.absolute_path)])
    return f"{place} breaks the rule {error.validator} of the flow specification"


def _read(value: Any, kind: Any) -> Any:
    wanted = kind.get("type") if isinstance(kind, dict) else None
    if wanted in ("integer", "number"):
        return _number(value)
    if wanted == "boolean" and isinstance(value, str):
        return _WORDS.get(value.strip().lower(), value)
    if wanted == "string" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def _number(value: Any) -> Any:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value
