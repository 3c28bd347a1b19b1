"""Files that come in, on this machine's disk: whole before anything is done with them, and gone afterwards."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from headwater import documents
from headwater.foreign import raise_bare
from headwater_local_flow_service.files.file_store import FilesUnavailable
from headwater_local_flow_service.lake import place
from headwater_local_flow_service.lake.ids import new_ulid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

_PIECE: Final = 1 << 20  # bytes
# Seconds after which a file that nobody has written to is left over from a process that was killed.
_LEFT_OVER: Final = 900


class TooLarge(Exception):
    """More bytes came than may."""


class Spool:
    """The folder for uploads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._is_ready = False

    @contextmanager
    def open(self) -> Iterator[tuple[Path, BinaryIO]]:
        """Open a new file (0600); gone when the block ends, unless it was moved away. Raises `FilesUnavailable`."""
        self._prepare()
        path = self.folder / new_ulid()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with _translated():
            descriptor = os.open(path, flags, 0o600)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                yield path, file
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    @contextmanager
    def receive(self, stream: BinaryIO, largest: int) -> Iterator[Path]:
        """Write a stream into a file for the time of the block. Raises `TooLarge` and `FilesUnavailable`."""
        with self.open() as (path, file):
            size = 0
            while piece := stream.read(_PIECE):
                size += len(piece)
                if size > largest:
                    raise TooLarge
                write(file, piece)
            yield path

    def _prepare(self) -> None:
        """Make the folder with the first file, and take away what killed processes have left in it."""
        if self._is_ready and self.folder.is_dir():
            return
        place.make_incoming_folder(self.folder)
        self._is_ready = True
        before = time.time() - _LEFT_OVER
        for path in self.folder.iterdir():
            with suppress(OSError):
                if path.stat().st_mtime < before:
                    path.unlink()


def write(file: BinaryIO, piece: bytes) -> None:
    """Write all of a piece into an unbuffered file. Raises `FilesUnavailable` where the disk is full."""
    left = memoryview(piece)
    with _translated():
        while left:
            left = left[file.write(left) :]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise_bare(
            FilesUnavailable(
                f"the folder for uploads cannot be used ({documents.describe(error)})",
                remedy="see that its disk has room and the folder belongs to the service",
            )
        )
