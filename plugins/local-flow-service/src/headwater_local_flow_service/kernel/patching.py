"""JSON Patch as the platform takes it: add, replace and remove, in any letter case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonpatch
import jsonpointer

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.gateway.incoming import check_shape
from headwater_local_flow_service.kernel.bodies import READ_ONLY

if TYPE_CHECKING:
    from headwater_local_flow_service.settings import Settings

OPERATIONS = ("add", "replace", "remove")
_MOST = 1000  # operations in one patch


def apply(document: dict[str, Any], body: Any, settings: Settings) -> dict[str, Any]:
    """Return the patched document. Raises `FlowError` with the code for what is wrong; the document stays as it was."""
    operations = _operations(body)
    failed = False
    patched: Any = None
    try:
        patched = jsonpatch.JsonPatch(operations).apply(document)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException):
        failed = True
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError):
        failed = True  # a pointer through a text or a number, for which the library has no error of its own
    if failed or not isinstance(patched, dict):
        raise FlowError(
            "FLOW-1455-400", "the patch points at a field that is not there"
        )
    check_shape(patched, settings, code="FLOW-1455-400")
    return patched


def touches(body: Any, field: str) -> bool:
    """Say whether any operation of a patch reaches into a top-level field."""
    operations = body if isinstance(body, list) else [body]
    return any(_first(operation["path"]) == field for operation in operations)


def _operations(body: Any) -> list[dict[str, Any]]:
    body = [body] if isinstance(body, dict) and body else body
    if not body:
        raise FlowError(
            "FLOW-1405-400",
            "the body is empty; it must be an array of JSON Patch operations",
        )
    if not isinstance(body, list) or not all(
        isinstance(operation, dict) for operation in body
    ):
        raise FlowError(
            "FLOW-1455-400", "the body must be an array of JSON Patch operations"
        )
    if len(body) > _MOST:
        raise FlowError("FLOW-1455-400", f"a patch has at most {_MOST} operations")
    return [_operation(operation) for operation in body]


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    name, path = operation.get("op"), operation.get("path")
    op = name.lower() if isinstance(name, str) else ""
    if op not in OPERATIONS:
        raise FlowError("FLOW-1434-400", f"op must be one of {', '.join(OPERATIONS)}")
    if not isinstance(path, str) or not path.startswith("/"):
        raise FlowError(
            "FLOW-1455-400", "path must be a JSON pointer below the resource"
        )
    if _first(path) == "connectionSpec":
        raise FlowError(
            "FLOW-1414-400", "the connectionSpec of a connection cannot be changed"
        )
    if _first(path) in READ_ONLY:
        raise FlowError(
            "FLOW-1455-400", f"{_first(path)} is written by the service only"
        )
    if op == "remove":
        return {"op": op, "path": path}
    if "value" not in operation:
        raise FlowError("FLOW-1455-400", f"{op} needs a value")
    return {"op": op, "path": path, "value": operation["value"]}


def _first(path: str) -> str:
    return path[1:].split("/", 1)[0].replace("~1", "/").replace("~0", "~")
