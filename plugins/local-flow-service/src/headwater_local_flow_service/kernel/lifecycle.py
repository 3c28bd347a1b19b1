"""The life of a row: what is written on each beside its document when it is made, and when it changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.errors import not_found
from headwater_local_flow_service.kernel.clock import now
from headwater_local_flow_service.store import etags, marks
from headwater_local_flow_service.store.store import Record
from headwater_local_flow_service.store.tables import INDEXED_NAME

if TYPE_CHECKING:
    from sqlalchemy import Table

    from headwater_local_flow_service.kernel.kind import Content, ResourceKind
    from headwater_local_flow_service.store.store import Rows, Scope

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_id(text: str) -> bool:
    """Say whether a string has the form of an id."""
    return _ID.fullmatch(text) is not None


def column_name(document: dict[str, Any]) -> str:
    """Return the beginning of a document's name, as the column holds it."""
    return str(document.get("name", ""))[:INDEXED_NAME]


def build_record(
    id: str,
    scope: Scope,
    client: str,
    content: Content,
    *,
    spec_id: str = "",
    state: str = "",
) -> Record:
    """Return a new row of the caller `client`, to be added to a table."""
    moment = now()
    return Record(
        id=id,
        scope=scope,
        name=column_name(content.document),
        spec_id=spec_id,
        state=state,
        etag=etags.first(moment),
        created_at=moment,
        updated_at=moment,
        created_by=client,
        updated_by=client,
        document=content.document,
        secrets=content.secrets,
        marks=content.marks,
    )


def revise_record(record: Record, client: str, content: Content) -> Record:
    """Return the row after the caller `client` has changed its content: with the next etag, in the same state.

    Its marks are only added to: what has once been secret in a row stays secret there.
    """
    moment = now()
    return attrs.evolve(
        record,
        name=column_name(content.document),
        etag=etags.advance(record.etag, moment),
        updated_at=moment,
        updated_by=client,
        document=content.document,
        secrets=content.secrets,
        marks=marks.join(record.marks, content.marks),
    )


def find_record(rows: Rows, table: Table, scope: Scope, id: str) -> Record | None:
    """Return the row of an id, or None where this organization and sandbox have none."""
    if not is_id(id):
        return None
    return rows.get(table, scope, id)


def read_record(kind: ResourceKind, scope: Scope, id: str) -> Record:
    """Return the row of an id, read in a transaction of its own. Raises `FlowError` where there is none."""
    record = None
    if is_id(id):
        record = kind.context.store.get(kind.view.table, scope, id)
    if record is None:
        raise not_found(id, kind.type)
    return record


def require_record(kind: ResourceKind, rows: Rows, scope: Scope, id: str) -> Record:
    """Return the row of an id as it is inside a transaction. Raises `FlowError` where there is none."""
    record = find_record(rows, kind.view.table, scope, id)
    if record is None:
        raise not_found(id, kind.type)
    return record
