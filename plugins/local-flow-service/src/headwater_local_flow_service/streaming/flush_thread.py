"""The thread that puts messages into their data sets once they have waited long enough, or are many."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import uuid
from typing import TYPE_CHECKING, Final

from headwater_local_flow_service.errors import FlowError, log_frames
from headwater_local_flow_service.files.file_store import FilesUnavailable
from headwater_local_flow_service.kernel.clock import now
from headwater_local_flow_service.store import leases
from headwater_local_flow_service.store.inlet_rows import InletRows
from headwater_local_flow_service.store.storeerrors import StoreUnavailable
from headwater_local_flow_service.streaming.flushing import Undeliverable
from headwater_local_flow_service.streaming.windows import MOST_IN_WINDOW

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from headwater_local_flow_service.store.inlet_rows import Stream
    from headwater_local_flow_service.store.store import Store
    from headwater_local_flow_service.streaming.flushing import Flusher

log = logging.getLogger("headwater.local")

_LEASE: Final = "inlets"
_LEASE_SECONDS: Final = 5
_LOOK_SECONDS: Final = 5.0  # between two looks at what other processes have taken in
_SHORTEST: Final = 0.05  # seconds between two looks
_AFTER_FAILURE: Final = 5.0  # seconds
_CLOSING: Final = 30  # seconds in which a flush that is under way may end


class FlushThread:
    """One thread of a process, started when there is something to do. One process at a time flushes, by a lease."""

    def __init__(self, store: Store, flusher: Flusher, interval: float) -> None:
        self._store = store
        self._flusher = flusher
        self._interval = interval
        self._holder = uuid.uuid4().hex
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_watching = False
        self._is_closed = False
        self._is_called = self._has_news = self._looks_soon = False
        self._passes_begun = 0
        self._passes_ended = 0

    def wake(self) -> None:
        """Take note that messages wait."""
        # Looked at without a lock: most senders need not disturb a thread that will look soon enough by itself.
        if not self._looks_soon:
            with self._changed:
                self._has_news = True
                self._start()
                self._changed.notify_all()

    def watch(self) -> None:
        """Look as long as this process lives, also for what others have taken in and left."""
        self._is_watching = True
        with self._changed:
            self._call()

    def go_on(self, patience: float) -> None:
        """Have what is due put into data sets, and wait so many seconds for it."""
        with self._changed:
            wanted = self._passes_begun + 1
            self._call()
            self._changed.wait_for(
                lambda: self._passes_ended >= wanted or self._is_closed, patience
            )

    def close(self) -> None:
        """Begin nothing more, and wait a while for what is under way."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(_CLOSING)
            with contextlib.suppress(StoreUnavailable):
                leases.release(self._store, _LEASE, self._holder)

    def _call(self) -> None:
        """Have a pass begin at once; for who holds the lock."""
        self._is_called = True
        self._start()
        self._changed.notify_all()

    def _start(self) -> None:
        if self._thread is None and not self._is_closed:
            self._thread = threading.Thread(
                target=self._work, name="inlets", daemon=True
            )
            self._thread.start()

    def _work(self) -> None:
        pause: float | None = 0.0
        while self._wait(pause):
            pause = self._pass()

    def _wait(self, pause: float | None) -> bool:
        """Wait for the next pass, or for whoever wants one now; False where there shall be none."""
        with self._changed:
            # News need no pass of their own where the next one comes before they are due.
            self._looks_soon = pause is not None and pause <= self._interval
            is_due = self._is_called or (self._has_news and not self._looks_soon)
            if not is_due and not self._is_closed:
                self._changed.wait(pause)
            self._is_called = self._has_news = self._looks_soon = False
            self._passes_begun += 1
            return not self._is_closed

    def _pass(self) -> float | None:
        """Flush what is due; return after how many seconds to look again, None where only when woken."""
        try:
            pause = self._flush_due()
        except StoreUnavailable as error:
            log.warning("messages of inlets wait: %s", error)
            pause = _AFTER_FAILURE
        except Exception as error:
            log_frames("a flush of an inlet failed", error)
            pause = _AFTER_FAILURE
        with self._changed:
            self._passes_ended = self._passes_begun
            self._changed.notify_all()
        return pause

    def _flush_due(self) -> float | None:
        streams = self._list_streams()
        due = [stream for stream in streams if self._seconds_until(stream) <= 0]
        if due and not self._claim():
            return _LOOK_SECONDS
        if not due:
            return self._count_down(streams, failed=())
        failed: list[str] = []
        while due:
            # One window of each at a time: a stream that never ends keeps no other waiting.
            due = [stream for stream in due if self._flush(stream, failed)]
            if due and (self._is_closed or not self._claim()):
                return _SHORTEST
        return self._count_down(self._list_streams(), failed)

    def _count_down(
        self, streams: Sequence[Stream], failed: Collection[str]
    ) -> float | None:
        """Return after how many seconds the next of these streams is due; None where none waits."""
        waits = [
            max(_SHORTEST, self._seconds_until(stream))
            for stream in streams
            if stream.flow not in failed
        ]
        if failed:
            waits.append(_AFTER_FAILURE)
        if self._is_watching:
            waits.append(_LOOK_SECONDS)
        return min(waits, default=None)

    def _flush(self, stream: Stream, failed: list[str]) -> bool:
        """Flush one window of a stream; say whether others may wait behind it. What cannot be done is told the log."""
        try:
            return self._flusher.flush(stream.scope, stream.flow)
        except StoreUnavailable:
            raise
        except (Undeliverable, FilesUnavailable, FlowError) as error:
            log.warning("messages for the dataflow %s wait: %s", stream.flow, error)
        except Exception as error:
            log_frames("a flush of an inlet failed", error)
        failed.append(stream.flow)
        return False

    def _list_streams(self) -> list[Stream]:
        with self._store.reading() as rows:
            return InletRows(rows).list_streams()

    def _seconds_until(self, stream: Stream) -> float:
        """Return after how many seconds a stream is due."""
        if stream.count >= MOST_IN_WINDOW:
            return 0
        return stream.oldest / 1000 + self._interval - time.time()

    def _claim(self) -> bool:
        moment = now()
        return leases.claim(
            self._store,
            _LEASE,
            self._holder,
            now=moment,
            until=moment + _LEASE_SECONDS * 1000,
        )
