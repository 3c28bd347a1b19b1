"""What inlets work with: the store, the tokens of senders, what waits, and the thread that makes batches of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater_local_flow_service.store.inlet_rows import InletRows
from headwater_local_flow_service.streaming.backlog import Backlog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater_local_flow_service.gateway.tokens import Tokens
    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.settings import Settings
    from headwater_local_flow_service.store.inlet_rows import Message
    from headwater_local_flow_service.store.store import Store


class Streaming:
    """Inlets of one service."""

    def __init__(self, context: ServiceContext, tokens: Tokens) -> None:
        self.context = context
        self.tokens = tokens
        self._backlog = Backlog(context.store)

    @property
    def store(self) -> Store:
        """The store that messages are kept in."""
        return self.context.store

    @property
    def settings(self) -> Settings:
        """How the service behaves."""
        return self.context.settings

    def keep(self, messages: Sequence[Message]) -> None:
        """Store messages: they are on disk when this returns. Raises `InletError` where there is no room for more."""
        if not messages:
            return
        self._backlog.check(messages)
        with self.store.writing() as rows:
            InletRows(rows).add_messages(messages)
        self._backlog.add(messages)
