"""Whether the store under a name is still the one that was opened.

An open file outlives its name. Whoever moves or removes a store under a running service would let it write into
nothing, so the files are looked at before and after every transaction: three calls of `stat`, some microseconds. A
store that is overwritten in place keeps its files; the id inside is read anew once a second.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater.foreign import raise_bare
from headwater_local_flow_service.store import database
from headwater_local_flow_service.store.storeerrors import StoreBusy, StoreGone

if TYPE_CHECKING:
    from sqlalchemy import URL

_READ_ID: Final = "SELECT value FROM headwater_store WHERE name = 'id'"
_RECOGNIZED_EVERY: Final = 1.0  # seconds
_PATIENCE: Final = 1.0  # seconds the log's last writer is waited for
# What SQLite says of the moment, and not of what is stored.
_PASSING: Final = (
    "SQLITE_BUSY",
    "SQLITE_CANTOPEN",
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_LOCKED",
    "SQLITE_NOMEM",
)
_SMALLEST: Final = 512  # bytes; no SQLite database is smaller, and opening an empty one throws its log away
_RESTART: Final = "stop the service, put the store right, and start it again"


def watch(url: URL, id: str) -> FileWatch | ServerWatch:
    """Watch an open store. Raises `StoreError` where its file was taken away meanwhile."""
    if not database.is_file(url):
        return ServerWatch(id)
    try:
        return FileWatch(str(url.database), id)
    except (OSError, sqlite3.Error):
        raise_bare(
            StoreBusy(
                f"the store {url.database} was moved while it was opened",
                remedy="put it back, then run again",
            )
        )


class ServerWatch:
    """A store on a server, which says by itself that a table is gone; its id is read with every new connection."""

    def __init__(self, id: str) -> None:
        self._id = id

    def check(self) -> None:
        """Do nothing: a connection to a server leads to the server's own database."""

    def compare(self, found: str | None) -> None:
        """Compare an id that was read with that of the store. Raises `StoreGone`."""
        _compare(found, self._id, "the database of the store")

    def greet(self, connection: Any) -> None:
        """Look at a new connection of the driver. Raises `StoreGone`."""
        with connection.cursor() as cursor:
            cursor.execute(_READ_ID)
            row = cursor.fetchone()
        connection.rollback()
        self.compare(_first(row))

    def close(self) -> None:
        """Do nothing."""


@attrs.define
class _File:
    """A file as it was when the store was opened; `size` is the largest it has been seen with."""

    path: str
    device: int
    inode: int
    size: int


