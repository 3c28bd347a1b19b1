"""A server that is not there: after the first to notice, others are told at once, and one now and then looks again.

Each who waits for such a server waits for seconds, and keeps a thread that could answer somebody else.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from headwater_local_flow_service.store.storeerrors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PAUSE: Final = 1.0  # seconds between two looks
_LOOK: Final = 5.0  # seconds that one look is waited for before another is made


class Breaker:
    """Lets requests through to a server while it is there; `is_lost` says which errors mean that it is not."""

    def __init__(self, is_lost: Callable[[BaseException], bool]) -> None:
        self._is_lost = is_lost
        self._lock = threading.Lock()
        self._next_look: float | None = None  # None while the server is there

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Run the block if the server is there, or if it is time to look. Raises `StoreUnavailable` otherwise."""
        if self._next_look is not None:
            self._look_or_refuse()
        try:
            yield
        except Exception as error:
            if self._is_lost(error):
                self._next_look = time.monotonic() + _PAUSE
            raise

    def close(self) -> None:
        """Let everybody through again: the server has answered."""
        self._next_look = None

    def _look_or_refuse(self) -> None:
        now = time.monotonic()
        with self._lock:
            if self._next_look is not None and now < self._next_look:
                raise StoreUnavailable("ServerLost")
            self._next_look = now + _LOOK
