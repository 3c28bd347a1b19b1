"""Whoever reads what comes of messages has those that are due put into their data sets first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.store.inlet_rows import InletRows
from headwater_local_flow_service.store.storeerrors import StoreUnavailable

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.streaming.streaming import Streaming

# Dataflows and runs, batches and data sets, and their files.
_READ: Final = (
    "/data/foundation/flowservice/flows",
    "/data/foundation/flowservice/runs",
    "/data/foundation/catalog/",
    "/data/foundation/export/",
)
_PATIENCE: Final = 2.0  # seconds


class GoOn:
    """Falcon middleware, behind the gateway."""

    def __init__(self, streaming: Streaming) -> None:
        self._streaming = streaming

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Wait a moment for messages of the caller's sandbox that are due; the answer does not depend on it."""
        if req.method != "GET" or not req.path.startswith(_READ):
            return
        try:
            with self._streaming.store.reading() as rows:
                is_waiting = InletRows(rows).is_waiting(req.context.caller.scope)
        except (StoreUnavailable, FlowError):
            return  # whoever is asked next says so
        if is_waiting:
            self._streaming.go_on(_PATIENCE)
