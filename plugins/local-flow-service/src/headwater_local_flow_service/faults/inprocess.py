"""Faults inside the process: every verdict becomes the exception or the answer that `requests` would have made of it.

The exceptions have the same shape inside as those of a real connection: clients look there for whether anything was
sent. Nobody waits for a hang: the client's patience is taken to be over at once.
"""

from __future__ import annotations

import errno
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

from headwater_local_flow_service.faults import answers
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
            raise _refused(request)
        rule = self._faults.judge(incoming)
        if rule is None:
            return call(incoming)
        incoming = answers.altered(rule, incoming)
        if rule.kind.waits == "before":
            self._wait_before(rule, lambda: call(incoming))
            raise _timed_out(request)
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
        seconds, patience = rule.detail("seconds"), _read_timeout(timeout)
        if rule.kind.hangs or (patience is not None and seconds >= patience):
            raise _timed_out(request)
        self._closing.wait(seconds)

    def _end(
        self, rule: Rule, request: requests.PreparedRequest, answer: Outgoing | None
    ) -> Outgoing:
        end = rule.kind.end
        if end is End.OWN:
            return answers.own(rule)
        if end is End.RESET or answer is None:
            raise _aborted(
                request,
                ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
            )
        if end is End.TRUNCATE:
            half = answers.half(answer)
            if half is None:
                raise _aborted(
                    request,
                    RemoteDisconnected("Remote end closed connection without response"),
                )
            return half
        if end is End.REFUSE:
            self._refusing_until = time.monotonic() + rule.detail("seconds")
        return answer


def _read_timeout(timeout: Any) -> float | None:
    """Return how long the client would wait for an answer, in seconds; None is for ever."""
    given = timeout[1] if isinstance(timeout, tuple) else timeout
    given = getattr(given, "read_timeout", given)
    return float(given) if isinstance(given, (int, float)) else None


def _refused(request: requests.PreparedRequest) -> requests.ConnectionError:
    reason = NewConnectionError(
        HTTPConnection("embedded"), "Failed to establish a new connection: refused"
    )
    return requests.ConnectionError(
        MaxRetryError(_pool(), request.path_url, reason), request=request
    )


def _timed_out(request: requests.PreparedRequest) -> requests.ReadTimeout:
    return requests.ReadTimeout(
        ReadTimeoutError(_pool(), request.path_url, "Read timed out."), request=request
    )


def _aborted(
    request: requests.PreparedRequest, reason: Exception
) -> requests.ConnectionError:
    return requests.ConnectionError(
        ProtocolError("Connection aborted.", reason), request=request
    )


def _pool() -> HTTPConnectionPool:
    return HTTPConnectionPool(
        "embedded"
    )  # for the text of an exception; it opens nothing
