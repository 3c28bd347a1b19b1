"""A folder of this machine as a place for files."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from headwater import documents
from headwater.foreign import raise_bare
from headwater_local_flow_service.files.file_store import (
    FileInfo,
    FilesUnavailable,
    Listing,
    check_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

_TRIES: Final = (4, 3, 2, 1, 0)  # how often a folder that vanishes is made again
_LONGEST_NAME: Final = 255  # bytes of a name, as file systems have it
_LONGEST_PATH: Final = 4095  # bytes of a path, as the operating system has it
_HIDDEN: Final = "."  # how the names of files begin that are still being written


@attrs.frozen
class FolderFiles:
    """A `FileStore` in a folder, which is made when the first file comes, for its owner only."""

    root: Path

    def add(self, source: Path, key: str) -> None:
        """Move a file in, within one file system without copying it. See `FileStore`."""
        target = self._path(key)
        with _translated():
            with source.open("rb") as file:
                os.fsync(file.fileno())
            os.utime(source)  # it is as young as in a bucket
            if not _move(source, target):
                with source.open("rb") as read, self.writing(key) as written:
                    while piece := read.read(1 << 20):
                        written.write(piece)
                source.unlink()

    @contextmanager
    def writing(self, key: str) -> Iterator[BinaryIO]:
        """Open a new file. See `FileStore`."""
        target = self._path(key)
        with _translated(), ExitStack() as stack:
            yield _open_draft(target, stack)

    def open(self, key: str) -> BinaryIO:
        """Open a file. Raises `FileNotFoundError`. See `FileStore`."""
        path = self._path(key)
        if not _can_be(path):
            raise FileNotFoundError(errno.ENOENT, "no file has such a name")
        with _translated():
            return path.open("rb")

    def local_path(self, key: str) -> Path | None:
        """Return where a file lies. See `FileStore`."""
        return self._path(key)

    def read_info(self, key: str) -> FileInfo | None:
        """Return what is known of a file, or None. See `FileStore`."""
        path = self._path(key)
        with _translated():
            if not _can_be(path) or not path.is_file():
                return None
            return _info(key, path.stat())

    def walk(self, prefix: str = "") -> Iterator[FileInfo]:
        """Yield every file below a folder. See `FileStore`."""
        with _translated():
            listing = self.read_folder(prefix)
        below = {info.key: info for info in listing.files}
        for key in sorted([*below, *listing.folders]):
            if key in below:
                yield below[key]
            else:
                yield from self.walk(key)

    def read_folder(self, folder: str = "") -> Listing:
        """Return what lies right below a folder. See `FileStore`."""
        path = self._path(folder) if folder else self.root
        above = f"{folder}/" if folder else ""
        with _translated():
            if not _can_be(path) or not path.is_dir():
                return Listing(files=(), folders=())
            with os.scandir(path) as found:
                entries = sorted(filter(self._is_inside, found), key=_name_of)
            return Listing(
                files=tuple(_infos(entries, above)),
                folders=tuple(
                    above + entry.name for entry in entries if entry.is_dir()
                ),
            )

    def remove(self, key: str) -> None:
        """Remove a file, and the folders that it leaves empty. See `FileStore`."""
        path = self._path(key)
        with _translated():
            path.unlink(missing_ok=True)
            for folder in path.parents:
                if folder == self.root or not _remove_empty(folder):
                    return

    def _path(self, key: str) -> Path:
        check_key(key)
        path = self.root / key
        # A link in the folder may lead out of it.
        if not self._leads_inside(path):
            raise FilesUnavailable(
                "a link in the folder for files leads out of it",
                remedy="replace the link by what it leads to",
            )
        return path

    def _leads_inside(self, path: Path) -> bool:
        try:
            return path.resolve().is_relative_to(self.root.resolve())
        except RuntimeError:  # links that lead to each other, before Python 3.13
            return False

    def _is_inside(self, entry: os.DirEntry[str]) -> bool:
        """Say whether an entry of a folder is one of its own; a link that leads out is none."""
        return not entry.is_symlink() or self._leads_inside(Path(entry.path))


def _info(key: str, status: os.stat_result) -> FileInfo:
    return FileInfo(
        key=key, size=status.st_size, modified=status.st_mtime_ns // 1_000_000
    )


def _can_be(path: Path) -> bool:
    """Say whether anything can lie there: asked about a longer name, the system answers with an error."""
    return len(os.fsencode(path)) <= _LONGEST_PATH and all(
        len(os.fsencode(name)) <= _LONGEST_NAME for name in path.parts
    )


def _name_of(entry: os.DirEntry[str]) -> str:
    return entry.name


def _infos(entries: Iterable[os.DirEntry[str]], above: str) -> Iterator[FileInfo]:
    """Yield what is known of the files among the entries of a folder: one look at each, since there may be many."""
    for entry in entries:
        if entry.name.startswith(_HIDDEN) or not entry.is_file():
            continue
        try:
            status = entry.stat()
        except FileNotFoundError:  # removed meanwhile
            continue
        yield _info(above + entry.name, status)


def _move(source: Path, target: Path) -> bool:
    """Give a file another name; False where that is on another file system."""
    for tries_left in _TRIES:
        try:
            _make_folders(target.parent)
            source.replace(target)
            documents.sync_folder(target.parent)
        except FileNotFoundError:
            # Somebody has just removed the last file of the folder, and the folder with it.
            if not tries_left or not source.exists():
                raise
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            return False
        else:
            break
    return True


def _open_draft(target: Path, stack: ExitStack) -> BinaryIO:
    for tries_left in _TRIES:
        try:
            _make_folders(target.parent)
            return stack.enter_context(documents.open_draft(target))
        except FileNotFoundError:
            # As above.
            if not tries_left:
                raise
    raise AssertionError("unreachable")


def _make_folders(folder: Path) -> None:
    """Make a folder and those above it where they are missing, for the owner only."""
    if folder.is_dir():
        return
    _make_folders(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    documents.sync_folder(folder.parent)


def _remove_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False
    return True


@contextmanager
def _translated() -> Iterator[None]:
    """Raise `FilesUnavailable` for what the operating system says, but for a file that is not there."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise_bare(_unavailable(error))


def _unavailable(error: OSError) -> FilesUnavailable:
    return FilesUnavailable(
        f"the folder for files cannot be used ({documents.describe(error)})",
        remedy="see that the disk has room and the folder belongs to the service",
    )
