"""One connection, one request: read by hand, so that it can also be left hanging, broken off or reset."""

from __future__ import annotations

import contextlib
import re
import select
import socket
import socketserver
import struct
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

from headwater_local_flow_service.faults import substitutes
from headwater_local_flow_service.wsgi import Incoming

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater_local_flow_service.wsgi import Outgoing

# Bytes read of a body; the service itself refuses far smaller ones.
_LARGEST = 16_777_216
_MOST_DIGITS = len(str(_LARGEST))
_LONGEST_LINE = 1024  # bytes of a line between chunks
_BODILESS = (204, 304)
# Switched on, for zero seconds: closing then sends RST.
_LINGER = struct.pack("ii", 1, 0)
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,7})[ \t]*+(?:;[^\r\n]*+)?+\r?\n")


class _UnreadableError(Exception):
    """A request that cannot be taken: the status to refuse it with."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class RequestServer(socketserver.ThreadingTCPServer):
    """A server whose handlers hand every request they have read to `handle`."""

    handle: Callable[[Handler, Incoming], None]


class Handler(BaseHTTPRequestHandler):
    """Reads a request, has the service answer it, and closes: the next request finds what the port is like then."""

    server: RequestServer
    protocol_version = "HTTP/1.1"
    timeout = 30  # seconds a client may take to send its request

    def _handle(self) -> None:
        self.close_connection = True
        with contextlib.suppress(ConnectionError, TimeoutError):  # the client has left
            try:
                body = self._read_body()
            except _UnreadableError as error:
                self.send_error(error.status)
            else:
                self.server.handle(self, self._incoming(body))

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = _handle  # noqa: N815

    def answer(self, answer: Outgoing) -> int:
        """Write an answer, as long as it is, and return its status."""
        self.send_response_only(answer.status, answer.reason)
        needs_length = answer.status not in _BODILESS
        for name, value in answer.headers:
            self.send_header(name, value)
            if name.lower() == "content-length":
                needs_length = False
        if needs_length:
            self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        return answer.status

    def reset(self) -> int:
        """Close with RST instead of an answer."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        self.rfile.close()  # the socket closes with the last file that stands on it
        self.connection.close()
        return 0

    def has_left(self) -> bool:
        """Say whether the client has closed its side."""
        readable, _writable, _failed = select.select([self.connection], [], [], 0)
        if not readable:
            return False
        try:
            return not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def send_error(
        self,
        code: int,
        message: str | None = None,  # noqa: ARG002 - the parent's signature
        explain: str | None = None,  # noqa: ARG002
    ) -> None:
        """Refuse what cannot be read, in the service's shape; the parent's own page would repeat the request."""
        self.close_connection = True
        with contextlib.suppress(ConnectionError, TimeoutError):
            self.answer(substitutes.refuse_unreadable(int(code)))

    def log_message(self, *_arguments: object) -> None:
        """Stay silent: the service says what it heard."""

    def _incoming(self, body: bytes) -> Incoming:
        path, _mark, query = self.path.partition("?")
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            if name in headers:
                value = f"{headers[name]}, {value}"  # noqa: PLW2901 - values of one name are one list
            headers[name] = value
        return Incoming(
            method=self.command,
            path=path,
            query=query,
            headers=headers,
            body=body,
            authority=self.headers.get("Host", ""),
            peer=str(self.client_address[0]),
        )

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding"):
            return self._read_chunks()
        return self._read(self._content_length())

    def _content_length(self) -> int:
        """Return the announced length of the body. Raises `_UnreadableError`."""
        text = self.headers.get("Content-Length", "0").strip()
        if not text.isascii() or not text.isdigit():
            raise _UnreadableError(400)
        if len(text) > _MOST_DIGITS or int(text) > _LARGEST:
            raise _UnreadableError(413)
        return int(text)

    def _read_chunks(self) -> bytes:
        """Read a body that comes in chunks. Raises `_UnreadableError`."""
        body = b""
        while True:
            head = _CHUNK.fullmatch(self.rfile.readline(_LONGEST_LINE))
            if head is None:
                raise _UnreadableError(400)
            size = int(head[1], 16)
            if len(body) + size > _LARGEST:
                raise _UnreadableError(413)
            body += self._read(size)
            self.rfile.readline(_LONGEST_LINE)
            if size == 0:
                return body

    def _read(self, size: int) -> bytes:
        body = self.rfile.read(size)
        if len(body) < size:
            raise ConnectionAbortedError  # half a request is none
        return body
