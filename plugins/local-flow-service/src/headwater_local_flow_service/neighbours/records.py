"""Rows of the neighbours' collections: how they come into being and how they change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.kernel import lifecycle
from headwater_local_flow_service.kernel.kind import Content
from headwater_local_flow_service.neighbours.refusals import invalid
from headwater_local_flow_service.store.tables import INDEXED_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Table

    from headwater_local_flow_service.gateway.gateway import Caller
    from headwater_local_flow_service.store.store import Record, Rows, Scope

LARGEST_PAGE_SIZE = (
    1_048_576  # characters of stored documents; the first one may be longer
)

CURRENT = "current"
OLDER = "older"


def column_of(name: str) -> str:
    """Return the beginning of a name, as its column holds it."""
    return name[:INDEXED_NAME]


def where_name(table: Table, name: str | None) -> list[ColumnElement[bool]]:
    """Return the condition for the rows of a name, or none where any name will do."""
    if name is None:
        return []
    return [table.c.name == column_of(name)]


def read_page(
    rows: Rows,
    table: Table,
    scope: Scope,
    where: Sequence[ColumnElement[bool]],
    order: Sequence[ColumnElement[Any]],
    *,
    limit: int,
    start: int,
) -> list[Record]:
    """Return `limit` rows after `start` others. Raises `NeighbourError` where they are too much for one answer.

    Whoever asks by position counts on getting as many as there are, so the page cannot just end early.
    """
    page: list[Record] = []
    size = 0
    found = rows.stream(table, scope, where, order, limit=limit, offset=start)
    for record, length in found:
        size += length
        if page and size > LARGEST_PAGE_SIZE:
            raise invalid(
                f"this page would be larger than {LARGEST_PAGE_SIZE} characters: ask for a smaller limit"
            )
        page.append(record)
    return page


def check_page_size(items: Sequence[dict[str, Any]]) -> None:
    """Refuse a page of more than one object that is too much for one answer. Raises `NeighbourError`."""
    size = sum(len(json.dumps(item)) for item in items)
    if len(items) > 1 and size > LARGEST_PAGE_SIZE:
        raise invalid(
            f"this page would be larger than {LARGEST_PAGE_SIZE} characters: ask for a smaller limit"
        )


def build_record(
    id: str, caller: Caller, *, name: str, document: dict[str, Any], kind: str = ""
) -> Record:
    """Return a new row; `kind` tells resources apart that share a table."""
    record = lifecycle.build_record(
        id,
        caller.scope,
        caller.client,
        Content(document=document),
        spec_id=kind,
        state=CURRENT,
    )
    return attrs.evolve(record, name=column_of(name))


def revise_record(
    record: Record, caller: Caller, *, name: str, document: dict[str, Any]
) -> Record:
    """Return the row after a change."""
    after = lifecycle.revise_record(record, caller.client, Content(document=document))
    return attrs.evolve(after, name=column_of(name))
