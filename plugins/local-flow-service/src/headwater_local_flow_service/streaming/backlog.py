"""How much may wait at inlets: of each dataflow so many messages and characters, then senders are told to wait.

Counting a long backlog takes a while, so it is counted now and then; in between, each process adds what it has taken in
itself. Several processes together may let a little more in than is said.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import attrs

from headwater_local_flow_service.inlets.problems import InletError
from headwater_local_flow_service.store.inlet_rows import InletRows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headwater_local_flow_service.store.inlet_rows import Message
    from headwater_local_flow_service.store.store import Scope, Store

MOST_WAITING: Final = 100_000  # messages of one dataflow
MOST_WAITING_SIZE: Final = 268_435_456  # characters of them
RETRY_AFTER: Final = 5  # seconds

_SECONDS: Final = 1.0  # between two counts
_SHARE: Final = 20  # a count may take one in so many of the seconds between
_MOST_KNOWN: Final = 1024  # dataflows; those not used for longest are forgotten


@attrs.define
class _Known:
    """What is known of the messages of a dataflow, until `good_until` by the clock."""

    messages: int
    size: int
    good_until: float


class Backlog:
    """Watches how much waits, in one process."""

    def __init__(
        self, store: Store, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._clock = clock
        self._known: OrderedDict[tuple[Scope, str], _Known] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, messages: Sequence[Message]) -> None:
        """Refuse where a dataflow of these messages has no room for more. Raises `InletError` (503)."""
        for scope, flow in {(each.scope, each.flow) for each in messages}:
            known = self._look_up(scope, flow)
            if known.messages >= MOST_WAITING or known.size >= MOST_WAITING_SIZE:
                raise InletError(
                    503,
                    "too many messages of this dataflow wait for their batch; nothing was stored, try again later",
                    headers={"Retry-After": str(RETRY_AFTER)},
                )

    def add(self, messages: Sequence[Message]) -> None:
        """Take note of messages that were stored."""
        with self._lock:
            for message in messages:
                known = self._known.get((message.scope, message.flow))
                if known is not None:
                    known.messages += 1
                    known.size += len(message.text)

    def _look_up(self, scope: Scope, flow: str) -> _Known:
        with self._lock:
            known = self._known.get((scope, flow))
        if known is not None and self._clock() < known.good_until:
            return known
        began = self._clock()
        with self._store.reading() as rows:
            messages, size = InletRows(rows).measure(scope, flow)
        ended = self._clock()
        pause = max(_SECONDS, _SHARE * (ended - began))
        known = _Known(messages, size, good_until=ended + pause)
        with self._lock:
            self._known[(scope, flow)] = known
            self._known.move_to_end((scope, flow))
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return known
