"""A Flow Service that fails on purpose: the embedded application behind a server whose handler owns the socket.

A WSGI server cannot reset a connection, hang, or close its port; this one can.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from falcon import testing

if TYPE_CHECKING:
    from collections.abc import Iterator

    import falcon

FAULTS = (
    "nothing",
    "commit-then-500",
    "commit-then-reset",
    "commit-then-hang",
    "hang-then-commit",
    "reset-before-commit",
    "refused",
    "429",
)


class FaultyService:
    """One port that answers with `app`, but hits the first POST with `fault`.

    `hang` is how many seconds a hanging answer takes. `posts` counts the POSTs that reached the application. Leaving
    the context waits for every request that is still being handled, so a late commit has happened by then.
    """

    def __init__(self, app: falcon.App[Any, Any], fault: str, *, hang: float = 0.5) -> None:
        self.posts = 0
        self._client = testing.TestClient(app, headers={"Host": "embedded"})
        self._fault = fault
        self._hang = hang
        self._reopening: threading.Thread | None = None
        self._servers = [self._bind(0)]
        self.port = self._servers[0].server_address[1]

    @property
    def url(self) -> str:
        """Root URL of the service."""
        return f"http://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def running(self) -> Iterator[FaultyService]:
        """Serve until the block ends."""
        self._start()
        try:
            yield self
        finally:
            self._stop()

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request, or fail as planned."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        if handler.command != "POST":
            if self._fault == "refused":
                self._refuse_for_a_while()
            self._answer(handler, body)
            return
        fault, self._fault = self._fault, "nothing"
        getattr(self, "_" + fault.replace("-", "_"), self._answer)(handler, body)

    def _commit(self, handler: BaseHTTPRequestHandler, body: bytes) -> testing.Result:
        headers = {name: value for name, value in handler.headers.items() if name.lower() != "host"}
        path, _, query = handler.path.partition("?")
        self.posts += handler.command == "POST"
        return self._client.simulate_request(
            handler.command, path, query_string=query, headers=headers, body=body or None
        )

    def _answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        result = self._commit(handler, body)
        _write(handler, result.status_code, result.content, {"Content-Type": "application/json"})

    def _commit_then_500(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self._commit(handler, body)
        _write(handler, 500, b"<html>internal error</html>", {"Content-Type": "text/html"})

    def _commit_then_reset(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self._commit(handler, body)
        _reset(handler)

    def _commit_then_hang(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self._commit(handler, body)
        time.sleep(self._hang)
        handler.close_connection = True

    def _hang_then_commit(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        time.sleep(self._hang)
        self._commit(handler, body)
        handler.close_connection = True

    def _reset_before_commit(self, handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        _reset(handler)

    def _429(self, handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        _write(handler, 429, b"", {"Retry-After": "0"})

    def _refuse_for_a_while(self) -> None:
        """Close the port, so that the next connection is refused, and open it again a moment later."""
        self._fault = "nothing"
        self._servers[-1].shutdown()
        self._servers[-1].socket.close()

        def reopen() -> None:
            time.sleep(0.15)
            self._servers.append(self._bind(self.port))
            self._start()

        self._reopening = threading.Thread(target=reopen)
        self._reopening.start()

    def _bind(self, port: int) -> ThreadingHTTPServer:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                with contextlib.suppress(ConnectionError, BrokenPipeError):
                    service.handle(self)

            do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815

            def log_message(self, *_arguments: object) -> None:
                """Keep the test output quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = False
            allow_reuse_address = True

        return Server(("127.0.0.1", port), Handler)

    def _start(self) -> None:
        threading.Thread(target=self._servers[-1].serve_forever, kwargs={"poll_interval": 0.02}).start()

    def _stop(self) -> None:
        if self._reopening is not None:
            self._reopening.join()
        self._servers[-1].shutdown()
        for server in self._servers:
            server.server_close()  # joins the threads of requests still being handled


def _write(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(body)
    handler.close_connection = True


def _reset(handler: BaseHTTPRequestHandler) -> None:
    """Close with RST: lingering switched on, for zero seconds."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(handler.connection.detach())  # close() would wait for the handler's own file objects
    handler.close_connection = True
