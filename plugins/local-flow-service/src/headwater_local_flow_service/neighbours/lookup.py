"""What the other rooms ask about schemas, data sets and mapping sets: read in their transaction, or not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.neighbours.composition import SCHEMAS
from headwater_local_flow_service.neighbours.ids import schema_id
from headwater_local_flow_service.store import tables
from headwater_local_flow_service.texts import is_storable

if TYPE_CHECKING:
    from sqlalchemy import Table

    from headwater_local_flow_service.store.store import Record, Rows, Scope


def get_record(rows: Rows, table: Table, scope: Scope, id: str) -> Record | None:
    """Return a row of the scope, or None; an id may be anything that stands in a path."""
    return rows.get(table, scope, id) if is_storable(id) else None


def data_set(rows: Rows, scope: Scope, id: str) -> dict[str, Any] | None:
    """Return a data set with its `schemaRef`, or None where the organization and sandbox have none of this id."""
    return _get_document(rows, tables.data_sets, scope, id)


def mapping_set(
    rows: Rows, scope: Scope, id: str, version: int | None = None
) -> dict[str, Any] | None:
    """Return the newest version of a mapping set, or the one asked for, or None.

    `version` is an integer; `xdmSchema` and `outputSchema` are both filled, whichever the caller sent.
    """
    if "@" in id:  # how older versions are kept
        return None
    newest = _get_document(rows, tables.mapping_sets, scope, id)
    if newest is None or version in (None, newest["version"]):
        return newest
    return _get_document(rows, tables.mapping_sets, scope, f"{id}@{version}")


def schema(rows: Rows, scope: Scope, id: str) -> dict[str, Any] | None:
    """Return a schema by its `$id` or its `meta:altId`, or None."""
    record = get_record(rows, tables.schemas, scope, schema_id(id))
    if record is None or record.spec_id != SCHEMAS:
        return None
    return record.document


def _get_document(
    rows: Rows, table: Table, scope: Scope, id: str
) -> dict[str, Any] | None:
    record = get_record(rows, table, scope, id)
    return None if record is None else record.document
