"""Files put into a batch: whole, or large ones part by part. Each is on disk before its row says so."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Final

import attrs

from headwater.foreign import raise_bare
from headwater_local_flow_service.kernel.clock import now
from headwater_local_flow_service.lake import batches, keys
from headwater_local_flow_service.lake.ids import new_ulid
from headwater_local_flow_service.lake.refusals import refused, translate_unavailable
from headwater_local_flow_service.neighbours.refusals import NeighbourError, missing
from headwater_local_flow_service.store import batch_files
from headwater_local_flow_service.store.batch_files import (
    BEGUN,
    INPUT,
    PART,
    RECEIVED,
    BatchFile,
)
from headwater_local_flow_service.texts import UNSTORABLE, is_storable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from headwater_local_flow_service.files.file_store import FileStore
    from headwater_local_flow_service.lake.lake import Lake
    from headwater_local_flow_service.store.store import Rows, Scope

LARGEST_FILE: Final = 256 << 20  # bytes of a file that is put whole
LARGEST_PART: Final = 512_000_000  # bytes of one part of a large file
MOST_FILES: Final = 1500  # of a batch
LARGEST_BATCH: Final = 100_000_000_000  # bytes
MOST_PARTS: Final = 10_000  # of all large files of a batch
_PIECE: Final = 1 << 20
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@attrs.frozen(kw_only=True)
class Target:
    """Where a file is put: into which batch, of which data set, under which path."""

    scope: Scope
    batch: str
    data_set: str
    path: str


def check_path(path: str) -> None:
    """Refuse a path that is no relative path of plain names. Raises `NeighbourError`."""
    # What stands in the place of bytes that are not UTF-8 would make one path of several.
    if not is_storable(path) or "\ufffd" in path:
        raise refused(f"the path of the file contains {UNSTORABLE}")
    parts = path.split("/")
    if not all(parts) or any(part in (".", "..") for part in parts):
        raise refused(
            "the path of the file must be made of names with single slashes between, none of them . or .."
        )
    if _CONTROL.search(path) or "\\" in path:
        raise refused(
            "the path of the file contains a control character or a backslash"
        )


def check_target(rows: Rows, target: Target, role: str = INPUT) -> BatchFile | None:
    """Refuse a file for a batch that takes none; return the one that it replaces. Raises `NeighbourError`."""
    batches.require_loading(rows, target.scope, target.batch, target.data_set)
    if role == PART:
        # Looked for as the part is stored too: one that is left when its file is made would be part of the next.
        _require_begun(rows, attrs.evolve(target, path=_path_of_part(target.path)))
    before = batch_files.find(rows, target.scope, target.batch, role, target.path)
    if before is None and role != PART:
        number = batch_files.count(rows, target.scope, target.batch, (INPUT, BEGUN))
        if number >= MOST_FILES:
            raise refused(
                f"a batch takes at most {MOST_FILES} files: complete this one, and put further files into another"
            )
    return before


def store_file(lake: Lake, target: Target, spooled: Path, role: str = INPUT) -> bool:
    """Put a file from this machine into a batch; say whether there was none of its path. Raises `NeighbourError`."""
    size = spooled.stat().st_size
    files = lake.files
    key = keys.new_input(target.scope, target.batch)
    with translate_unavailable():
        files.add(spooled, key)
    return _store_row(lake, target, key, size, role)


def _store_row(
    lake: Lake,
    target: Target,
    key: str,
    size: int,
    role: str,
    *,
    joined: list[BatchFile] | None = None,
) -> bool:
    unneeded = []
    try:
        with lake.store.writing(target.scope) as rows:
            # What was sent since they were read is no part of the file, and was told to be stored.
            if joined is not None and _parts_of(rows, target) != joined:
                raise _Overtaken
            before = check_target(rows, target, role)
            _check_size(rows, target, size)
            if before is not None:
                batch_files.remove(rows, before)
                unneeded.append(before.key)
            if role == INPUT:
                unneeded += _drop_parts(rows, target)
            batch_files.add_all(rows, [_new_file(target, role, target.path, key, size)])
    except (NeighbourError, _Overtaken):
        batches.remove_files(lake.files, [key])
        raise
    batches.remove_files(lake.files, unneeded)
    return before is None


def _check_size(rows: Rows, target: Target, size: int) -> None:
    _number, bytes_ = batch_files.total(rows, target.scope, target.batch, RECEIVED)
    if bytes_ + size > LARGEST_BATCH:
        raise refused(
            f"a batch takes at most {LARGEST_BATCH} bytes: put further files into another"
        )


def _new_file(target: Target, role: str, path: str, key: str, size: int) -> BatchFile:
    return BatchFile(
        id=new_ulid(),
        scope=target.scope,
        batch=target.batch,
        data_set=target.data_set,
        role=role,
        path=path,
        key=key,
        size=size,
        created_at=now(),
    )


def begin_large(lake: Lake, target: Target) -> None:
    """Begin a large file: parts sent before are forgotten. Raises `NeighbourError`."""
    files = lake.files
    with lake.store.writing(target.scope) as rows:
        check_target(rows, target, BEGUN)
        unneeded = _drop_parts(rows, target)
        batch_files.add_all(rows, [_new_file(target, BEGUN, target.path, "", 0)])
    batches.remove_files(files, unneeded)


def store_part(lake: Lake, target: Target, first: int, spooled: Path) -> int:
    """Store the part of a large file that begins at a byte; return how many bytes it has. Raises `NeighbourError`."""
    size = spooled.stat().st_size
    with lake.store.reading() as rows:
        check_part(rows, target)
    store_file(
        lake, attrs.evolve(target, path=_part_path(target.path, first)), spooled, PART
    )
    return size


def check_part(rows: Rows, target: Target) -> None:
    """Refuse a part of a large file that was not begun. Raises `NeighbourError`."""
    batches.require_loading(rows, target.scope, target.batch, target.data_set)
    _require_begun(rows, target)
    if batch_files.count(rows, target.scope, target.batch, (PART,)) >= MOST_PARTS:
        raise refused(f"a batch takes at most {MOST_PARTS} parts: send larger ones")


def _require_begun(rows: Rows, target: Target) -> None:
    begun = batch_files.find(rows, target.scope, target.batch, BEGUN, target.path)
    if begun is None:
        raise _not_begun()


def _not_begun() -> NeighbourError:
    return refused(
        "the large file was not begun: send POST to its path with action=INITIALIZE first"
    )


def complete_large(lake: Lake, target: Target) -> int:
    """Make one file of the parts of a large one; return its size. Raises `NeighbourError`."""
    files = lake.files
    with lake.store.reading() as rows:
        done = _completed(rows, target)
        if done is not None:
            return done.size
        parts = _parts_of(rows, target)
    _check_whole(parts)
    key = keys.new_input(target.scope, target.batch)
    try:
        with translate_unavailable():
            _join(files, parts, key)
        size = sum(part.size for part in parts)
        _store_row(lake, target, key, size, INPUT, joined=parts)
    except (FileNotFoundError, _Overtaken):
        return _overtaken_size(lake, target)
    return size


class _Overtaken(Exception):
    """Another request has changed a large file while its parts were put together."""


def _completed(rows: Rows, target: Target) -> BatchFile | None:
    """Return the whole file, or None where a large one was begun. Raises `NeighbourError` where there is neither."""
    batches.require_loading(rows, target.scope, target.batch, target.data_set)
    begun = batch_files.find(rows, target.scope, target.batch, BEGUN, target.path)
    if begun is not None:
        return None
    done = batch_files.find(rows, target.scope, target.batch, INPUT, target.path)
    if done is None:
        raise _not_begun()
    return done


def _overtaken_size(lake: Lake, target: Target) -> int:
    """Return the size of the file that another request has made whole meanwhile. Raises `NeighbourError`."""
    with lake.store.reading() as rows:
        done = _completed(rows, target)
    if done is None:
        raise_bare(
            refused(
                "the file was begun again, or a part of it sent, while it was completed: send action=COMPLETE once more"
                " when all of its parts are here, or action=INITIALIZE to begin it again"
            )
        )
    return done.size


def _join(files: FileStore, parts: Iterable[BatchFile], key: str) -> None:
    """Write the parts of a file one after the other. Raises `FilesUnavailable`."""
    with files.writing(key) as whole:
        for part in parts:
            with files.open(part.key) as file:
                shutil.copyfileobj(file, whole, _PIECE)


def _check_whole(parts: list[BatchFile]) -> None:
    """Refuse parts that overlap, or leave something out. Raises `NeighbourError`."""
    end = 0
    for part in parts:
        first = _first_byte(part)
        if first != end:
            problem = "overlap" if first < end else "leave something out"
            raise refused(
                f"the parts of the file {problem} at byte {min(first, end)}: begin it again with action=INITIALIZE"
            )
        end += part.size
    if not parts:
        raise refused("no part of the file was sent")


def received_bytes(rows: Rows, target: Target) -> int:
    """Return how many bytes of a file are here. Raises `NeighbourError` where it is neither here nor begun."""
    record = batches.require(rows, target.scope, target.batch)
    if record.spec_id != target.data_set:
        raise missing(target.data_set, "dataSets")
    whole = batch_files.find(rows, target.scope, target.batch, INPUT, target.path)
    begun = batch_files.find(rows, target.scope, target.batch, BEGUN, target.path)
    if begun is not None:
        return sum(part.size for part in _parts_of(rows, target))
    if whole is None:
        raise missing(target.path, "files")
    return whole.size


def _drop_parts(rows: Rows, target: Target) -> list[str]:
    """Forget what was begun of a large file; return the keys of its parts."""
    begun = batch_files.find(rows, target.scope, target.batch, BEGUN, target.path)
    if begun is None:
        return []
    parts = _parts_of(rows, target)
    for file in (begun, *parts):
        batch_files.remove(rows, file)
    return [part.key for part in parts]


def _parts_of(rows: Rows, target: Target) -> list[BatchFile]:
    """Return the parts of a large file, in the order of their first bytes."""
    parts = batch_files.of_batch(rows, target.scope, target.batch, (PART,))
    mine = [part for part in parts if _path_of_part(part.path) == target.path]
    return sorted(mine, key=_first_byte)


def _part_path(path: str, first: int) -> str:
    return f"{path}:{first}"


def _path_of_part(path: str) -> str:
    """Return the path of the file that a part belongs to."""
    return path.rpartition(":")[0]


def _first_byte(part: BatchFile) -> int:
    return int(part.path.rpartition(":")[2])
