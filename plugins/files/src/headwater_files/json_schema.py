"""A JSON Schema of rows, as an exploration describes what is hierarchical."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST: Final = (
    9_007_199_254_740_991  # the largest integer every reader of JSON holds exactly
)
_STRING: Final = {"type": "string"}


def schema_of(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the JSON Schema of an object that holds what the rows hold."""
    merged: dict[str, Any] = {}
    for row in rows:
        merged = _merge(merged, _infer(row))
    return _complete(merged or {"type": "object", "properties": {}})


def _infer(value: Any) -> dict[str, Any]:
    """Return the schema of one value, an empty one where it tells nothing."""
    if isinstance(value, dict):
        parts = {name: _infer(part) for name, part in value.items()}
        return {"type": "object", "properties": parts}
    if isinstance(value, list):
        items: dict[str, Any] = {}
        for item in value:
            items = _merge(items, _infer(item))
        return {"type": "array", "items": items}
    # A bool is an int to Python, so it comes first.
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number")):
        if isinstance(value, kind):
            return {"type": name}
    return {} if value is None else dict(_STRING)


def _merge(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    if not one or not other:
        return one or other
    if one["type"] != other["type"]:
        kinds = {one["type"], other["type"]}
        return {"type": "number"} if kinds == {"integer", "number"} else dict(_STRING)
    if one["type"] == "array":
        return {"type": "array", "items": _merge(one["items"], other["items"])}
    if one["type"] == "object":
        parts = dict(one["properties"])
        for name, part in other["properties"].items():
            parts[name] = _merge(parts.get(name, {}), part)
        return {"type": "object", "properties": parts}
    return one


def _complete(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with the bounds of integers, and strings where nothing was told."""
    match schema.get("type"):
        case "object":
            parts = schema["properties"].items()
            properties = {name: _complete(part) for name, part in parts}
            return {"type": "object", "properties": properties}
        case "array":
            return {"type": "array", "items": _complete(schema["items"])}
        case "integer":
            return {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST}
        case None:
            return dict(_STRING)
    return schema
