"""``headwater local reset`` and ``local info``: emptying a store, and saying what is in it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import attrs
from sqlalchemy.exc import DBAPIError

from headwater_local_flow_service.archive import archive
from headwater_local_flow_service.lake import place
from headwater_local_flow_service.store import batch_files, tables

if TYPE_CHECKING:
    from headwater_local_flow_service.settings import Settings
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


def remove_files(store: str, settings: Settings) -> int:
    """Remove the files of all batches of a store, whose rows are gone; return how many. Raises `FilesUnavailable`.

    `store` is the id of the store; files of others in the same place stay.
    """
    files = place.open_lake_files(settings, store)
    if files is None:
        return 0
    count = 0
    for info in [*files.walk(place.FOLDER)]:
        files.remove(info.key)
        count += 1
    return count


@attrs.frozen(kw_only=True)
class LakeFacts:
    """Where data sets lie, None where nothing says it, and how much is in them."""

    location: str | None
    batches: int
    files: int
    bytes: int


def read_lake(store: Store, settings: Settings) -> LakeFacts:
    """Return where the files of data sets lie, and how many batches, files and bytes there are."""
    with store.snapshot() as rows:
        number, size = batch_files.whole_size(rows)
        return LakeFacts(
            location=place.location_of(settings),
            batches=rows.total(tables.batches),
            files=number,
            bytes=size,
        )


def counts(store: Store) -> dict[str, int]:
    """Return how many objects of each collection a store holds, of all organizations."""
    with store.snapshot() as rows:
        return {type: rows.total(table) for type, table in archive.COLLECTIONS.items()}
