"""A bucket of S3, or a container of Azure Blob Storage, as a place for files; through obstore."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager
from operator import attrgetter
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import attrs
import obstore
from obstore.exceptions import BaseError

from headwater.foreign import raise_bare
from headwater_local_flow_service.files.file_store import (
    FileInfo,
    FilesUnavailable,
    Listing,
    check_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from obstore import ObjectMeta, ReadableFile, WritableFile
    from obstore.store import ObjectStore

_BUFFER: Final = 1 << 20  # bytes that are asked for, or sent, at once


@attrs.frozen
class BucketFiles:
    """A `FileStore` in an object store that obstore speaks to."""

    bucket: ObjectStore = attrs.field(repr=False)

    def add(self, source: Path, key: str) -> None:
        """Send a file, in parts where it is large. See `FileStore`."""
        check_key(key)
        with _translated(), source.open("rb") as file:
            obstore.put(self.bucket, key, file)
        source.unlink()

    @contextmanager
    def writing(self, key: str) -> Iterator[BinaryIO]:
        """Open a new file. See `FileStore`."""
        check_key(key)
        # A writer that is left by an exception gives its upload up.
        with _translated(), obstore.open_writer(self.bucket, key) as writer:
            buffered = io.BufferedWriter(_Written(writer), _BUFFER)
            yield buffered
            buffered.flush()

    def open(self, key: str) -> BinaryIO:
        """Open a file. Raises `FileNotFoundError`. See `FileStore`."""
        check_key(key)
        with _translated():
            return io.BufferedReader(
                _Read(obstore.open_reader(self.bucket, key)), _BUFFER
            )

    def local_path(self, key: str) -> Path | None:  # noqa: ARG002 - nothing lies here
        """Return None. See `FileStore`."""
        return None

    def read_info(self, key: str) -> FileInfo | None:
        """Return what is known of a file, or None. See `FileStore`."""
        check_key(key)
        try:
            with _translated():
                return _info(obstore.head(self.bucket, key))
        except FileNotFoundError:
            return None

    def walk(self, prefix: str = "") -> Iterator[FileInfo]:
        """Yield every file below a folder. See `FileStore`."""
        with _translated():
            for page in obstore.list(self.bucket, _below(prefix)):
                yield from map(_info, page)

    def read_folder(self, folder: str = "") -> Listing:
        """Return what lies right below a folder. See `FileStore`."""
        with _translated():
            found = obstore.list_with_delimiter(self.bucket, _below(folder))
            return Listing(
                files=tuple(
                    sorted(map(_info, found["objects"]), key=attrgetter("key"))
                ),
                folders=tuple(
                    sorted(prefix.rstrip("/") for prefix in found["common_prefixes"])
                ),
            )

    def remove(self, key: str) -> None:
        """Remove a file. See `FileStore`."""
        check_key(key)
        try:
            with _translated():
                obstore.delete(self.bucket, key)
        except FileNotFoundError:
            return


class _Read(io.RawIOBase):
    """An object as a file of Python's own, from which everything reads."""

    def __init__(self, reader: ReadableFile) -> None:
        self._reader = reader

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place in the file, and return it."""
        with _translated():
            return self._reader.seek(offset, whence)

    def tell(self) -> int:
        """Return the place in the file."""
        with _translated():
            return self._reader.tell()

    def readinto(self, buffer: Any) -> int:
        """Put the next bytes into a buffer, and return how many; 0 at the end."""
        with _translated():
            piece = bytes(self._reader.read(len(buffer)))
        buffer[: len(piece)] = piece
        return len(piece)


class _Written(io.RawIOBase):
    """An object that comes into being, as a file of Python's own."""

    def __init__(self, writer: WritableFile) -> None:
        self._writer = writer

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, piece: Any) -> int:
        """Send bytes, and return how many."""
        with _translated():
            return self._writer.write(bytes(piece))


def _below(folder: str) -> str | None:
    """Return the prefix of everything below a folder."""
    if not folder:
        return None
    check_key(folder)
    return f"{folder}/"


def _info(meta: ObjectMeta) -> FileInfo:
    return FileInfo(
        key=meta["path"],
        size=meta["size"],
        modified=int(meta["last_modified"].timestamp() * 1000),
    )


@contextmanager
def _translated() -> Iterator[None]:
    """Raise `FilesUnavailable` for what the object store says: its own texts repeat addresses, and may hold keys."""
    try:
        yield
    except FileNotFoundError:
        raise_bare(FileNotFoundError("there is no such file"))
    except (BaseError, OSError) as error:
        raise_bare(
            FilesUnavailable(
                f"the object store for files cannot be used ({_kind_of(error)})",
                remedy="check its address, its credentials and that it runs",
            )
        )


def _kind_of(error: Any) -> str:
    return type(error).__name__.removesuffix("Error")
