"""Files that come in: written to disk as they arrive, by many at once, of whom none may be slower than allowed.

A file has no deadline in all. What is bounded is how slowly it may come, how many come at once, and the room they take.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from headwater.foreign import raise_bare
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.lake import place
from headwater_local_flow_service.lake.refusals import (
    busy,
    refused,
    translate_unavailable,
)
from headwater_local_flow_service.lake.spool import Spool, write
from headwater_local_flow_service.lake.uploads import LARGEST_FILE, LARGEST_PART
from headwater_local_flow_service.landing.blob_uploads import LARGEST_BLOB

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from granian._granian import RSGIHTTPProtocol as HTTPProtocol
    from granian.rsgi import Scope

    from headwater_local_flow_service.settings import Settings

# Whose bodies are files, and how large those may be, in bytes, by method.
_RULES: Final = (
    (
        re.compile(r"/data/foundation/import/batches/[^/]+/data[sS]ets/[^/]+/files/."),
        {"PUT": LARGEST_FILE, "PATCH": LARGEST_PART},
    ),
    (re.compile(r"/headwater/v1/landingzone/[^/]+/[^/]+/."), {"PUT": LARGEST_BLOB}),
)
_MOST: Final = 64  # files that come in at once, of one worker
_MOST_BYTES: Final = 16 << 30  # of all of them
_SPARE: Final = 8 << 20  # bytes of the disk that no file may take
WINDOW: Final = 30  # seconds
_LEAST: Final = 64_000 * WINDOW  # bytes that must come in each window
_PIECE: Final = 256 << 10  # bytes that are written at once
_WRITERS: Final = 8  # threads
_DRAINED: Final = 30  # seconds in which the rest of what is refused is read


def is_upload(scope: Scope) -> bool:
    """Say whether a request belongs to a file that is put into a batch or a landing zone."""
    return bool(_largest(scope))


def has_file(scope: Scope) -> bool:
    """Say whether the body of a request is a file, or part of one."""
    return scope.method in _largest(scope)


def _largest(scope: Scope) -> Mapping[str, int]:
    """Return how large a file may be, by method; nothing for a path that belongs to no file."""
    for pattern, largest in _RULES:
        if pattern.match(scope.path):
            return largest
    return {}


def announced(scope: Scope) -> int | None:
    """Return the length of the body, or None where it comes in chunks."""
    if "transfer-encoding" in scope.headers:
        return None
    return int(scope.headers.get("content-length", "0"))


class Uploads:
    """The files that come in to one worker."""

    def __init__(self, settings: Settings) -> None:
        self._spool = Spool(place.incoming_folder(settings))
        self._writers = ThreadPoolExecutor(_WRITERS, "spool")
        self._under_way = 0
        self._reserved = 0

    @asynccontextmanager
    async def receive(
        self, scope: Scope, body: Arriving
    ) -> AsyncIterator[tuple[Path, int]]:
        """Hold a whole body in a file while the block runs; yield its path and size.

        Raises `FlowError` where it breaks a rule, breaks off or finds no room; nothing is left of it then.
        """
        length = announced(scope)
        largest = _largest(scope)[scope.method]
        most = largest if length is None else length
        if self._under_way >= _MOST or self._reserved + most > _MOST_BYTES:
            raise busy("too many files are being uploaded; try again later")
        self._under_way += 1
        self._reserved += most
        try:
            with translate_unavailable(), ExitStack() as stack:
                path, file = await self._open(stack, most)
                size = await self._collect(file, body, most, length)
                yield path, size
        finally:
            self._under_way -= 1
            self._reserved -= most

    async def _open(self, stack: ExitStack, most: int) -> tuple[Path, BinaryIO]:
        path, file = await self._do(stack.enter_context, self._spool.open())
        free = shutil.disk_usage(self._spool.folder).free
        if free < most + _SPARE:
            raise busy(
                "there is no room on the disk for the file; try again later", seconds=30
            )
        return path, file

    async def _collect(
        self, file: BinaryIO, body: Arriving, most: int, length: int | None
    ) -> int:
        """Write the body into a file as it comes, and return its size. Raises `FlowError`, `FilesUnavailable`."""
        size = 0
        held = bytearray()
        async for piece in body.pieces():
            size += len(piece)
            if size > most:
                raise refused(f"the file has more than {most} bytes", 413)
            held += piece
            if len(held) >= _PIECE:
                await self._do(write, file, bytes(held))
                held.clear()
        await self._do(write, file, bytes(held))
        if length is not None and size != length:
            raise _broken_off()
        return size

    async def _do(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Do something with the disk in a thread: the event loop waits for no disk."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writers, work, *arguments)


class Arriving:
    """The body of a request as it comes, to be asked for once: what is refused midway is read on where it was."""

    def __init__(self, protocol: HTTPProtocol) -> None:
        self._protocol = protocol
        self._pieces: Any = None
        self._is_over = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the pieces that are still to come. Raises `FlowError` where they come too slowly, or break off."""
        if self._pieces is None:
            self._pieces = self._protocol.__aiter__()
        loop = asyncio.get_running_loop()
        ends_at, in_window, has_ended = loop.time() + WINDOW, 0, False
        while not self._is_over:
            piece = await self._next(ends_at)
            if piece is None:
                self._is_over = True
                return
            # granian hands over one empty piece at the end, and one more before it where the line broke.
            if has_ended:
                self._is_over = True
                raise _broken_off()
            has_ended = not piece
            in_window += len(piece)
            if in_window >= _LEAST:
                ends_at, in_window = loop.time() + WINDOW, 0
            if piece:
                yield bytes(piece)

    async def _next(self, ends_at: float) -> bytes | None:
        """Return the next piece, None at the end. Raises `FlowError` where it is not here in time."""
        try:
            async with asyncio.timeout_at(ends_at):
                # granian's iterator does not keep the protocol that `anext` with a default needs.
                piece: bytes = await self._pieces.__anext__()
        except StopAsyncIteration:
            return None
        except TimeoutError:
            self._is_over = True
            raise_bare(_too_slow())
        return piece


async def drain(scope: Scope, body: Arriving) -> None:
    """Read the rest of a body that is refused, for a while: a client that sends all of it first would see no answer.

    One that has asked whether to send at all is answered at once.
    """
    if "expect" in scope.headers:
        return
    with suppress(TimeoutError, FlowError):
        async with asyncio.timeout(_DRAINED):
            async for _piece in body.pieces():
                pass


def _too_slow() -> FlowError:
    text = f"the file came too slowly: {_LEAST} bytes must come in {WINDOW} seconds"
    # The rest may never come, so nothing else is read from this connection.
    return FlowError("CONNECTOR-1006-408", text, headers={"Connection": "close"})


def _broken_off() -> FlowError:
    return FlowError("HEADWATER-1000-400", "the file broke off before its end")
