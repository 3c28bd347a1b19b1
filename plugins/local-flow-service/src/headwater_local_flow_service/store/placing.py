"""Where store and key lie: made for their owner only, checked whenever they are opened, on disk with their names."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from headwater import documents
from headwater.foreign import raise_bare
from headwater_local_flow_service.store.storeerrors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import URL

log = logging.getLogger("headwater.local")

_PRIVATE = 0o600
_OTHERS = 0o077  # every right of group and others
# Container platforms hand a key over as a file of root's that the group of the service reads.
_MORE_THAN_READ_BY_GROUP = 0o037
_ROOT = 0


def path_of(url: URL) -> Path:
    """Return the path of a store that is a file."""
    return Path(str(url.database))


def make_file(url: URL) -> None:
    """Make the folder (0700) and the database file (0600) where they are missing. Raises `StoreError`."""
    path = path_of(url)
    try:
        make_folder(path.parent)
        _make_empty(path)
    except OSError as error:
        raise_bare(
            StoreError(
                f"the store {path} cannot be opened ({documents.describe(error)})",
                remedy="name a writable path with HEADWATER_LOCAL_STORE or --store",
            )
        )


def _make_empty(path: Path) -> None:
    # A file that is there is never opened here: closing it would let go of the locks that SQLite holds in this process.
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
    try:
        os.close(os.open(path, flags, _PRIVATE))
    except FileExistsError:
        if not path.is_file():
            raise
        return
    documents.sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it where they are missing, for the owner only. Raises `OSError`."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    documents.sync_folder(folder.parent)


def check_private(path: Path, what: str) -> None:
    """See that nobody but its owner reads or writes a file, where there is one. Raises `StoreError`.

    Rights of others on a file of our own are taken back, and the operator's log says so: they come from a copy or a
    restored backup made without care. A file of somebody else's is refused, but for one of root's that at most the
    group reads. A folder in which anybody may replace the file is refused as well.
    """
    try:
        found = path.stat()
        folder = path.parent.stat()
    except OSError:
        return  # who opens the file says what is wrong
    name = f"the {what} {path}"
    _check_folder(folder, path.parent, name)
    if os.geteuid() not in (_ROOT, found.st_uid):
        _check_foreign(found, name)
    elif found.st_mode & _OTHERS:
        _make_private(path, name)


def _check_folder(found: os.stat_result, folder: Path, name: str) -> None:
    is_open = found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX
    if is_open:
        raise StoreError(
            f"{name} lies in a folder that everybody may write to",
            remedy=f"take that right away: chmod o-w {folder}",
        )


def _check_foreign(found: os.stat_result, name: str) -> None:
    if found.st_uid != _ROOT:
        raise StoreError(
            f"{name} belongs to another user",
            remedy="run as its owner, or give it to this user with chown",
        )
    if found.st_mode & _MORE_THAN_READ_BY_GROUP:
        raise StoreError(
            f"{name} can be read or written by others",
            remedy="make its mode 0440 or less",
        )


def _make_private(path: Path, name: str) -> None:
    try:
        path.chmod(_PRIVATE)
    except OSError as error:
        raise_bare(
            StoreError(
                f"{name} can be read or written by others, and that cannot be changed ({documents.describe(error)})",
                remedy="make its mode 0600",
            )
        )
    log.warning("%s could be read or written by others; its mode is 0600 now", name)
