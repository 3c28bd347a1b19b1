"""What inlets work with: the store, the tokens of senders, what waits, and the thread that makes batches of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater_local_flow_service.inlets.registry import InletFinder
from headwater_local_flow_service.store.inlet_rows import InletRows
from headwater_local_flow_service.streaming.backlog import Backlog
from headwater_local_flow_service.streaming.flush_thread import FlushThread
from headwater_local_flow_service.streaming.flushing import Flusher
from headwater_local_flow_service.streaming.validating import Validator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater_local_flow_service.gateway.tokens import Tokens
    from headwater_local_flow_service.lake.lake import Lake
    from headwater_local_flow_service.settings import Settings
    from headwater_local_flow_service.store.inlet_rows import Message
    from headwater_local_flow_service.store.store import Store


class Streaming:
    """Inlets of one service; `lake` is where their messages end."""

    def __init__(self, lake: Lake, tokens: Tokens) -> None:
        self.store: Store = lake.store
        self.settings: Settings = lake.context.settings
        self.tokens = tokens
        self.finder = InletFinder(lake.store)
        self.validator = Validator(lake.store)
        self._lake = lake
        self._backlog = Backlog(lake.store)
        self._thread = FlushThread(
            lake.store, Flusher(lake, self.validator), self.settings.inlet_interval
        )

    def check_place(self) -> None:
        """Refuse messages where no data set can take them: `NeighbourError` (501) says what is missing."""
        assert self._lake.files is not None

    def keep(self, messages: Sequence[Message]) -> None:
        """Store messages: they are on disk when this returns. Raises `InletError` where there is no room for more."""
        if not messages:
            return
        self._backlog.check(messages)
        with self.store.writing() as rows:
            InletRows(rows).add_messages(messages)
        self._backlog.add(messages)
        self._thread.wake()

    def watch(self) -> None:
        """Put into data sets, as long as this process lives, what any process has taken in."""
        self._thread.watch()

    def go_on(self, patience: float) -> None:
        """Have what is due put into data sets, and wait so many seconds for it."""
        self._thread.go_on(patience)

    def close(self) -> None:
        """Let a flush that is under way end, and begin no other; what waits is kept."""
        self._thread.close()
