"""The document of a dataflow: what of it is the caller's, what the service adds, and what only the service needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.kernel import bodies

if TYPE_CHECKING:
    from collections.abc import Mapping

INHERITED: Final = "inheritedAttributes"
LAST_OPERATION: Final = "lastOperation"
LAST_RUN: Final = "lastRunDetails"
# What no client sees: until when, in seconds since 1970, the source's data is in the hands of some run.
COVERED: Final = "_covered"

# Written by the service; sent in a create, it is passed over.
WRITTEN: Final = frozenset({INHERITED, LAST_OPERATION, LAST_RUN, COVERED, "runs"})


def drop_written(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a document is the caller's."""
    return bodies.drop_fields(document, WRITTEN)


def visible_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a document is read back."""
    return bodies.drop_fields(document, (COVERED,))


def carry_over(
    document: Mapping[str, Any], stored: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a document with what runs have written into the stored one meanwhile."""
    result = dict(document)
    for name in (LAST_RUN, COVERED):
        if name in stored:
            result[name] = stored[name]
    return result


def build_last_operation(operation: str, now: int, ops: list[Any]) -> dict[str, Any]:
    """Return what ``lastOperation`` says of a change that is complete; `now` is in milliseconds since 1970."""
    return {
        "started": now,
        "updated": now,
        "percentCompleted": 100.0,
        "status": {"value": "completed", "properties": None, "errors": []},
        "ops": ops,
        "operation": operation,
    }
