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

OPTIONS: Final = "options"
INLET_URL: Final = "inletUrl"  # among the options, and written by the service as well

# Written by the service; sent in a create, it is passed over.
WRITTEN: Final = frozenset({INHERITED, LAST_OPERATION, LAST_RUN, COVERED, "runs"})


def drop_written(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a document is the caller's."""
    kept = bodies.drop_fields(document, WRITTEN)
    options = kept.get(OPTIONS)
    if isinstance(options, dict) and INLET_URL in options:
        kept[OPTIONS] = bodies.drop_fields(options, (INLET_URL,))
    return kept


def add_inlet(item: Mapping[str, Any], url: str) -> dict[str, Any]:
    """Return a dataflow as it is read, with the URL to which the data is sent."""
    options = item.get(OPTIONS) or {}
    return {**item, OPTIONS: {**options, INLET_URL: url}}


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
