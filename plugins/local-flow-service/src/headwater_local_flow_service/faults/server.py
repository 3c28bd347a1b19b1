"""Faults on a real port: the application in one process, behind handlers that own their sockets.

A WSGI server can neither reset a connection nor let one hang, break an answer off, or close its port for a while.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Self

from headwater.errors import InvalidInput, Unreachable
from headwater_local_flow_service.faults import substitutes
from headwater_local_flow_service.faults.kinds import End
from headwater_local_flow_service.faults.listener import Listener
from headwater_local_flow_service.serving import ports
from headwater_local_flow_service.wsgi import call

if TYPE_CHECKING:
    from collections.abc import Callable
    from wsgiref.types import WSGIApplication

    from headwater_local_flow_service.faults.engine import Faults
    from headwater_local_flow_service.faults.handler import Handler
    from headwater_local_flow_service.faults.rules import Rule
    from headwater_local_flow_service.wsgi import Incoming, Outgoing

log = logging.getLogger("headwater.local")

_POLL = 0.02  # seconds
_REOPENING = 5.0  # seconds to try to get the port back


class FaultServer:
    """One port of this machine that answers with `app`, unless `faults` strike: a context manager.

    `heard` is told method, path, status (0 where no answer was sent), milliseconds and the fault of every request.
    Leaving it carries out what is pending and waits for every request that is still being handled. Raises
    `InvalidInput` for an address that others can reach, and `Unreachable` for a taken port.
    """

    def __init__(
        self,
        app: WSGIApplication,
        faults: Faults,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        heard: Callable[[str, str, int, float, str], None] | None = None,
    ) -> None:
        check_host(host)
        self._app = app
        self._faults = faults
        self._heard = heard
        self._host = host
        self._stopping = threading.Event()
        self._hurrying = threading.Event()
        self._guard = threading.Condition()
        self._busy = 0  # requests being handled
        self._refusing: threading.Thread | None = None
        self._listeners = [Listener(self.handle, ports.address_of(host), port)]
        self.port: int = self._listeners[0].server_address[1]

    @property
    def url(self) -> str:
        """Root URL of the service."""
        return f"http://{ports.authority(self._host, self.port)}"

    def __enter__(self) -> Self:
        self._listeners[0].start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop, as leaving the context does."""
        with self._guard:
            self._stopping.set()
        self._hurrying.set()
        if self._refusing is not None:
            self._refusing.join()
        for listener in self._listeners:
            listener.stop()

    def wait_until_idle(self) -> None:
        """End what hangs, carry out now what was to be carried out late, open the port again, and wait for all this."""
        self._hurrying.set()
        with self._guard:
            self._guard.wait_for(lambda: not self._busy)
        if self._refusing is not None:
            self._refusing.join()
        if not self._stopping.is_set():
            self._hurrying.clear()

    settle = wait_until_idle  # its public name

    def handle(self, handler: Handler, incoming: Incoming) -> None:
        """Answer one request, or fail as the rules say."""
        self._count(+1)
        try:
            self._handle(handler, incoming)
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._guard:
            self._busy += change
            self._guard.notify_all()

    def _handle(self, handler: Handler, incoming: Incoming) -> None:
        started = time.perf_counter()
        rule = self._faults.judge(incoming)
        if rule is None:
            fault = ""
            status = handler.answer(call(self._app, incoming))
        else:
            fault = rule.fault
            status = self._strike(rule, handler, incoming)
        milliseconds = 1000 * (time.perf_counter() - started)
        if self._heard is not None:
            self._heard(incoming.method, incoming.path, status, milliseconds, fault)

    def _strike(self, rule: Rule, handler: Handler, incoming: Incoming) -> int:
        incoming = substitutes.alter_request(rule, incoming)
        if rule.kind.waits == "before":
            self._wait(rule, handler)
        answer = call(self._app, incoming) if rule.kind.commits else None
        if rule.kind.waits == "after":
            self._wait(rule, handler)
        return self._end(rule, handler, answer)

    def _end(self, rule: Rule, handler: Handler, answer: Outgoing | None) -> int:
        end = rule.kind.end
        if end is End.OWN:
            return handler.answer(substitutes.build_answer(rule))
        if end is End.RESET:
            return handler.reset()
        if end is End.TRUNCATE and answer is not None:
            answer = substitutes.cut_in_half(answer)
        if end is End.DROP or answer is None:
            return 0
        if end is End.REFUSE:
            self._refuse(rule.detail("seconds"))
        return handler.answer(answer)

    def _wait(self, rule: Rule, handler: Handler) -> None:
        """Let the fault's time pass; a hang ends early when the client has left."""
        until = time.monotonic() + rule.detail("seconds")
        while (left := until - time.monotonic()) > 0:
            if rule.kind.hangs and handler.has_left():
                return
            if self._hurrying.wait(min(left, _POLL)):
                return

    def _refuse(self, seconds: float) -> None:
        """Close the port and open it again later; the answer at hand goes out on its own connection."""
        with self._guard:
            if self._stopping.is_set() or self._is_refusing():
                return
            self._listeners[-1].stop_listening()
            self._refusing = threading.Thread(
                target=self._reopen, args=(seconds,), name="reopen"
            )
            self._refusing.start()

    def _is_refusing(self) -> bool:
        return self._refusing is not None and self._refusing.is_alive()

    def _reopen(self, seconds: float) -> None:
        self._hurrying.wait(seconds)
        until = time.monotonic() + _REOPENING
        while not self._stopping.is_set():
            with contextlib.suppress(Unreachable):  # somebody else has it
                listener = Listener(
                    self.handle, ports.address_of(self._host), self.port
                )
                self._listeners.append(listener)
                listener.start()
                return
            if time.monotonic() > until:
                log.error(
                    "port %d was taken by another program while it was closed on purpose",
                    self.port,
                )
                return
            self._stopping.wait(_POLL)


def check_host(host: str) -> None:
    """Raise `InvalidInput` for an address that others can reach: a service that fails on purpose is for tests."""
    if not ports.is_loopback(host):
        raise InvalidInput(
            "faults are for tests on this machine only, and the host is not an address of this machine only",
            remedy="leave --host out, or leave --faults out",
        )
