"""Specifications that callers have stored: the organization's own, in all of its sandboxes, and nobody else's."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel.audit import audit_block
from headwater_local_flow_service.kernel.lifecycle import is_id
from headwater_local_flow_service.store import tables
from headwater_local_flow_service.store.store import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

    from headwater_local_flow_service.kernel.catalog import Catalog
    from headwater_local_flow_service.store.store import Record, Rows

LARGEST_STORED: Final = (
    8_388_608  # characters of one organization's specifications of one sort
)

# What the rows of specifications hold in the place of a sandbox's name.
ANY_SANDBOX = ""


def scope_of(scope: Scope) -> Scope:
    """Return whose specifications a caller of this scope sees."""
    return Scope(org=scope.org, sandbox=ANY_SANDBOX)


def render(record: Record) -> dict[str, Any]:
    """Return a specification as it is read: without a sandbox, for it holds in all of them."""
    audit = {
        name: fact
        for name, fact in audit_block(record).items()
        if not name.startswith("sandbox")
    }
    return {**audit, **record.document}


@contextmanager
def bounded(rows: Rows, table: Table, scope: Scope) -> Iterator[None]:
    """Refuse what is written in the block where it makes an organization's specifications too large.

    They are listed all at once, so how much there is of them is how large that answer gets. Raises `FlowError`.
    """
    before = rows.size(table, scope_of(scope))
    yield
    after = rows.size(table, scope_of(scope))
    if after > max(LARGEST_STORED, before):
        raise FlowError(
            "CONNECTOR-1312-400",
            f"the organization's specifications would be larger than {LARGEST_STORED} characters together",
        )


def list_stored(rows: Rows, table: Table, scope: Scope) -> Iterator[dict[str, Any]]:
    """Yield an organization's specifications as they are read, oldest first; few are in memory at once."""
    for record, _size in rows.stream(table, scope_of(scope), order=[table.c.seq]):
        yield render(record)


def find_record(rows: Rows, table: Table, scope: Scope, id: str) -> Record | None:
    """Return the row of an organization's specification, or None."""
    return rows.get(table, scope_of(scope), id) if is_id(id) else None


def find_stored(
    rows: Rows, table: Table, scope: Scope, id: str
) -> dict[str, Any] | None:
    """Return an organization's specification as it is read, or None."""
    record = find_record(rows, table, scope, id)
    return None if record is None else render(record)


def find_connection_spec(
    rows: Rows, catalog: Catalog, scope: Scope, id: str
) -> dict[str, Any] | None:
    """Return a connection specification: of a connector, fixed, or stored by the organization; or None."""
    built_in = catalog.specs.get(id)
    return built_in or find_stored(rows, tables.connection_specs, scope, id)
