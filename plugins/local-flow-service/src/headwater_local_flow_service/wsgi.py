"""One call of a WSGI application from our own code: a request as a value in, an answer as a value out."""

from __future__ import annotations

import functools
import io
import urllib.parse
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO
    from wsgiref.types import WSGIApplication

_UNPREFIXED = ("CONTENT_TYPE", "CONTENT_LENGTH")
# the body is here whole, so its own length counts
_OF_THE_BODY = (
    "CONTENT_LENGTH",
    "HTTP_TRANSFER_ENCODING",
)

# What the environment of an application says about the body of an upload. `BODY_TO_COME`: it is not here yet, and the
# application answers 100 where it may come, or refuses it. `SPOOLED`: it lies whole in the file of this path.
BODY_TO_COME = "headwater.body_to_come"
SPOOLED = "headwater.spooled"

_PIECE = 1 << 20  # bytes of a file that are read at once


@attrs.frozen(kw_only=True)
class FileBody:
    """The body of an answer that is part of a file, and need not be in memory: `size` bytes from `start` on.

    `path` is where the file lies, None where it is not a file of this machine.
    """

    open: Callable[[], BinaryIO] = attrs.field(repr=False)
    start: int
    size: int
    path: Path | None = None

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes, a piece at a time."""
        left = self.size
        with self.open() as file:
            file.seek(self.start)
            while left and (piece := file.read(min(left, _PIECE))):
                left -= len(piece)
                yield bytes(piece)


@attrs.frozen(kw_only=True)
class Incoming:
    """One request, read to its end. `path` and `query` are percent-encoded, as they travel.

    In the place of a `body`, a file can be given as `stream`, with its `length` where that is known. What is in
    `environ` is added to the environment of the application.
    """

    method: str
    path: str
    query: str = attrs.field(default="", repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)
    stream: BinaryIO | None = attrs.field(default=None, repr=False)
    length: int | None = None
    environ: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    authority: str = "embedded"
    peer: str = "127.0.0.1"

    def header(self, name: str) -> str | None:
        """Return a header's value, whatever the case of its name."""
        for sent, value in self.headers.items():
            if sent.lower() == name.lower():
                return value
        return None

    def with_header(self, name: str, value: str) -> Incoming:
        """Return the request with one header set."""
        others = {
            sent: text
            for sent, text in self.headers.items()
            if sent.lower() != name.lower()
        }
        return attrs.evolve(self, headers={**others, name: value})


@attrs.frozen(kw_only=True)
class Outgoing:
    """One answer, whole; `file` is its body in the place of `body` where a file is answered."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    body: bytes = attrs.field(default=b"", repr=False)
    file: FileBody | None = None


def call(
    app: WSGIApplication, incoming: Incoming, *, takes_files: bool = False
) -> Outgoing:
    """Let the application answer, and close what it returned. A file is read into memory unless the caller takes it."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], _exc_info: Any = None
    ) -> Any:
        started.append((status, headers))

    chunks: Iterable[bytes] = app(_environ(incoming), start_response)
    body, file = b"", None
    try:
        if takes_files and isinstance(chunks, FileBody):
            file = chunks
        else:
            body = b"".join(chunks)
    finally:
        getattr(chunks, "close", lambda: None)()
    status, headers = started[-1]
    number, _blank, reason = status.partition(" ")
    return Outgoing(
        status=int(number),
        reason=reason,
        headers=tuple(headers),
        body=body,
        file=file,
    )


def _environ(incoming: Incoming) -> dict[str, Any]:
    host = urllib.parse.urlsplit(f"//{incoming.authority}")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": incoming.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": urllib.parse.unquote_to_bytes(incoming.path or "/").decode(
            "latin-1"
        ),
        "QUERY_STRING": incoming.query,
        "SERVER_NAME": host.hostname or "",
        "SERVER_PORT": str(host.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": incoming.peer,
        **_environ_of_body(incoming),
        "HTTP_HOST": incoming.authority,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in incoming.headers.items():
        key = _key(name)
        if key not in _OF_THE_BODY:
            environ[key] = value
    return {**environ, **incoming.environ}


def _environ_of_body(incoming: Incoming) -> dict[str, Any]:
    if incoming.stream is None:
        body = incoming.body
        return {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    environ: dict[str, Any] = {"wsgi.input": incoming.stream}
    if incoming.length is None:
        return environ | {"wsgi.input_terminated": True}
    return environ | {"CONTENT_LENGTH": str(incoming.length)}


@functools.lru_cache(maxsize=256)
def _key(header: str) -> str:
    """Return the name by which a header is known in the environment of an application."""
    key = header.upper().replace("-", "_")
    return key if key in _UNPREFIXED else f"HTTP_{key}"
