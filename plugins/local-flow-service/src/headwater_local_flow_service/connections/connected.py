"""What source and target connections share: their base connection, and the dataflows that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import bodies, transitions
from headwater_local_flow_service.kernel.kind import DISABLED, DRAFT
from headwater_local_flow_service.kernel.lifecycle import is_id
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from headwater_local_flow_service.store.store import Record, Rows

BASE: Final = "baseConnectionId"
INHERITED: Final = "inheritedAttributes"


def drop_inherited(document: dict[str, Any]) -> dict[str, Any]:
    """Return a stored document without what was derived from the base connection."""
    return bodies.drop_fields(document, (INHERITED,))


def refers_to(document: dict[str, Any]) -> tuple[str, ...]:
    """Return the id of the base connection, if any."""
    if BASE not in document:
        return ()
    return (document[BASE],)


def inherit(rows: Rows, record: Record) -> Record:
    """Check the base connection a row names, and derive ``inheritedAttributes`` from it. Raises `FlowError`."""
    document = drop_inherited(record.document)
    if BASE in document:
        base = _require_base(rows, record)
        inherited = {"id": base.id, "connectionSpec": base.document["connectionSpec"]}
        document[INHERITED] = {"baseConnection": inherited}
    return attrs.evolve(record, document=document)


def check_base_published(rows: Rows, record: Record, type: str) -> None:
    """Refuse to publish above a base connection that is a draft, or gone. Raises `FlowError`."""
    if BASE not in record.document:
        return
    base = _find_base(rows, record)
    if base is None:
        text = "the base connection is gone"
    elif base.state == DRAFT:
        text = "the base connection is a draft: publish it first"
    else:
        return
    raise FlowError("FLOW-1422-400", text, id=record.id, type=type)


def check_unused(rows: Rows, record: Record, type: str) -> None:
    """Refuse to delete what an active dataflow uses. Raises `FlowError`."""
    active = tables.flows.c.state.not_in((DISABLED, DRAFT))
    if rows.is_referred(tables.flows, record.scope, record.id, active):
        text = "active dataflows use this: disable or delete them first"
        raise FlowError("FLOW-1447-400", text, id=record.id, type=type)


def base_is_gone(rows: Rows, record: Record) -> bool:
    """Say whether a row names a base connection that is not there any more."""
    return BASE in record.document and _find_base(rows, record) is None


def _require_base(rows: Rows, record: Record) -> Record:
    """Return the base connection that a row names; only a draft may name a draft. Raises `FlowError`."""
    base = _find_base(rows, record)
    if base is None:
        raise FlowError(
            "CONNECTOR-1312-400", f"{BASE} does not name a connection of this sandbox"
        )
    if base.spec_id != record.spec_id:
        raise FlowError(
            "FLOW-1413-400", "connectionSpec.id is not that of the base connection"
        )
    if base.state == DRAFT and record.state != DRAFT:
        raise FlowError("CONNECTOR-1312-400", f"{BASE} names a draft: publish it first")
    return base


def _find_base(rows: Rows, record: Record) -> Record | None:
    id = record.document[BASE]
    if not is_id(id):
        return None
    base = rows.get(tables.connections, record.scope, id)
    if base is None or transitions.is_being_deleted(base):
        return None
    return base
