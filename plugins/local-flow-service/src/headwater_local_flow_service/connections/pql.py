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
            "a filter applies an operator: its nodeType must be fnApply",
        )
    name, params = node.get("fnName"), node.get("params")
    if not isinstance(name, str) or not name.strip():
        raise FlowError(
            "CONNECTOR-1350-400", "a filter's node lacks its operator fnName"
        )
    is_logical = name.lower() in LOGICAL
    if not is_logical and name not in COMPARING:
        raise FlowError(
            "CONNECTOR-1351-400",
            f"a filter's operator must be one of {', '.join((*LOGICAL, *COMPARING))}",
        )
    if not isinstance(params, list) or not params:
        raise FlowError(
            "CONNECTOR-1349-400", "a filter's operator needs an array of params"
        )
    if name.lower() == "not" and len(params) != 1:
        raise FlowError(
            "CONNECTOR-1390-400", "the operator not takes exactly one operand"
        )
    check_param = _check_operation if is_logical else _check_operand
    for param in params:
        check_param(param)


def _check_operand(node: Any) -> None:
    if _is_field(node):
        return
    if not _is_literal(node):
        raise FlowError(
            "CONNECTOR-1349-400",
            "a comparison's params are a fieldLookup with fieldName, or a literal with value",
        )
    if node["value"] is None:
        raise FlowError(
            "CONNECTOR-1377-400",
            "a filter's literal holds no value; ask with isNull",
        )


def _is_field(node: Any) -> bool:
    if not isinstance(node, dict) or node.get("nodeType") != "fieldLookup":
        return False
    name = node.get("fieldName")
    return isinstance(name, str) and name != ""


def _is_literal(node: Any) -> bool:
    if not isinstance(node, dict) or node.get("nodeType") != "literal":
        return False
    return "value" in node
