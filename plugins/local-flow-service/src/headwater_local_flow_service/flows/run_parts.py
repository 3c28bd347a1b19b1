"""The parts of a run that a caller may send, when it is made and when a provider reports on it.

The rules: docs/flow-service-operations.md#parts-of-a-run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.flows import run_documents
from headwater_local_flow_service.kernel import bodies
from headwater_local_flow_service.kernel.lifecycle import find_record
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
    "childFlowRunIds": (str, "strings"),
    "recordTypes": (str, "strings"),
    "predecessors": (dict, "objects"),
    "activities": (dict, "objects"),
}
_PREDECESSORS: Final = (
    ("flowRunId", "run", tables.runs, "FLOW-1428-400"),
    ("flowId", "dataflow", tables.flows, "FLOW-1429-400"),
)
_STATUS: Final = "statusSummary"
_SUMMARIES: Final = (
    "durationSummary", "latencySummary", "sizeSummary", "recordSummary", "fileSummary", _STATUS,
)  # fmt: skip
_SUMMARY_TYPES: Final = {
    "errors": "array",
    "activityRefs": "array",
    "extensions": "object",
}
_NUMBERS: Final = ("AtUTC", "Count", "Bytes", "Ms")  # how the names of numbers end


def check(body: Mapping[str, Any]) -> None:
    """Check the types of what is there; null says the same as leaving a field out. Raises `FlowError`."""
    for name, json_type in _TYPES.items():
        bodies.read_field(body, name, json_type)
    for name, (element_type, plural) in _ELEMENTS.items():
        _check_elements(body, name, element_type, plural)
    metrics = body.get("metrics") or {}
    for name in _SUMMARIES:
        summary = bodies.read_field(metrics, name, "object", path="metrics")
        _check_summary(summary or {}, f"metrics.{name}")
    _check_status(metrics.get(_STATUS) or {})


def normalize(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a checked body without nulls in the fields that are looked at, and with its status in one spelling."""
    normal = bodies.normalize(body, *_TYPES)
    if "metrics" not in normal:
        return normal
    metrics = bodies.normalize(normal["metrics"], *_SUMMARIES)
    for name in _SUMMARIES:
        if name in metrics:
            metrics[name] = _drop_nulls(metrics[name])
    summary = metrics.get(_STATUS, {})
    if "status" in summary:
        summary["status"] = run_documents.find_status(summary["status"])
    return normal | {"metrics": metrics}


def check_predecessors(rows: Rows, scope: Scope, body: Mapping[str, Any]) -> None:
    """Check that runs and dataflows that came before are there. Raises `FlowError`."""
    for predecessor in body.get("predecessors", ()):
        for name, kind, table, code in _PREDECESSORS:
            id = predecessor.get(name)
            if id is None:
                continue
            if not isinstance(id, str) or find_record(rows, table, scope, id) is None:
                raise FlowError(
                    code,
                    f"predecessors[].{name} does not name a {kind} of this sandbox",
                )


def _drop_nulls(summary: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in summary.items() if value is not None}


def _check_elements(
    holder: Mapping[str, Any],
    name: str,
    element_type: type,
    plural: str,
    *,
    path: str = "",
) -> None:
    for element in holder.get(name) or ():
        if not isinstance(element, element_type):
            raise FlowError(
                "CONNECTOR-1312-400", f"{path}{name} must be an array of {plural}"
            )


def _check_summary(summary: Mapping[str, Any], path: str) -> None:
    """Check what is read of a summary: counts and times are integers."""
    for name, json_type in _SUMMARY_TYPES.items():
        bodies.read_field(summary, name, json_type, path=path)
    _check_elements(summary, "errors", dict, "objects", path=f"{path}.")
    for name, value in summary.items():
        if not name.endswith(_NUMBERS) or value is None:
            continue
        if type(value) is not int:
            raise FlowError("CONNECTOR-1312-400", f"{path}.{name} must be an integer")
    started, completed = summary.get("startedAtUTC"), summary.get("completedAtUTC")
    if started is None or completed is None:
        return
    if started > completed:
        raise FlowError(
            "CONNECTOR-1312-400", f"{path}.completedAtUTC is before startedAtUTC"
        )


def _check_status(summary: Mapping[str, Any]) -> None:
    status = summary.get("status")
    if status is None:
        return
    if not isinstance(status, str) or run_documents.find_status(status) is None:
        known = ", ".join(run_documents.STATUSES)
        raise FlowError(
            "FLOW-1437-400", f"metrics.statusSummary.status must be one of {known}"
        )
