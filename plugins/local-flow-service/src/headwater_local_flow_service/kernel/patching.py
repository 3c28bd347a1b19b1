"""JSON Patch as the platform takes it: add, replace and remove, in any letter case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonpatch
import jsonpointer

from headwater.foreign import raise_bare
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.gateway.incoming import check_shape
from headwater_local_flow_service.kernel.bodies import READ_ONLY

if TYPE_CHECKING:
    from headwater_local_flow_service.settings import Settings

OPERATIONS = ("add", "replace", "remove")
_MOST = 1000  # operations in one patch

# The library has no error of its own for a pointer that leads through a string or a number.
_UNRESOLVED = (
    jsonpatch.JsonPatchException,
    jsonpointer.JsonPointerException,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    RecursionError,
)


def apply(document: dict[str, Any], body: Any, settings: Settings) -> dict[str, Any]:
    """Return the patched document. Raises `FlowError` with the code for what is wrong; the document stays as it was."""
    operations = read_operations(body)
    try:
        patched = jsonpatch.JsonPatch(operations).apply(document)
    except _UNRESOLVED:
        raise_bare(_pointer_refusal())
    if not isinstance(patched, dict):
        raise _pointer_refusal()
    check_shape(patched, settings, code="FLOW-1455-400")
    return patched


def touches(body: Any, field: str) -> bool:
    """Say whether any operation of a patch that was applied reaches into a top-level field."""
    return any(_top_field(operation["path"]) == field for operation in _as_list(body))


def gives(body: Any, path: tuple[str, ...]) -> bool:
    """Say whether a patch that was applied puts a value of its own where `path` leads, or above it."""
    return any(
        str(operation["op"]).lower() != "remove" and path[: len(names)] == names
        for operation in _as_list(body)
        for names in [_names(operation["path"])]
    )


def read_operations(body: Any) -> list[dict[str, Any]]:
    """Return the operations of a patch, their names in lower case. Raises `FlowError`."""
    if not body:
        raise FlowError(
            "FLOW-1405-400",
            "the body is empty; it must be an array of JSON Patch operations",
        )
    operations = _as_list(body)
    if not isinstance(operations, list):
        raise _shape_refusal()
    if len(operations) > _MOST:
        raise FlowError("FLOW-1455-400", f"a patch has at most {_MOST} operations")
    return [_read_operation(operation) for operation in operations]


def _read_operation(operation: Any) -> dict[str, Any]:
    if not isinstance(operation, dict):
        raise _shape_refusal()
    op = str(operation.get("op")).lower()
    if op not in OPERATIONS:
        raise FlowError("FLOW-1434-400", f"op must be one of {', '.join(OPERATIONS)}")
    path = operation.get("path")
    _check_path(path)
    if op == "remove":
        return {"op": op, "path": path}
    if "value" not in operation:
        raise FlowError("FLOW-1455-400", f"{op} needs a value")
    return {"op": op, "path": path, "value": operation["value"]}


def _check_path(path: Any) -> None:
    if not isinstance(path, str) or not path.startswith("/"):
        raise FlowError(
            "FLOW-1455-400", "path must be a JSON pointer below the resource"
        )
    field = _top_field(path)
    if field == "connectionSpec":
        raise FlowError(
            "FLOW-1414-400", "the connectionSpec of a connection cannot be changed"
        )
    if field in READ_ONLY:
        raise FlowError("FLOW-1455-400", f"{field} is written by the service only")


def _as_list(body: Any) -> Any:
    """Return the operations of a patch; one may come without an array around it."""
    return [body] if isinstance(body, dict) else body


def _names(path: str) -> tuple[str, ...]:
    """Return the names a JSON pointer is made of."""
    parts = path[1:].split("/")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


def _top_field(path: str) -> str:
    return _names(path)[0]


def _pointer_refusal() -> FlowError:
    return FlowError("FLOW-1455-400", "the patch points at a field that is not there")


def _shape_refusal() -> FlowError:
    return FlowError(
        "FLOW-1455-400", "the body must be an array of JSON Patch operations"
    )
