"""``headwater local export``: everything a store holds but its secrets, as it was at one moment."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from headwater_local_flow_service.archive import archive
from headwater_local_flow_service.settings import DISTRIBUTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater_local_flow_service.store.store import Store


def lines(store: Store) -> Iterator[bytes]:
    """Yield the lines of an export. All of it is read in one transaction: others may write meanwhile."""
    count = 0
    yield archive.dumped(
        archive.head(
            version(DISTRIBUTION), datetime.now(UTC).isoformat(timespec="seconds")
        )
    )
    with store.snapshot() as rows:
        for table in archive.COLLECTIONS.values():
            for record, refers_to in rows.walk(table):
                yield archive.dumped(
                    archive.line_of(archive.entry_of(table, record, refers_to))
                )
                count += 1
    yield archive.dumped(archive.end(count))
