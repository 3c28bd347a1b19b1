"""The port itself: one period of listening, every connection in a thread of its own."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
import threading
import traceback
from typing import TYPE_CHECKING

from headwater.foreign import raise_bare
from headwater_local_flow_service.faults.handler import Handler, RequestServer
from headwater_local_flow_service.serving import ports

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater_local_flow_service.wsgi import Incoming

log = logging.getLogger("headwater.local")

_POLL = 0.02  # seconds until a stop is noticed


class Listener(RequestServer):
    """One period of listening; `handle` answers each request. The port closes, and opens again with another one."""

    allow_reuse_address = True
    allow_reuse_port = False
    request_queue_size = 128
    daemon_threads = False

    def __init__(
        self, handle: Callable[[Handler, Incoming], None], address: str, port: int
    ) -> None:
        self.address_family = ports.family_of(address)
        self.handle = handle
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(
            target=self.serve_forever, args=(_POLL,), name="fault-server"
        )
        try:
            super().__init__((address, port), Handler)
        except OSError as error:
            raise_bare(ports.cannot_listen(address, port, error))

    def start(self) -> None:
        """Listen."""
        self._thread.start()

    def stop_listening(self) -> None:
        """Refuse connections from now on; requests at hand go on."""
        self.shutdown()
        self.socket.close()

    def stop(self) -> None:
        """Stop listening, and wait for the requests at hand; those not sent yet are not waited for."""
        if self._thread.ident is not None:
            self.shutdown()
            self._thread.join()
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        self.server_close()

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept a connection, and remember it until it is closed."""
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(
        self, request: socket.socket | tuple[bytes, socket.socket]
    ) -> None:
        """Close a connection."""
        if isinstance(request, socket.socket):
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, _request: object, _client_address: object) -> None:
        """Log where a handler failed; the exception's own text could hold what the caller sent."""
        kind, _error, trace = sys.exc_info()
        name = getattr(kind, "__name__", "")
        log.error("a request failed: %s\n%s", name, "".join(traceback.format_tb(trace)))
