"""Where the files of data sets lie, and where those are spooled that still come in."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from headwater.foreign import raise_bare
from headwater_local_flow_service.files.file_store import FilesUnavailable
from headwater_local_flow_service.files.opening import is_bucket, open_files
from headwater_local_flow_service.store import database, placing

if TYPE_CHECKING:
    from headwater_local_flow_service.files.file_store import FileStore
    from headwater_local_flow_service.settings import Settings

FOLDER: Final = "batches"  # of the place for files: everything of a batch lies in it
_INCOMING: Final = ".incoming"


def location_of(settings: Settings) -> str | None:
    """Return where the files of data sets lie: a path or the URL of a bucket; None where nothing says it.

    By default that is a folder beside a store that is a file. A store on a server is shared by several machines, and
    has no place beside it.
    """
    if settings.lake is not None:
        if is_bucket(settings.lake):
            return settings.lake
        return str(Path(settings.lake).expanduser().absolute())
    url = database.url_of(settings.store)
    return f"{url.database}-lake" if database.is_file(url) else None


def open_lake_files(settings: Settings, store: str) -> FileStore | None:
    """Return the place for the files of a store, by its id, or None where there is none. Raises `InvalidInput`.

    Each store has a folder of its own there: to a store, the files of another would be garbage.
    """
    location = location_of(settings)
    if location is None:
        return None
    return open_files(f"{location.rstrip('/')}/{store}", settings.lake_options)


def incoming_folder(settings: Settings) -> Path:
    """Return the folder of this machine that uploads are spooled in; beside the files, they need no copying."""
    location = location_of(settings)
    if location is not None and not is_bucket(location):
        return Path(location) / _INCOMING
    url = database.url_of(settings.store)
    if database.is_file(url):
        return Path(f"{url.database}{_INCOMING}")
    return Path(tempfile.gettempdir()) / f"headwater-{os.geteuid()}{_INCOMING}"


def make_incoming_folder(folder: Path) -> None:
    """Make the folder for uploads, for its owner only. Raises `FilesUnavailable`, also where it is another user's."""
    try:
        placing.make_folder(folder)
        status = folder.lstat()
    except OSError as error:
        raise_bare(
            FilesUnavailable(
                f"the folder for uploads cannot be made ({error.strerror})",
                remedy="see that the disk has room and the folder belongs to the service",
            )
        )
    if status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise FilesUnavailable(
            "the folder for uploads is open to other users",
            remedy="make its mode 0700, and the service its owner",
        )
