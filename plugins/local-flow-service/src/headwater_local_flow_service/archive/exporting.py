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
    now = datetime.now(UTC).isoformat(timespec="seconds")
    yield archive.dump_line(archive.head(version(DISTRIBUTION), now))
    count = 0
    with store.snapshot() as rows:
        for table in archive.COLLECTIONS.values():
            for record, refers_to in rows.walk(table):
                entry = archive.entry_of(table, record, refers_to)
                yield archive.dump_line(archive.line_of(entry))
                count += 1
    yield archive.dump_line(archive.end(count))
