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
    if _node_type(node) != "fnApply":
        raise FlowError(
            "CONNECTOR-1349-400",
            "a filter applies an operator: its nodeType must be fnApply",
        )
    operator = _read_operator(node)
    params = node.get("params")
    if not isinstance(params, list) or not params:
        raise FlowError(
            "CONNECTOR-1349-400", "a filter's operator needs an array of params"
        )
    if operator == "not" and len(params) != 1:
        raise FlowError(
            "CONNECTOR-1390-400", "the operator not takes exactly one operand"
        )
    check_param = _CHECKS[operator]
    for param in params:
        check_param(param)


def _read_operator(node: dict[str, Any]) -> str:
    """Return an operator in its one spelling: ``AND`` is ``and``, but comparisons have one case only."""
    name = node.get("fnName")
    if not isinstance(name, str) or not name.strip():
        raise FlowError(
            "CONNECTOR-1350-400", "a filter's node lacks its operator fnName"
        )
    if name.lower() in LOGICAL:
        return name.lower()
    if name not in COMPARING:
        raise FlowError(
            "CONNECTOR-1351-400",
            f"a filter's operator must be one of {', '.join((*LOGICAL, *COMPARING))}",
        )
    return name


def _check_operand(node: Any) -> None:
    node_type = _node_type(node)
    if node_type == "fieldLookup" and _is_name(node.get("fieldName")):
        return
    if node_type != "literal" or "value" not in node:
        raise FlowError(
            "CONNECTOR-1349-400",
            "a comparison's params are a fieldLookup with fieldName, or a literal with value",
        )
    if node["value"] is None:
        raise FlowError(
            "CONNECTOR-1377-400",
            "a filter's literal holds no value; ask with isNull",
        )


def _node_type(node: Any) -> Any:
    return node.get("nodeType") if isinstance(node, dict) else None


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != ""


_CHECKS: Final = {
    **dict.fromkeys(LOGICAL, _check_operation),
    **dict.fromkeys(COMPARING, _check_operand),
}
