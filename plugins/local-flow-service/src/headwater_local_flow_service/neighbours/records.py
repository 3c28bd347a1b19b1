"""Rows of the neighbours' collections: how they come into being and how they change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.kernel import lifecycle
from headwater_local_flow_service.kernel.kind import Content
from headwater_local_flow_service.store.tables import INDEXED_NAME

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Table

    from headwater_local_flow_service.gateway.gateway import Caller
    from headwater_local_flow_service.store.store import Record

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
