"""The parts of a run that a caller may send, when it is made and when a provider reports on it.

The rules: docs/flow-service-operations.md#parts-of-a-run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.flows import run_documents
from headwater_local_flow_service.kernel import bodies
from headwater_local_flow_service.kernel.lifecycle import is_id
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.store.store import Rows, Scope

FACTS: Final = ("parentFlowRunId", "childFlowRunIds", "predecessors", "recordTypes")
_TYPES: Final = {
    "providerRefId": "string",
    "parentFlowRunId": "string",
    "childFlowRunIds": "array",
    "predecessors": "array",
    "recordTypes": "array",
    "metrics": "object",
    "activities": "array",
}
_ELEMENTS: Final = {
    "childFlowRunIds": (str, "texts"),
    "recordTypes": (str, "texts"),
    "predecessors": (dict, "objects"),
    "activities": (dict, "objects"),
}
_SUMMARIES: Final = (
    "durationSummary", "latencySummary", "sizeSummary", "recordSummary", "fileSummary", "statusSummary",
)  # fmt: skip


_NUMBERS: Final = ("AtUTC", "Count", "Bytes", "Ms")


def check(body: dict[str, Any]) -> None:
    """Check the types of what is there; a status gets its one spelling. Raises `FlowError`."""
    for name, kind in _TYPES.items():
        if body.get(name) is None:
            body.pop(name, None)
        bodies.read_field(body, name, kind)
    for name, (kind_of_each, what) in _ELEMENTS.items():
        if not all(isinstance(one, kind_of_each) for one in body.get(name, ())):
            raise FlowError("CONNECTOR-1312-400", f"{name} must be an array of {what}")
    metrics = body.get("metrics") or {}
    for name in _SUMMARIES:
        if metrics.get(name) is None:
            metrics.pop(name, None)
        bodies.read_field(metrics, name, "object", path="metrics")
    for name in _SUMMARIES:
        _check_summary(metrics.get(name, {}), name)


def check_predecessors(rows: Rows, scope: Scope, body: Mapping[str, Any]) -> None:
    """Check that runs and dataflows that came before are there. Raises `FlowError`."""
    known = (
        ("flowRunId", tables.runs, "FLOW-1428-400"),
        ("flowId", tables.flows, "FLOW-1429-400"),
    )
    for one in body.get("predecessors", ()):
        for name, table, code in known:
            id = one.get(name)
            if id is None:
                continue
            if (
                not isinstance(id, str)
                or not is_id(id)
                or rows.get(table, scope, id) is None
            ):
                raise FlowError(
                    code, f"predecessors[].{name} names nothing of this sandbox"
                )


def _status(given: Any) -> str:
    found = run_documents.spelled(given) if isinstance(given, str) else None
    if found is None:
        known = ", ".join(run_documents.STATUSES)
        raise FlowError(
            "FLOW-1437-400", f"metrics.statusSummary.status is one of {known}"
        )
    return found


def _check_summary(summary: dict[str, Any], of: str) -> None:
    """Check what is read of a summary: counts and times are whole numbers, and null says nothing."""
    for name in [name for name, value in summary.items() if value is None]:
        del summary[name]
    if "status" in summary and of == "statusSummary":
        summary["status"] = _status(summary["status"])
    for name, value in summary.items():
        path = f"metrics.{of}.{name}"
        if name.endswith(_NUMBERS) and type(value) is not int:
            raise FlowError("CONNECTOR-1312-400", f"{path} must be a whole number")
        if name in ("errors", "activityRefs") and not isinstance(value, list):
            raise FlowError("CONNECTOR-1312-400", f"{path} must be of type array")
        if name == "extensions" and not isinstance(value, dict):
            raise FlowError("CONNECTOR-1312-400", f"{path} must be of type object")
    if not all(isinstance(one, dict) for one in summary.get("errors", ())):
        raise FlowError(
            "CONNECTOR-1312-400", f"metrics.{of}.errors must be an array of objects"
        )
    if summary.get("startedAtUTC", 0) > summary.get(
        "completedAtUTC", summary.get("startedAtUTC", 0)
    ):
        raise FlowError(
            "CONNECTOR-1312-400", f"metrics.{of}.completedAtUTC is before startedAtUTC"
        )
