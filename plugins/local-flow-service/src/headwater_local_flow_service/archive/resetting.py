"""``headwater local reset`` and ``local info``: emptying a store, and saying what is in it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from headwater_local_flow_service.archive import archive
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from headwater_local_flow_service.store.store import Store


def run(store: Store) -> dict[str, int]:
    """Delete every object of a store in one transaction; return how many of each collection. Its key stays."""
    with store.writing(alone=True) as rows:
        gone = {type: rows.clear(table) for type, table in archive.COLLECTIONS.items()}
        for table in (*archive.DATA, tables.links):
            rows.clear(table)
    # Somebody may be using it: the objects are gone, the file shrinks another time.
    with contextlib.suppress(DBAPIError):
        store.compact()
    return gone


def counts(store: Store) -> dict[str, int]:
    """Return how many objects of each collection a store holds, of all organizations."""
    with store.snapshot() as rows:
        return {type: rows.total(table) for type, table in archive.COLLECTIONS.items()}
