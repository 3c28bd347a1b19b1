"""A bucket of S3, or a container of Azure Blob Storage, as a place for files; through obstore."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

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

    from obstore import ObjectMeta
    from obstore.store import ObjectStore


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
            yield cast("BinaryIO", writer)

    def open(self, key: str) -> BinaryIO:
        """Open a file. Raises `FileNotFoundError`. See `FileStore`."""
        check_key(key)
        with _translated():
            return cast("BinaryIO", obstore.open_reader(self.bucket, key))

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
                files=tuple(sorted(map(_info, found["objects"]), key=_key_of)),
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


def _below(folder: str) -> str | None:
    """Return the prefix of everything below a folder."""
    if not folder:
        return None
    check_key(folder)
    return f"{folder}/"


def _key_of(info: FileInfo) -> str:
    return info.key


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
