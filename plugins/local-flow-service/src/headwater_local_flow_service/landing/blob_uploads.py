"""Files on their way into a zone: put whole, or block by block; a file appears whole or not at all."""

from __future__ import annotations

import base64
import hashlib
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import attrs

from headwater.foreign import raise_bare
from headwater_local_flow_service.files.file_store import FilesUnavailable
from headwater_local_flow_service.landing.blob_errors import BlobError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from hashlib import _Hash as Digest
    from typing import BinaryIO

    from headwater_local_flow_service.landing.zone import Zone, ZoneFiles

LARGEST_BLOB: Final = 5000 << 20  # bytes of a file that is put whole
MOST_BLOCKS: Final = 50_000  # of one file
LARGEST_LIST: Final = 8 << 20  # bytes

_PIECE: Final = 1 << 20
_LONGEST_ID: Final = 128  # characters of a block's id
_BLOCK = re.compile(rb"<(Latest|Uncommitted)>([^<>&]{0,128})</\1>")
_OPENING: Final = b"<BlockList>"
_CLOSING: Final = b"</BlockList>"


class Files(Protocol):
    """Where a body is put."""

    def add(self, source: Path, key: str) -> None:
        """Move a file of this machine in."""
        ...

    def writing(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Open a new file, which appears when the block ends."""
        ...


@attrs.frozen
class Body:
    """The body of an upload: a file of this machine where it lies in one already, else a stream."""

    source: Path | BinaryIO
    md5: str = ""

    def store(self, files: Files, key: str) -> None:
        """Put the body under a key. Raises `BlobError`, `FilesUnavailable`."""
        if isinstance(self.source, Path):
            if self.md5:
                with self.source.open("rb") as read:
                    self._check(hashlib.file_digest(read, _md5))
            files.add(self.source, key)
            return
        with files.writing(key) as written:
            self._check(_copy(self.source, written))

    def _check(self, digest: Digest) -> None:
        if self.md5 and base64.b64encode(digest.digest()).decode() != self.md5:
            raise BlobError("Md5Mismatch", "the body is not that of its Content-MD5")


def put_file(zone: Zone, name: str, body: Body) -> None:
    """Put a file whole. Raises `BlobError`, `FilesUnavailable`."""
    with _no_folder_in_its_place():
        body.store(zone.files, name)


def check_block(block: str) -> None:
    """Refuse an id that a block cannot have. Raises `BlobError`."""
    if not block or len(block) > _LONGEST_ID:
        raise BlobError("InvalidQueryParameterValue", "blockid is missing or too long")


def put_block(zone: Zone, name: str, block: str, body: Body) -> None:
    """Keep one block of a file until all are here. Raises `BlobError`, `FilesUnavailable`."""
    body.store(_blocks(zone), _block_key(name, block))


def commit_blocks(zone: Zone, name: str, body: bytes) -> None:
    """Make a file of its blocks, in the order that the list says. Raises `BlobError`, `FilesUnavailable`."""
    blocks = _blocks(zone)
    keys = [_block_key(name, block) for block in _read_list(body)]
    with _no_folder_in_its_place(), zone.files.writing(name) as written:
        for key in keys:
            try:
                with blocks.open(key) as block:
                    _copy(block, written)
            except FileNotFoundError:
                raise_bare(_invalid_list("names a block that was not put before"))
    for info in list(blocks.walk(_folder_of(name))):
        blocks.remove(info.key)


def _read_list(body: bytes) -> list[str]:
    """Return the ids of a block list: so few elements that a pattern reads them. Raises `BlobError`."""
    text = body.strip()
    if text.startswith(b"<?xml"):
        text = text.partition(b"?>")[2].strip()
    if not (text.startswith(_OPENING) and text.endswith(_CLOSING)):
        raise _unreadable_list()
    inner = text.removeprefix(_OPENING).removesuffix(_CLOSING)
    ids = [block[2].decode("ascii", "replace") for block in _BLOCK.finditer(inner)]
    if _BLOCK.sub(b"", inner).strip():
        raise _unreadable_list()
    if len(ids) > MOST_BLOCKS:
        raise _invalid_list(f"names more than {MOST_BLOCKS} blocks")
    return ids


def _copy(body: BinaryIO, written: BinaryIO) -> Digest:
    digest = _md5()
    while piece := body.read(_PIECE):
        digest.update(piece)
        written.write(piece)
    return digest


def _md5() -> Digest:
    return hashlib.md5(usedforsecurity=False)


def _blocks(zone: Zone) -> ZoneFiles:
    if zone.blocks is None:
        raise BlobError("OperationNotAllowed", "this zone takes no blocks")
    return zone.blocks


def _folder_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _block_key(name: str, block: str) -> str:
    return f"{_folder_of(name)}/{hashlib.sha256(block.encode()).hexdigest()}"


@contextmanager
def _no_folder_in_its_place() -> Iterator[None]:
    """Refuse a file whose name is that of a folder, or that would lie in a file: a folder cannot keep both."""
    try:
        yield
    except FilesUnavailable as error:
        if not any(word in str(error) for word in ("directory", "File exists")):
            raise
        raise_bare(
            BlobError(
                "InvalidResourceName",
                "a file and a folder cannot have the same name here: choose another",
            )
        )


def _unreadable_list() -> BlobError:
    return _invalid_list("cannot be read; blocks are Latest or Uncommitted here")


def _invalid_list(what: str) -> BlobError:
    return BlobError("InvalidBlockList", f"the block list {what}")
