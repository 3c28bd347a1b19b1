"""Files as answers: whole, or the range of bytes that was asked for, never in memory."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

import falcon

from headwater_local_flow_service.lake.refusals import refused, translate_unavailable
from headwater_local_flow_service.neighbours.refusals import missing
from headwater_local_flow_service.wsgi import FileBody

if TYPE_CHECKING:
    from headwater_local_flow_service.files.file_store import FileStore
    from headwater_local_flow_service.store.batch_files import BatchFile

_RANGE: Final = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")
_TYPES: Final = {
    "parquet": "application/parquet",
    "json": "application/json",
    "csv": "application/csv",
}


def answer(
    req: falcon.Request, resp: falcon.Response, files: FileStore, file: BatchFile
) -> None:
    """Answer with a file, or with the part of it that ``Range`` names. Raises `NeighbourError`."""
    _check_there(files, file)
    resp.set_header("Accept-Ranges", "bytes")
    ending = file.path.rpartition(".")[2].lower()
    resp.content_type = _TYPES.get(ending, "application/octet-stream")
    wanted = _read_range(req.get_header("range"), file.size)
    first, size = 0, file.size
    if wanted is not None:
        first, last = wanted
        size = last - first + 1
        resp.status = falcon.HTTP_206
        resp.set_header("Content-Range", f"bytes {first}-{last}/{file.size}")
    resp.content_length = size
    if size and req.method != "HEAD":
        resp.stream = FileBody(
            open=functools.partial(files.open, file.key),
            start=first,
            size=size,
            path=files.local_path(file.key),
        )


def _check_there(files: FileStore, file: BatchFile) -> None:
    """Refuse where the file is gone: an answer that has begun could not say so any more."""
    with translate_unavailable():
        found = files.read_info(file.key)
    if found is None:
        raise missing(file.id, "files")


def _read_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Return the first and last byte asked for; None for all of them, also where several ranges are asked for.

    Raises `NeighbourError` for a range that the file does not have.
    """
    match = _RANGE.fullmatch((header or "").replace(" ", ""))
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        first, last = max(size - int(match[2]), 0), size - 1
    else:
        first, last = int(match[1]), min(int(match[2] or size - 1), size - 1)
        if match[2] and int(match[2]) < first:
            return None  # such a header says nothing
    if first >= size or last < first:
        error = refused("the file has no such bytes", 416)
        error.headers["Content-Range"] = f"bytes */{size}"
        raise error
    return first, last
