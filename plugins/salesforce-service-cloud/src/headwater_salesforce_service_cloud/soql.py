"""SOQL: names as they may stand in a query, and queries short enough for a URL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from headwater.errors import SourceNotFound, SourceNotPermitted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")

LONGEST_SELECT = 8_000  # characters once encoded; request line and headers may have 16,384 bytes together

# A plain SELECT on these fails: they want a filter, or an Id.
FILTERED = frozenset(
    {
        "ActivityHistory", "AggregateResult", "ContentDocumentLink", "ContentFolderItem", "ContentFolderMember",
        "EntityParticle", "FieldDefinition", "FlowVersionView", "IdeaComment", "Name", "NoteAndAttachment",
        "OpenActivity", "PicklistValueInfo", "RelationshipInfo", "UserRecordAccess", "Vote",
    }
)  # fmt: skip
_FILTERED = frozenset(name.lower() for name in FILTERED)


def is_name(text: Any) -> bool:
    """Say whether this can stand in a path or a query as a name."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def require_name(table: str) -> str:
    """Return an object's name. Raises `SourceNotFound` for what no object can be called."""
    if not is_name(table):
        raise SourceNotFound(
            "an object is named like Case or Order__c",
            remedy="run `headwater tables` for them",
        )
    return table


def require_readable(table: str) -> str:
    """Return the name of an object of which first rows can be read. Raises `SourceNotPermitted` for the others."""
    if require_name(table).lower() in _FILTERED:
        raise SourceNotPermitted(
            "Salesforce lets nobody read this object without a filter",
            remedy="read the objects it belongs to",
        )
    return table


def selects(
    names: Sequence[str], table: str, n: int
) -> Iterator[tuple[list[str], str]]:
    """Yield groups of columns, each with a query that fits one URL."""
    keyed = "Id" in names
    order = " ORDER BY Id" if keyed else ""
    for group in _groups(names, keyed=keyed):
        # Names have passed the grammar, and n is a number.
        yield group, f"SELECT {', '.join(group)} FROM {table}{order} LIMIT {n}"  # noqa: S608


def _groups(names: Sequence[str], *, keyed: bool) -> Iterator[list[str]]:
    """Yield the columns in groups, each led by Id to join them by; all at once where there is none."""
    if not keyed:
        yield list(names)
        return
    group, size = ["Id"], 0
    for name in names:
        if name == "Id":
            continue
        if size + len(name) > LONGEST_SELECT:
            yield group
            group, size = ["Id"], 0
        group.append(name)
        size += len(name) + 6  # a comma and a blank, encoded
    yield group


def join(
    rows: list[dict[str, Any]], more: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Join two answers by Id; a row that only one of them has was written or deleted in between, and is left out."""
    by_id = {row["Id"]: row for row in more}
    return [row | by_id[row["Id"]] for row in rows if row["Id"] in by_id]
