"""One call of a WSGI application from our own code: a request as a value in, an answer as a value out."""

from __future__ import annotations

import functools
import io
import urllib.parse
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import WSGIApplication

_UNPREFIXED = ("CONTENT_TYPE", "CONTENT_LENGTH")
# the body is here whole, so its own length counts
_OF_THE_BODY = (
    "CONTENT_LENGTH",
    "HTTP_TRANSFER_ENCODING",
)


@attrs.frozen(kw_only=True)
class Incoming:
    """One request, read to its end. `path` and `query` are percent-encoded, as they travel."""

    method: str
    path: str
    query: str = attrs.field(default="", repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)
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
    """One answer, whole."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    body: bytes = attrs.field(default=b"", repr=False)


def call(app: WSGIApplication, incoming: Incoming) -> Outgoing:
    """Let the application answer, and close what it returned."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], _exc_info: Any = None
    ) -> Any:
        started.append((status, headers))

    chunks: Iterable[bytes] = app(_environ(incoming), start_response)
    try:
        body = b"".join(chunks)
    finally:
        getattr(chunks, "close", lambda: None)()
    status, headers = started[-1]
    number, _blank, reason = status.partition(" ")
    return Outgoing(
        status=int(number), reason=reason, headers=tuple(headers), body=body
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
        "CONTENT_LENGTH": str(len(incoming.body)),
        "HTTP_HOST": incoming.authority,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(incoming.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in incoming.headers.items():
        key = _key(name)
        if key not in _OF_THE_BODY:
            environ[key] = value
    return environ


@functools.lru_cache(maxsize=256)
def _key(header: str) -> str:
    """Return the name by which a header is known in the environment of an application."""
    key = header.upper().replace("-", "_")
    return key if key in _UNPREFIXED else f"HTTP_{key}"
