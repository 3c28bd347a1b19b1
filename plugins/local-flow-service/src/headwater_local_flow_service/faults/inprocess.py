"""Faults inside the process: every verdict becomes the exception or the answer that `requests` would have made of it.

The exceptions have the same shape inside as those of a real connection: clients look there for whether anything was
sent. Nobody waits for a hang: the client's patience is taken to be over at once.
"""

from __future__ import annotations

import errno
import math
import threading
import time
from http.client import RemoteDisconnected
from typing import TYPE_CHECKING, Any

import requests
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from headwater_local_flow_service.faults import substitutes
from headwater_local_flow_service.faults.kinds import End

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater_local_flow_service.faults.engine import Faults
    from headwater_local_flow_service.faults.rules import Rule
    from headwater_local_flow_service.wsgi import Incoming, Outgoing


class InProcess:
    """Carries verdicts out for one transport. `close` waits for requests that are still to be carried out late."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._closing = threading.Event()
        self._late: list[threading.Thread] = []
        self._refusing_until = 0.0

    def exchange(
        self,
        request: requests.PreparedRequest,
        incoming: Incoming,
        call: Callable[[Incoming], Outgoing],
        timeout: Any = None,
    ) -> Outgoing:
        """Return the application's answer, unless a fault strikes. Raises what `requests` raises.

        An answer that announces more than its body holds makes `requests` raise when the body is read.
        """
        if time.monotonic() < self._refusing_until:
            raise _refusal(request)
        rule = self._faults.judge(incoming)
        if rule is None:
            return call(incoming)
        incoming = substitutes.alter_request(rule, incoming)
        if rule.kind.waits == "before":
            self._wait_before(rule, lambda: call(incoming))
            raise _read_timeout(request)
        answer = call(incoming) if rule.kind.commits else None
        if rule.kind.waits == "after":
            self._wait_after(rule, request, timeout)
        return self._end(rule, request, answer)

    def close(self) -> None:
        """Let what is still to be carried out late happen now, and wait for it; a refusal ends."""
        self._refusing_until = 0.0
        self._closing.set()
        while self._late:
            self._late.pop().join()
        self._closing.clear()

    def _wait_before(self, rule: Rule, commit: Callable[[], Any]) -> None:
        """The client gives up at once; what is to be carried out after all happens when its time has come."""
        if not rule.kind.commits:
            return

        def late() -> None:
            self._closing.wait(rule.detail("seconds"))
            commit()

        thread = threading.Thread(target=late, name="late-commit")
        self._late.append(thread)
        thread.start()

    def _wait_after(
        self, rule: Rule, request: requests.PreparedRequest, timeout: Any
    ) -> None:
        seconds = rule.detail("seconds")
        if rule.kind.hangs or seconds >= _patience(timeout):
            raise _read_timeout(request)
        self._closing.wait(seconds)

    def _end(
        self, rule: Rule, request: requests.PreparedRequest, answer: Outgoing | None
    ) -> Outgoing:
        end = rule.kind.end
        if end is End.OWN:
            return substitutes.build_answer(rule)
        if end is End.RESET or answer is None:
            raise _reset(request)
        if end is End.TRUNCATE:
            return _truncate(answer, request)
        if end is End.REFUSE:
            self._refusing_until = time.monotonic() + rule.detail("seconds")
        return answer


def _patience(timeout: Any) -> float:
    """Return how long the client would wait for an answer, in seconds; infinity where it sets no limit.

    `timeout` is what `requests` takes: seconds, a pair for connecting and reading, or urllib3's own object.
    """
    if isinstance(timeout, tuple):
        timeout = timeout[1]
    seconds = getattr(timeout, "read_timeout", timeout)
    if isinstance(seconds, (int, float)):
        return float(seconds)
    return math.inf


def _truncate(answer: Outgoing, request: requests.PreparedRequest) -> Outgoing:
    """Return half of an answer. Raises what `requests` raises for one without a body."""
    half = substitutes.cut_in_half(answer)
    if half is None:
        reason = "Remote end closed connection without response"
        raise _abort(request, RemoteDisconnected(reason))
    return half


def _refusal(request: requests.PreparedRequest) -> requests.ConnectionError:
    reason = NewConnectionError(
        HTTPConnection("embedded"), "Failed to establish a new connection: refused"
    )
    return requests.ConnectionError(
        MaxRetryError(_pool(), request.path_url, reason), request=request
    )


def _read_timeout(request: requests.PreparedRequest) -> requests.ReadTimeout:
    return requests.ReadTimeout(
        ReadTimeoutError(_pool(), request.path_url, "Read timed out."), request=request
    )


def _reset(request: requests.PreparedRequest) -> requests.ConnectionError:
    reason = ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
    return _abort(request, reason)


def _abort(
    request: requests.PreparedRequest, reason: Exception
) -> requests.ConnectionError:
    return requests.ConnectionError(
        ProtocolError("Connection aborted.", reason), request=request
    )


def _pool() -> HTTPConnectionPool:
    # For the text of an exception; it opens nothing.
    return HTTPConnectionPool("embedded")
