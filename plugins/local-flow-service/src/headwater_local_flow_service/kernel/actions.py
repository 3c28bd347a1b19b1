"""What every action must be, whatever it acts on: the operation, its parts, and the status it reports.

The rules: docs/flow-service-operations.md#states-and-actions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater_local_flow_service.errors import FlowError

if TYPE_CHECKING:
    from collections.abc import Collection

    from headwater_local_flow_service.kernel.kind import Operation

PUBLISH = "publish"
FINALIZING = ("finalize", "finalize-update")
_PROGRESS = "progress"
SUB_OPERATIONS = ("apply", "rollback", _PROGRESS)
STATUSES = (
    "IN_PROGRESS", "COMPLETED", "SUCCESS", "PARTIAL_SUCCESS", "FAILED", "PARTIAL_FAILURE", "QUEUED", "SCHEDULED",
)  # fmt: skip

_ENDS = ("COMPLETED", "FAILED")

_NUMBERS = (int, float)  # not bool, which is an int to Python but not to JSON
_COMPLETE = 100  # percent


def check(operation: Operation, known: Collection[str]) -> None:
    """Check an operation before its object is looked at. Raises `FlowError` with the code for what is wrong.

    Generated clients send a ``subOp`` always, since Adobe's file marks it as required: beside an operation that takes
    none it is passed over, unless the service is strict.

    Finalizing is for providers; every caller of the embedded service is a user, so it is refused, once well-formed.
    """
    if operation.name not in known:
        raise FlowError("FLOW-1434-400", f"op must be one of {', '.join(known)}")
    _check_sub_operations(operation)
    _check_status(operation)
    if operation.name in FINALIZING:
        raise FlowError(
            "FLOW-1402-400", f"{operation.name} is for providers, not for users"
        )


def _check_sub_operations(operation: Operation) -> None:
    names = set(operation.sub_operations)
    if not names.issubset(SUB_OPERATIONS):
        known = ", ".join(SUB_OPERATIONS)
        raise FlowError("FLOW-1435-400", f"subOp must be one of {known}")
    if operation.name not in FINALIZING:
        if names and operation.strict:
            raise FlowError("FLOW-1436-400", f"{operation.name} does not take a subOp")
        return
    if _PROGRESS in names and len(names) > 1:
        raise FlowError(
            "FLOW-1406-400", f"the subOp {_PROGRESS} excludes all other subOps"
        )


def _check_status(operation: Operation) -> None:
    """Check the optional body: ``status.value`` and ``percentCompleted``, and whether they agree."""
    status = operation.status.get("status")
    if status is None:
        status = {}
    if not isinstance(status, dict):
        raise FlowError("FLOW-1437-400", "status must be of type object")
    value = status.get("value")
    if value is not None and value not in STATUSES:
        known = ", ".join(STATUSES)
        raise FlowError("FLOW-1437-400", f"status.value must be one of {known}")
    percent = operation.status.get("percentCompleted")
    if percent is not None and type(percent) not in _NUMBERS:
        raise FlowError("CONNECTOR-1312-400", "percentCompleted must be of type number")
    if value == "FAILED" and _PROGRESS in operation.sub_operations:
        raise FlowError(
            "FLOW-1407-400", f"a failed status excludes the subOp {_PROGRESS}"
        )
    if value in _ENDS and percent not in (None, _COMPLETE):
        raise FlowError(
            "FLOW-1408-400",
            f"percentCompleted must be {_COMPLETE} where the status is completed or failed",
        )
