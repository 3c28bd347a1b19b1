"""The document of a dataflow: what the caller said, what the service adds to it, and what only the service needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

INHERITED: Final = "inheritedAttributes"
LAST_OPERATION: Final = "lastOperation"
LAST_RUN: Final = "lastRunDetails"
# What no client sees: until when, in seconds since 1970, the source's data is in the hands of some run.
COVERED: Final = "_covered"

TRANSFORMATIONS: Final = "transformations"
COPY: Final = "Copy"
MAPPING: Final = "Mapping"
DELTA_COLUMN: Final = "deltaColumn"

# Written by the service; sent in a create, it is passed over.
WRITTEN: Final = frozenset({INHERITED, LAST_OPERATION, LAST_RUN, COVERED, "runs"})


def own(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a document is the caller's."""
    return {name: value for name, value in document.items() if name not in WRITTEN}


def shown(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a document is read back."""
    return {name: value for name, value in document.items() if name != COVERED}


def kept(document: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with what runs have written into the stored one meanwhile."""
    return {
        **document,
        **{name: stored[name] for name in (LAST_RUN, COVERED) if name in stored},
    }


def last_operation(operation: str, now: int, ops: list[Any]) -> dict[str, Any]:
    """Return what ``lastOperation`` says of a change that is complete; `now` is in milliseconds since 1970."""
    return {
        "started": now,
        "updated": now,
        "percentCompleted": 100.0,
        "status": {"value": "completed", "properties": None, "errors": []},
        "ops": ops,
        "operation": operation,
    }


def params(document: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """Return the params of the transformation of a name, or None where the document has no such transformation."""
    return next(
        (
            one.get("params") or {}
            for one in _transformations(document)
            if one.get("name") == name
        ),
        None,
    )


def delta_column(document: Mapping[str, Any]) -> str:
    """Return the name of the column that tells new rows from old ones, or nothing."""
    column = (params(document, COPY) or {}).get(DELTA_COLUMN)
    return str(column.get("name", "")) if isinstance(column, dict) else ""


def with_delta_column(
    document: Mapping[str, Any], column: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a document whose Copy transformation names a column."""
    rest = [one for one in _transformations(document) if one.get("name") != COPY]
    copy = {
        "name": COPY,
        "params": {**(params(document, COPY) or {}), DELTA_COLUMN: dict(column)},
    }
    return {**document, TRANSFORMATIONS: [copy, *rest]}


def _transformations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document.get(TRANSFORMATIONS) or ()
