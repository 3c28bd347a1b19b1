"""Threads in which connectors ask their sources: bounded in number, and waited for so long and no longer.

A thread cannot be stopped from outside, and a connector is somebody else's code. So whoever asks is answered in time,
and a thread that has not returned by then is left alone; it counts among the bounded number for as long as it runs.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from headwater.errors import SourceUnavailable
from headwater.foreign import raise_bare
from headwater_local_flow_service.errors import unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("headwater.local")

_T = TypeVar("_T")


class SourceThreads:
    """At most `most` threads at once, those included that nobody waits for any more."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._free = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._overdue = 0

    @property
    def overdue(self) -> int:
        """How many threads run that nobody waits for any more."""
        return self._overdue

    def run(self, ask: Callable[[], _T], *, seconds: float) -> _T:
        """Let a thread ask, and return what it returns. Raises what it raises.

        Raises `SourceUnavailable` where it does not return in time, and `FlowError` where no thread is free: then
        nothing was asked.
        """
        if not self._free.acquire(blocking=False):
            raise unavailable("as many questions to sources are under way as may be")
        answer: Future[_T] = Future()
        self._start(ask, answer)
        try:
            return answer.result(seconds)
        except TimeoutError:
            if answer.done():  # the connector's own
                raise
            self._leave(answer)
            raise_bare(
                SourceUnavailable(
                    f"the connector has not returned within {seconds:g} seconds",
                    remedy="try again later; if it lasts, the connector waits without a timeout",
                )
            )
        finally:
            del answer  # which holds the failure, whose frames hold it

    def _start(self, ask: Callable[[], _T], answer: Future[_T]) -> None:
        thread = threading.Thread(
            target=self._ask, args=(ask, answer), name="source", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:  # the system has none left
            self._free.release()
            raise_bare(unavailable("no thread can be started; try again later"))

    def _ask(self, ask: Callable[[], _T], answer: Future[_T]) -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:  # for whoever waits
            answer.set_exception(error)
        finally:
            self._free.release()

    def _leave(self, answer: Future[_T]) -> None:
        """Count a thread among the overdue ones until it returns after all."""
        with self._lock:
            self._overdue += 1
            overdue = self._overdue
        answer.add_done_callback(self._come_back)
        log.error(
            "a connector does not return; %d of %d threads for sources are held so",
            overdue,
            self._most,
        )

    def _come_back(self, _answer: Future[_T]) -> None:
        with self._lock:
            self._overdue -= 1
