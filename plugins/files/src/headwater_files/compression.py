"""The beginning of a file, decompressed, within bounds of what is read and of what it expands to."""

from __future__ import annotations

import bz2
import gzip
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

import attrs

from headwater.foreign import raise_bare
from headwater_files.bounded import BoundedReads
from headwater_files.properties import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

MOST_TEXT: Final = 1 << 20  # bytes of decompressed text
# Bytes of the file itself: text that hardly shrinks, and headers, which take long for their size.
_MOST_READ: Final = 2 << 20
_MOST_READ_ZIP: Final = 8 << 20  # with the list of all that is in it
_PIECE: Final = 64 << 10
_FAILURES = (
    OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, NotImplementedError, RuntimeError, ValueError,
    OverflowError,
)  # fmt: skip


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@attrs.frozen
class Beginning:
    """The first bytes of a file, decompressed, and whether they are all of it."""

    data: bytes = attrs.field(repr=False)
    whole: bool


def read_beginning(
    file: BinaryIO, compression: str = "", most: int = MOST_TEXT
) -> Beginning:
    """Return up to `most` bytes of a file, at most 1 MiB, or of the first file of an archive. Raises `UnreadableFile`.

    `compression` is one of `COMPRESSIONS`, or empty. A file that breaks off after those bytes is not found out.
    """
    file.seek(0)
    bounded = BoundedReads(
        file, _MOST_READ_ZIP if compression == "zipDeflate" else _MOST_READ
    )
    with _translated(compression):
        return _OPENERS[compression](bounded, most)


def _plain(file: _Readable, most: int) -> Beginning:
    data = bytearray()
    while len(data) <= most:
        piece = file.read(most + 1 - len(data))
        if not piece:
            break
        data += piece
    return Beginning(bytes(data[:most]), len(data) <= most)


def _gzip(file: BoundedReads, most: int) -> Beginning:
    return _plain(gzip.GzipFile(fileobj=file), most)


def _bzip2(file: BoundedReads, most: int) -> Beginning:
    return _plain(bz2.BZ2File(file), most)


def _deflate(file: BoundedReads, most: int) -> Beginning:
    """Read deflate in zlib's frame, as most write it, or bare."""
    head = file.read(2)
    file.seek(0)
    window = zlib.MAX_WBITS if _is_zlib(head) else -zlib.MAX_WBITS
    expander = zlib.decompressobj(window)
    data = bytearray()
    while len(data) <= most and not expander.eof:
        # What is left over of the last piece comes first, or a bomb would hold it all back.
        piece = expander.unconsumed_tail or file.read(_PIECE)
        if not piece:
            raise EOFError
        data += expander.decompress(piece, most + 1 - len(data))
    return Beginning(bytes(data[:most]), len(data) <= most)


def _is_zlib(head: bytes) -> bool:
    """Say whether two bytes begin zlib's frame: deflate as method, and a check that comes out even."""
    return (
        len(head) == 2 and head[0] & 0x0F == 8 and int.from_bytes(head, "big") % 31 == 0
    )


def _zip(file: BoundedReads, most: int) -> Beginning:
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                with archive.open(member) as opened:
                    return _plain(opened, most)
    raise _without_files()


def _tar(file: BoundedReads, most: int) -> Beginning:
    return _first_of_tar(file, "r|", most)


def _tar_gzip(file: BoundedReads, most: int) -> Beginning:
    # Headers of an archive can expand to anything, too.
    expanded = BoundedReads(gzip.GzipFile(fileobj=file), _MOST_READ)  # type: ignore[arg-type]
    return _first_of_tar(expanded, "r|", most)


def _first_of_tar(file: BoundedReads, mode: str, most: int) -> Beginning:
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        for member in archive:
            opened = archive.extractfile(member) if member.isreg() else None
            if opened is not None:
                return _plain(opened, most)
    raise _without_files()


_OPENERS: Final[dict[str, Callable[[BoundedReads, int], Beginning]]] = {
    "": _plain,
    "gzip": _gzip,
    "bzip2": _bzip2,
    "deflate": _deflate,
    "zipDeflate": _zip,
    "tar": _tar,
    "tarGzip": _tar_gzip,
}


@contextmanager
def _translated(compression: str) -> Iterator[None]:
    """Say in our own words what a decompressor says. Errors of the place itself pass, where nothing is decompressed."""
    try:
        yield
    except UnreadableFile:
        raise
    except _FAILURES:
        if not compression:
            raise
        raise_bare(
            UnreadableFile(
                f"the file cannot be decompressed as {compression}: it is something else, or damaged",
                remedy="correct compressionType, or upload the file again",
            )
        )


def _without_files() -> UnreadableFile:
    return UnreadableFile("the archive holds no file", remedy="upload one with a file")
