"""Rows of the neighbours' collections: how they come into being and how they change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.kernel import lifecycle
from headwater_local_flow_service.kernel.kind import Content
from headwater_local_flow_service.store.tables import INDEXED_NAME

if TYPE_CHECKING:
    from headwater_local_flow_service.gateway.gateway import Caller
    from headwater_local_flow_service.store.store import Record

CURRENT = "current"
OLDER = "older"


def column_of(name: str) -> str:
    """Return the beginning of a name, as its column holds it."""
    return name[:INDEXED_NAME]


def born(
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


def following(
    record: Record, caller: Caller, *, name: str, document: dict[str, Any]
) -> Record:
    """Return the row after a change."""
    after = lifecycle.revise_record(record, caller.client, Content(document=document))
    return attrs.evolve(after, name=column_of(name))
