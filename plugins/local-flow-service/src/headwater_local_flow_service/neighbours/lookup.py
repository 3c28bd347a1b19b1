"""What the other rooms ask about schemas, data sets and mapping sets: read in their transaction, or not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.neighbours.composition import SCHEMAS
from headwater_local_flow_service.neighbours.ids import schema_id
from headwater_local_flow_service.store import tables
from headwater_local_flow_service.texts import storable

if TYPE_CHECKING:
    from sqlalchemy import Table

    from headwater_local_flow_service.store.store import Record, Rows, Scope


def data_set(rows: Rows, scope: Scope, id: str) -> dict[str, Any] | None:
    """Return a data set with its `schemaRef`, or None where the organization and sandbox have none of this id."""
    return _document(_stored(rows, tables.data_sets, scope, id))


def mapping_set(
    rows: Rows, scope: Scope, id: str, version: int | None = None
) -> dict[str, Any] | None:
    """Return the newest version of a mapping set, or the one asked for, or None.

    `version` is an integer; `xdmSchema` and `outputSchema` are both filled, whichever the caller sent.
    """
    if "@" in id:  # how older versions are kept
        return None
    newest = _document(_stored(rows, tables.mapping_sets, scope, id))
    if newest is None or version in (None, newest["version"]):
        return newest
    return _document(_stored(rows, tables.mapping_sets, scope, f"{id}@{version}"))


def schema(rows: Rows, scope: Scope, id: str) -> dict[str, Any] | None:
    """Return a schema by its `$id` or its `meta:altId`, or None."""
    record = _stored(rows, tables.schemas, scope, schema_id(id))
    return (
        _document(record) if record is not None and record.spec_id == SCHEMAS else None
    )


def _stored(rows: Rows, table: Table, scope: Scope, id: str) -> Record | None:
    return rows.get(table, scope, id) if storable(id) else None


def _document(record: Record | None) -> dict[str, Any] | None:
    return None if record is None else record.document
