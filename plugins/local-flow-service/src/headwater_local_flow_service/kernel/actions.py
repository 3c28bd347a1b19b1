"""What every action must be, whatever it acts on: the operation, its parts, and the status it reports.

The rules: docs/flow-service-operations.md#states-and-actions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.errors import FlowError

if TYPE_CHECKING:
    from collections.abc import Collection

    from headwater_local_flow_service.kernel.kind import Operation

PUBLISH = "publish"
FINALIZING = ("finalize", "finalize-update")
SUB_OPERATIONS = ("apply", "rollback", "progress")
STATUSES = (
    "IN_PROGRESS", "COMPLETED", "SUCCESS", "PARTIAL_SUCCESS", "FAILED", "PARTIAL_FAILURE", "QUEUED", "SCHEDULED",
)  # fmt: skip

_COMPLETE = 100  # percent


def check(operation: Operation, known: Collection[str]) -> None:
    """Check an operation before its object is looked at. Raises `FlowError` with the code for what is wrong.

    Finalizing is for providers; every caller of the embedded service is a user, so it is refused, once well-formed.
    """
    if operation.name not in known:
        raise FlowError("FLOW-1434-400", f"op is one of {', '.join(known)}")
    parts = operation.sub_operations
    if not set(parts) <= set(SUB_OPERATIONS):
        raise FlowError("FLOW-1435-400", f"subOp is one of {', '.join(SUB_OPERATIONS)}")
    if parts and operation.name not in FINALIZING:
        raise FlowError("FLOW-1436-400", f"{operation.name} takes no subOp")
    if "progress" in parts and len(set(parts)) > 1:
        raise FlowError("FLOW-1406-400", "the subOp progress goes with no other")
    _check_status(operation.status, progressing="progress" in parts)
    if operation.name in FINALIZING:
        raise FlowError(
            "FLOW-1402-400", f"{operation.name} is for providers, not for users"
        )


def _check_status(body: dict[str, Any], *, progressing: bool) -> None:
    status = body.get("status")
    if status is None:
        status = {}
    if not isinstance(status, dict):
        raise FlowError("FLOW-1437-400", "status must be of type object")
    value, percent = status.get("value"), body.get("percentCompleted")
    if value is not None and value not in STATUSES:
        raise FlowError(
            "FLOW-1437-400", f"status.value is one of {', '.join(STATUSES)}"
        )
    if percent is not None and (
        isinstance(percent, bool) or not isinstance(percent, (int, float))
    ):
        raise FlowError("CONNECTOR-1312-400", "percentCompleted must be of type number")
    if progressing and value == "FAILED":
        raise FlowError(
            "FLOW-1407-400", "the subOp progress does not go with a failed status"
        )
    if (
        value in ("COMPLETED", "FAILED")
        and percent is not None
        and percent != _COMPLETE
    ):
        raise FlowError(
            "FLOW-1408-400",
            f"percentCompleted is {_COMPLETE} where the status is completed or failed",
        )
