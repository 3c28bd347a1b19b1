"""What every place for files can do, whatever lies behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs

from headwater.errors import HeadwaterError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import BinaryIO


class FilesUnavailable(HeadwaterError):
    """The place for files cannot be reached, refuses, or is full; the message never holds its address or a secret."""


@attrs.frozen(kw_only=True)
class FileInfo:
    """One file: its key, its size in bytes, and when it was last written, in milliseconds since 1970."""

    key: str
    size: int
    modified: int


@attrs.frozen(kw_only=True)
class Listing:
    """What lies right below a folder: its files, and the keys of its folders, each without a slash at its end."""

    files: tuple[FileInfo, ...]
    folders: tuple[str, ...]


class FileStore(Protocol):
    """Files by key: a relative path with slashes, such as ``batches/01EQ/part-0.parquet``.

    A file appears whole or not at all, and replaces one of the same key. Every method raises `FilesUnavailable` where
    the place cannot be used, and `ValueError` for a key that is no relative path of plain names.
    """

    def add(self, source: Path, key: str) -> None:
        """Move a file of this machine in; afterwards it is gone from where it was. It is durable on return."""
        ...

    def writing(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Open a new file. It appears when the block ends, and not at all where the block raises."""
        ...

    def open(self, key: str) -> BinaryIO:
        """Open a file for reading, from any position. Raises `FileNotFoundError`."""
        ...

    def local_path(self, key: str) -> Path | None:
        """Return where a file lies on this machine, whether it is there or not; None where files lie elsewhere."""
        ...

    def read_info(self, key: str) -> FileInfo | None:
        """Return what is known of a file, or None where there is none."""
        ...

    def walk(self, prefix: str = "") -> Iterator[FileInfo]:
        """Yield every file below a folder, in the order of the keys. Nothing lies below one that is not there."""
        ...

    def read_folder(self, folder: str = "") -> Listing:
        """Return what lies right below a folder, sorted by key; nothing where it is not there."""
        ...

    def remove(self, key: str) -> None:
        """Remove a file; one that is not there is no error."""
        ...


def check_key(key: str) -> None:
    """Raise `ValueError` for a key that is no relative path made of plain names."""
    parts = key.split("/")
    if not all(parts) or any(part in (".", "..") or "\0" in part for part in parts):
        raise ValueError("a key is a relative path of plain names with slashes between")
