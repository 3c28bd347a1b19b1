"""What lies in a folder, as ``/explore`` lists it."""

from __future__ import annotations

import heapq
from operator import itemgetter
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_ENTRIES: Final = 10_000  # of one listing


class Info(Protocol):
    """One file as its place knows it; `modified` is in milliseconds since 1970."""

    @property
    def key(self) -> str:
        """Its path in the place."""
        ...

    @property
    def size(self) -> int:
        """Its size in bytes."""
        ...

    @property
    def modified(self) -> int:
        """When it was last written."""
        ...


class Held(Protocol):
    """What lies right below a folder."""

    @property
    def files(self) -> Sequence[Info]:
        """Its files."""
        ...

    @property
    def folders(self) -> Sequence[str]:
        """The keys of its folders, without a slash at their ends."""
        ...


class Place(Protocol):
    """Where files lie: a folder, a bucket, a container. Keys are relative paths with slashes between."""

    def read_folder(self, folder: str = "") -> Held:
        """Return what lies right below a folder; nothing where it is not there."""
        ...

    def read_info(self, key: str) -> Info | None:
        """Return what is known of a file, or None where there is none."""
        ...

    def open(self, key: str) -> BinaryIO:
        """Open a file for reading, from any position. Raises `FileNotFoundError`."""
        ...


@attrs.frozen(kw_only=True)
class Entry:
    """A file or a folder; `size` in bytes and `modified` in milliseconds since 1970 are a file's."""

    key: str
    is_folder: bool
    size: int = 0
    modified: int = 0

    def as_item(self, above: str = "") -> dict[str, Any]:
        """Return the entry as ``/explore`` lists it; `above` is what its path begins with, a container say."""
        name = self.key.rpartition("/")[2]
        path = f"{above}{self.key}"
        if self.is_folder:
            path = f"{path}/"
        return {
            "type": "folder" if self.is_folder else "file",
            "name": name,
            "path": path,
            "canPreview": not self.is_folder,
            "canFetchSchema": not self.is_folder,
        }


@attrs.frozen
class Entries:
    """The first entries of a folder by name, and how many more there are."""

    entries: tuple[Entry, ...]
    left_out: int


def read_folder(place: Place, folder: str = "", most: int = MOST_ENTRIES) -> Entries:
    """Return what lies right below a folder, by name; `most` bounds it. Raises what the place raises."""
    held = place.read_folder(folder)
    found: list[tuple[str, Info | None]] = [(key, None) for key in held.folders]
    found += [(info.key, info) for info in held.files]
    # There may be many more than are listed.
    first = heapq.nsmallest(most, found, key=itemgetter(0))
    return Entries(tuple(map(_entry, first)), len(found) - len(first))


def _entry(found: tuple[str, Info | None]) -> Entry:
    key, info = found
    if info is None:
        return Entry(key=key, is_folder=True)
    return Entry(key=key, is_folder=False, size=info.size, modified=info.modified)
