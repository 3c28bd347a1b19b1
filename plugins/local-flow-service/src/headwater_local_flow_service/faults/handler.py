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

from headwater_local_flow_service.faults import answers
from headwater_local_flow_service.wsgi import Incoming

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater_local_flow_service.wsgi import Outgoing

_LARGEST = (
    16_777_216  # bytes read of a body; the service itself refuses far smaller ones
)
_LONGEST_LINE = 1024  # bytes of a line between chunks
_BODILESS = (204, 304)
_LINGER = struct.pack(
    "ii", 1, 0
)  # switched on, for zero seconds: closing then sends RST
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,7})[ \t]*(?:;[^\r\n]*)?\r?\n")


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
                body = (
                    self._chunks()
                    if self.headers.get("Transfer-Encoding")
                    else self._sized()
                )
            except _UnreadableError as error:
                self.send_error(error.status)
            else:
                self.server.handle(self, self._incoming(body))

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = _handle  # noqa: N815

    def answer(self, answer: Outgoing) -> int:
        """Write an answer, as long as it is, and return its status."""
        self.send_response_only(answer.status, answer.reason)
        names = {name.lower() for name, _value in answer.headers}
        for name, value in answer.headers:
            self.send_header(name, value)
        if "content-length" not in names and answer.status not in _BODILESS:
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
            self.answer(answers.unreadable(int(code)))

    def log_message(self, *_arguments: object) -> None:
        """Stay silent: the service says what it heard."""

    def _incoming(self, body: bytes) -> Incoming:
        path, _mark, query = self.path.partition("?")
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return Incoming(
            method=self.command,
            path=path,
            query=query,
            headers=headers,
            body=body,
            authority=self.headers.get("Host", ""),
            peer=str(self.client_address[0]),
        )

    def _sized(self) -> bytes:
        """Return a body of announced length."""
        text = self.headers.get("Content-Length", "0").strip()
        if not (text.isascii() and text.isdigit()):
            raise _UnreadableError(400)
        if len(text) > len(str(_LARGEST)) or int(text) > _LARGEST:
            raise _UnreadableError(413)
        return self._read(int(text))

    def _chunks(self) -> bytes:
        """Return a body that comes in chunks."""
        body = b""
        while True:
            found = _CHUNK.fullmatch(self.rfile.readline(_LONGEST_LINE))
            if found is None:
                raise _UnreadableError(400)
            wanted = int(found[1], 16)
            if len(body) + wanted > _LARGEST:
                raise _UnreadableError(413)
            body += self._read(wanted)
            self.rfile.readline(_LONGEST_LINE)
            if wanted == 0:
                return body

    def _read(self, wanted: int) -> bytes:
        body = self.rfile.read(wanted)
        if len(body) < wanted:
            raise ConnectionAbortedError  # half a request is none
        return body
