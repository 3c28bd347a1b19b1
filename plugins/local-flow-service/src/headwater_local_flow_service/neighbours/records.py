"""Rows of the neighbours' collections: how they come into being and how they change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.kernel.clock import now
from headwater_local_flow_service.store import etags
from headwater_local_flow_service.store.store import Record
from headwater_local_flow_service.store.tables import INDEXED_NAME

if TYPE_CHECKING:
    from headwater_local_flow_service.gateway.gateway import Caller

CURRENT = "current"
OLDER = "older"


def column_of(name: str) -> str:
    """Return the beginning of a name, as its column holds it."""
    return name[:INDEXED_NAME]


def born(
    id: str, caller: Caller, *, name: str, document: dict[str, Any], kind: str = ""
) -> Record:
    """Return a new row; `kind` tells resources apart that share a table."""
    moment = now()
    return Record(
        id=id,
        scope=caller.scope,
        name=column_of(name),
        spec_id=kind,
        state=CURRENT,
        etag=etags.first(moment),
        created_at=moment,
        updated_at=moment,
        created_by=caller.client,
        updated_by=caller.client,
        document=document,
    )


def following(
    record: Record, caller: Caller, *, name: str, document: dict[str, Any]
) -> Record:
    """Return the row after a change."""
    moment = now()
    return attrs.evolve(
        record,
        name=column_of(name),
        etag=etags.following(record.etag, moment),
        updated_at=moment,
        updated_by=caller.client,
        document=document,
    )
