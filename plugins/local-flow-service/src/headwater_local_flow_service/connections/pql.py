"""Filters that a source evaluates itself: PQL as a tree of JSON, checked, never evaluated here.

The rules: docs/flow-service-operations.md#filters-of-a-source.
"""

from __future__ import annotations

from typing import Any, Final

from headwater_local_flow_service.errors import FlowError

LOGICAL: Final = ("and", "or", "not")
COMPARING: Final = ("=", "!=", "<", "<=", ">", ">=", "like", "in", "isNull")


def check(filters: Any) -> None:
    """Check ``{"type": "PQL", "format": "pql/json", "value": NODE}``. Raises `FlowError` with the code."""
    if not isinstance(filters, dict):
        raise FlowError("CONNECTOR-1349-400", "filters must be of type object")
    if filters.get("type") != "PQL":
        raise FlowError("CONNECTOR-1355-400", "filters.type must be PQL")
    if filters.get("format") != "pql/json":
        raise FlowError("CONNECTOR-1356-400", "filters.format must be pql/json")
    if not filters.get("value"):
        raise FlowError("CONNECTOR-1357-400", "filters.value is missing")
    _check_operation(filters["value"])


def _check_operation(node: Any) -> None:
    if not isinstance(node, dict) or node.get("nodeType") != "fnApply":
        raise FlowError(
            "CONNECTOR-1349-400",
            "a filter applies an operator: its nodeType is fnApply",
        )
    name, params = node.get("fnName"), node.get("params")
    if not isinstance(name, str) or not name.strip():
        raise FlowError(
            "CONNECTOR-1350-400", "a filter's node lacks its operator fnName"
        )
    if name.lower() not in LOGICAL and name not in COMPARING:
        raise FlowError(
            "CONNECTOR-1351-400",
            f"a filter's operators are {', '.join((*LOGICAL, *COMPARING))}",
        )
    if not isinstance(params, list) or not params:
        raise FlowError(
            "CONNECTOR-1349-400", "a filter's operator needs an array of params"
        )
    if name.lower() == "not" and len(params) != 1:
        raise FlowError(
            "CONNECTOR-1390-400", "the operator not takes exactly one operand"
        )
    for param in params:
        (_check_operation if name.lower() in LOGICAL else _check_operand)(param)


def _check_operand(node: Any) -> None:
    kind = node.get("nodeType") if isinstance(node, dict) else None
    if (
        kind == "fieldLookup"
        and isinstance(node.get("fieldName"), str)
        and node["fieldName"]
    ):
        return
    if kind == "literal" and "value" in node:
        if node["value"] is None:
            raise FlowError(
                "CONNECTOR-1377-400",
                "a filter's literal holds no value; ask with isNull",
            )
        return
    raise FlowError(
        "CONNECTOR-1349-400",
        "a comparison's params are a fieldLookup with fieldName, or a literal with value",
    )
