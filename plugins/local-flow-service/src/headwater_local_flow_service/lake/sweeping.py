"""Garbage among the files: what no row names, since a process was killed between a file and its row."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from headwater_local_flow_service.files.file_store import FilesUnavailable
from headwater_local_flow_service.kernel.clock import now
from headwater_local_flow_service.lake import batch_states as states
from headwater_local_flow_service.lake.batches import TABLE
from headwater_local_flow_service.lake.place import FOLDER
from headwater_local_flow_service.store import batch_files

if TYPE_CHECKING:
    from headwater_local_flow_service.files.file_store import FileInfo, FileStore
    from headwater_local_flow_service.store.store import Store

# A file is written before its row, and an upload may take a while in between.
OLD_SECONDS: Final = 3600


def sweep(store: Store, files: FileStore, *, older_than: float = OLD_SECONDS) -> int:
    """Remove files of batches that no row names and that are older than so many seconds; return how many.

    Batches that are being promoted are left alone: their rows come last. Raises `FilesUnavailable`, `StoreUnavailable`.
    """
    before = now() - int(older_than * 1000)
    count = 0
    # One listing of everything: a bucket is asked once for a thousand files, however many batches those are of.
    for batch, infos in itertools.groupby(files.walk(FOLDER), key=_batch_of):
        old = [info.key for info in infos if info.modified < before]
        for key in _find_garbage(store, batch, old):
            files.remove(key)
            count += 1
    return count


def _batch_of(info: FileInfo) -> str:
    """Return the batch that a file belongs to, by its key."""
    return info.key.split("/")[2]


def _find_garbage(store: Store, batch: str, keys: list[str]) -> list[str]:
    """Return those keys that no row of a batch names; none while it is being promoted."""
    if not keys:
        return []
    with store.reading() as rows:
        # The id of a batch belongs to one organization and sandbox only.
        found = rows.find_all(TABLE, [batch])
        known = batch_files.known_keys(rows, batch)
    if found and found[0].state in states.WAITING:
        return []
    return [key for key in keys if key not in known]


def remove_folder(files: FileStore, folder: str) -> None:
    """Remove what an attempt has made that did not win; what cannot be removed now, a sweep finds."""
    try:
        for info in [*files.walk(folder)]:
            files.remove(info.key)
    except FilesUnavailable:
        return