class FileWatch:
    """The files of an open SQLite store: the database, its write-ahead log and the log's index.

    A connection of its own keeps log and index in being: SQLite removes them with the last connection, and would make
    others later. Raises `StoreGone` from every method.
    """

    def __init__(self, path: str, id: str) -> None:
        self._path = path
        self._id = id
        self._looking = threading.Lock()
        self._damage = ""
        self._recognized = time.monotonic()
        self._is_log_saved = False
        self._anchor = self._open()
        self._files = [_look_at(path)]
        for end in ("-wal", "-shm"):
            # A file system without shared memory has neither.
            with contextlib.suppress(FileNotFoundError):
                self._files.append(_look_at(path + end))

    def check(self) -> None:
        """See that the names of the store still lead to its files, and that these have not lost anything."""
        if self._damage:
            raise StoreGone(self._damage)
        for file in self._files:
            try:
                now = os.stat(file.path)  # noqa: PTH116 - pathlib takes three times as long
            except OSError:
                self._raise_missing(file)
            if now.st_ino != file.inode or now.st_dev != file.device:
                raise StoreGone(
                    f"{file.path} is not the file that was opened: {_RESTART}"
                )
            if now.st_size < file.size:
                self._look_into(file, now.st_size)
            elif now.st_size > file.size:
                file.size = now.st_size
        if time.monotonic() - self._recognized > _RECOGNIZED_EVERY:
            self._recognize()

    def compare(self, found: str | None) -> None:
        """Compare an id that was read with that of the store; from a wrong one there is no way back."""
        try:
            _compare(found, self._id, self._path)
        except StoreGone as error:
            self._damage = str(error)
            raise

    def greet(self, _connection: Any) -> None:
        """Look at the files again now that one more connection is open: it could have opened others."""
        for file in self._files:
            self._raise_unless_same(file)

    def close(self) -> None:
        """Let go of the files."""
        self._anchor.close()

    def _open(self) -> sqlite3.Connection:
        anchor = _connect(self._path)
        try:
            anchor.execute(f"PRAGMA busy_timeout = {int(_PATIENCE * 1000)}")
            anchor.execute(_READ_ID).fetchall()
        except BaseException:
            anchor.close()
            raise
        return anchor

    def _recognize(self) -> None:
        """Read the id with a connection that has nothing in memory: an overwritten file is another store."""
        self._recognized = time.monotonic()
        try:
            with contextlib.closing(_connect(self._path)) as connection:
                row = connection.execute(_READ_ID).fetchone()
        except sqlite3.Error as error:
            if error.sqlite_errorname.startswith(_PASSING):
                return
            self._damage = f"{self._path} was overwritten or damaged: {_RESTART}"
            raise_bare(StoreGone(self._damage))
        self.compare(_first(row))

    def _raise_unless_same(self, file: _File) -> None:
        try:
            now = _look_at(file.path)
        except OSError:
            self._raise_missing(file)
        if (now.device, now.inode) != (file.device, file.inode):
            raise StoreGone(f"{file.path} is not the file that was opened: {_RESTART}")

    def _raise_missing(self, file: _File) -> None:
        database = self._files[0]
        if file is database or not Path(database.path).exists():
            raise_bare(
                StoreGone(
                    f"there is no {database.path} any more: put back the files that were moved, or {_RESTART}"
                )
            )
        saved = "was not complete without it"
        if self._save_log():
            saved = "has all it held"
        raise_bare(
            StoreGone(
                f"{file.path} was removed while the store was in use; the database {saved}: restart the service"
            )
        )

    def _save_log(self) -> bool:
        """Write what the log holds into the database, while its file is still open here; say whether that was done.

        It is done by those only who still have the log open, and nobody writes into it any more: every writer looks at
        the files before it begins. Where others have made a new log already, nothing is touched.
        """
        if self._is_log_saved:
            return True
        with self._looking:
            if any(map(_is_replaced, self._files)):
                return False
            try:
                row = self._anchor.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
            except sqlite3.Error:
                return False
            busy, frames, written = row
            self._is_log_saved = not busy and frames == written
        return self._is_log_saved

    def _look_into(self, file: _File, size: int) -> None:
        """Look into a file that has become smaller: compacted by somebody, or cut off."""
        with self._looking:
            if self._damage or not self._is_whole(size, file):
                self._damage = (
                    f"{file.path} was cut off while the store was in use: {_RESTART}"
                )
                raise StoreGone(self._damage)
            file.size = size

    def _is_whole(self, size: int, file: _File) -> bool:
        if file is self._files[0] and size < _SMALLEST:
            return False
        try:
            with contextlib.closing(_connect(self._path)) as connection:
                found = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.Error:
            return False
        return bool(found == ("ok",))


def _connect(path: str) -> sqlite3.Connection:
    return sqlite3.connect(database.uri_of(path), uri=True, check_same_thread=False)


def _look_at(path: str) -> _File:
    found = Path(path).stat()
    return _File(path, found.st_dev, found.st_ino, found.st_size)


def _is_replaced(file: _File) -> bool:
    try:
        now = _look_at(file.path)
    except OSError:
        return False
    return (now.device, now.inode) != (file.device, file.inode)


def _first(row: Any) -> str | None:
    if row is None:
        return None
    return str(row[0])


def _compare(found: str | None, wanted: str, place: str) -> None:
    if found != wanted:
        raise StoreGone(
            f"{place} holds another store than the one that was opened: {_RESTART}"
        )
