"""Reading no more of a file than was agreed, whatever asks for it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from headwater_files.properties import UnreadableFile

if TYPE_CHECKING:
    from typing import BinaryIO


class BoundedReads(io.RawIOBase):
    """A file of which at most `most` bytes are read in all, counting again what is read twice.

    Archives and compressed files can announce headers of any length, or consist of nothing that expands to anything;
    whoever reads on and on so, gets an `UnreadableFile`. The file itself is left open.
    """

    def __init__(self, file: BinaryIO, most: int) -> None:
        super().__init__()
        self._file = file
        self._left = most

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True: files of every place can be read from any position."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position, which costs nothing."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes, or fewer at the end. Raises `UnreadableFile` where that is more than is left."""
        if size < 0:
            size = self._left + 1
        piece = bytes(self._file.read(min(size, self._left + 1)))
        self._left -= len(piece)
        if self._left < 0:
            raise UnreadableFile(
                "too much of the file would have to be read to see what is in it",
                remedy="check its compression; an archive should hold one file",
            )
        return piece

    def readall(self) -> bytes:
        """Read the rest. Raises as `read` does."""
        return self.read()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read into a buffer. Raises as `read` does."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)
