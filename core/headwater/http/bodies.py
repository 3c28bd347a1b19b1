"""Bodies read to their end, and decompressed here, piece by piece: so a small answer cannot become a large one.

urllib3 decompresses too, but bounded only in its newest versions.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from urllib3.exceptions import IncompleteRead

from headwater.http.exchanges import LARGEST_ANSWER, check_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import requests

# What answers may be compressed with, as the session asks for.
ENCODINGS = "gzip, deflate"
_PIECE = 65_536  # bytes
_ZLIB_OR_GZIP = 32 + zlib.MAX_WBITS
_BARE_DEFLATE = -zlib.MAX_WBITS


class NotDecompressible(Exception):
    """A body is not compressed as its header says, or in a way that was not asked for."""


def read_body(response: requests.Response, *, largest: int = LARGEST_ANSWER) -> bytes:
    """Return the body of an answer.

    Raises `OverLimit` for more than `largest` bytes, `NotDecompressible`, and whatever reading raises, for a body that
    ends too early too.
    """
    if response.raw is None:  # an adapter of a plugin has read it already
        check_size(len(response.content), largest)
        return response.content
    body = bytearray()
    for piece in _decompressed(_whole(response), _encoding(response)):
        body += piece
        check_size(len(body), largest)
    return bytes(body)


def _whole(response: requests.Response) -> Iterator[bytes]:
    """Yield the body as it travels. Raises `IncompleteRead` where it ends too early, which urllib3 1.26 does not."""
    received = 0
    for piece in _pieces(response.raw):
        received += len(piece)
        yield piece
    missing = _promised(response) - received
    if missing > 0:
        raise IncompleteRead(received, missing)


def _pieces(raw: Any) -> Iterator[bytes]:
    """Yield the body from what urllib3 reads, or from something plainer, as adapters of plugins may have it."""
    if hasattr(raw, "stream"):
        yield from raw.stream(_PIECE, decode_content=False)
        return
    while piece := raw.read(_PIECE):
        yield piece


def _promised(response: requests.Response) -> int:
    """Return how long the body is by its head, 0 where that does not count."""
    length = response.headers.get("Content-Length") or ""
    is_chunked = "Transfer-Encoding" in response.headers
    has_none = response.status_code in (204, 304)
    if is_chunked or has_none or not (length.isascii() and length.isdigit()):
        return 0
    return int(length[:20])


def _encoding(response: requests.Response) -> str:
    return (response.headers.get("Content-Encoding") or "").strip().lower()


def _decompressed(pieces: Iterable[bytes], encoding: str) -> Iterable[bytes]:
    if encoding in ("", "identity"):
        return pieces
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _inflated(pieces)
    raise NotDecompressible


def _inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what zlib makes of the pieces, which may be several compressed members in a row; never much at once."""
    inflater: Any = None
    for piece in pieces:
        waiting = piece
        while waiting:
            if inflater is None:
                inflater = _inflater_for(waiting)
            yield _inflate(inflater, waiting)
            waiting = inflater.unconsumed_tail or inflater.unused_data
            if inflater.eof:
                inflater = None
    if inflater is not None:
        raise NotDecompressible


def _inflater_for(start: bytes) -> Any:
    """Return what decompresses a body that begins so; ``deflate`` comes with the head of zlib and without."""
    has_head = start[0] == 0x1F or (start[0] & 0x0F == 8)
    return zlib.decompressobj(_ZLIB_OR_GZIP if has_head else _BARE_DEFLATE)


def _inflate(inflater: Any, data: bytes) -> bytes:
    try:
        inflated: bytes = inflater.decompress(data, _PIECE)
    except zlib.error:
        raise NotDecompressible from None
    return inflated
