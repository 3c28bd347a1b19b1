"""Garbage among the files: what no row names, since a process was killed between a file and its row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from headwater_local_flow_service.files.file_store import FilesUnavailable
from headwater_local_flow_service.kernel.clock import now
from headwater_local_flow_service.lake import batch_states as states
from headwater_local_flow_service.lake.batches import TABLE
from headwater_local_flow_service.lake.place import FOLDER
from headwater_local_flow_service.store import batch_files

if TYPE_CHECKING:
    from headwater_local_flow_service.files.file_store import FileStore
    from headwater_local_flow_service.store.store import Store

# A file is written before its row, and an upload may take a while in between.
OLD_SECONDS: Final = 3600


def sweep(store: Store, files: FileStore, *, older_than: float = OLD_SECONDS) -> int:
    """Remove files of batches that no row names and that are older than so many seconds; return how many.

    Batches that are being promoted are left alone: their rows come last. Raises `FilesUnavailable`, `StoreUnavailable`.
    """
    count = 0
    for sandbox in files.read_folder(FOLDER).folders:
        for folder in files.read_folder(sandbox).folders:
            count += _sweep_batch(store, files, folder, older_than)
    return count


def _sweep_batch(store: Store, files: FileStore, folder: str, older_than: float) -> int:
    id = folder.rpartition("/")[2]
    with store.reading() as rows:
        # The id of a batch belongs to one organization and sandbox only.
        found = rows.find_all(TABLE, [id])
        known = batch_files.known_keys(rows, id)
    if found and found[0].state in states.WAITING:
        return 0
    before = now() - int(older_than * 1000)
    count = 0
    for info in [*files.walk(folder)]:
        if info.key not in known and info.modified < before:
            files.remove(info.key)
            count += 1
    return count


def remove_folder(files: FileStore, folder: str) -> None:
    """Remove what an attempt has made that did not win; what cannot be removed now, a sweep finds."""
    try:
        for info in [*files.walk(folder)]:
            files.remove(info.key)
    except FilesUnavailable:
        return
