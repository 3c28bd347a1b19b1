"""Flow Service as the rest of Headwater sees it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from headwater.errors import InvalidInput
from headwater.flowservice.connections import Connections, SourceConnections, TargetConnections
from headwater.flowservice.flows import Flows, Runs
from headwater.flowservice.probing import probe
from headwater.flowservice.specs import ConnectionSpecs, FlowSpecs
from headwater.flowservice.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.flowservice.endpoint import Endpoint
    from headwater.flowservice.probing import Probe


class FlowService:
    """One Flow Service, to be closed after use (it is a context manager).

    Any number of threads may share one: it keeps one Session that is not changed after it has been opened, and its
    access token is fetched by one thread at a time. `retries` says how often a request that may be repeated is sent
    again; `sleep` pauses before that, for so many seconds.
    """

    def __init__(self, endpoint: Endpoint, *, retries: int = 4, sleep: Callable[[float], None] = time.sleep) -> None:
        if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
            raise InvalidInput("retries must be a whole number of 0 or more")
        self.endpoint = endpoint
        self._transport = Transport(endpoint, attempts=retries + 1, sleep=sleep)
        self.connections = Connections(self._transport)
        self.connection_specs = ConnectionSpecs(self._transport)
        self.source_connections = SourceConnections(self._transport)
        self.target_connections = TargetConnections(self._transport)
        self.flows = Flows(self._transport)
        self.flow_specs = FlowSpecs(self._transport)
        self.runs = Runs(self._transport)

    def __repr__(self) -> str:
        return f"<FlowService {self.endpoint.url} sandbox={self.endpoint.sandbox}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def probe(self) -> Probe:
        """Read the list of connections, one at most, and return what the clocks said meanwhile."""
        return probe(self._transport)

    def close(self) -> None:
        """Close every connection to the service."""
        self._transport.close()
