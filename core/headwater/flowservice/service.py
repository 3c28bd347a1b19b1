"""Flow Service as the rest of Headwater sees it."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Self

import attrs

from headwater.flowservice.connections import (
    Connections,
    SourceConnections,
    TargetConnections,
)
from headwater.flowservice.flows import Flows, Runs
from headwater.flowservice.landing_zone import LandingZone
from headwater.flowservice.resource import check_whole_number
from headwater.flowservice.specs import ConnectionSpecs, FlowSpecs
from headwater.flowservice.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.flowservice.endpoint import Endpoint


@attrs.frozen(kw_only=True)
class Probe:
    """When a request was made and answered by our clock, and when by the service's; seconds of the epoch.

    `date` is the ``Date`` header, whole seconds, or None where the service sent none.
    """

    asked: float
    answered: float
    date: float | None

    @property
    def skew(self) -> float | None:
        """How many seconds the service's clock is ahead of ours, negative where it is behind.

        Zero where the difference can be the time the request took; None where the service told no time.
        """
        if self.date is None:
            return None
        if self.date > self.answered:
            return self.date - self.answered
        # The header leaves out parts of a second.
        return min(0.0, self.date + 1 - self.asked)


def probe(transport: Transport) -> Probe:
    """Read the list of connections, one at most. Raises what every request can raise."""
    asked = time.time()
    answer = transport.request("GET", "/connections", query="limit=1")
    answered = time.time()
    date = _parse_date(answer.headers.get("Date", ""))
    return Probe(asked=asked, answered=answered, date=date)


def _parse_date(header: str) -> float | None:
    try:
        return parsedate_to_datetime(header).timestamp()
    except (ValueError, OverflowError):
        return None


class FlowService:
    """One Flow Service, to be closed after use (it is a context manager).

    Any number of threads may share one: it keeps one Session that is not changed after it has been opened, and its
    access token is fetched by one thread at a time. `retries` says how often a request that may be repeated is sent
    again; `sleep` pauses before that, for so many seconds.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        retries: int = 4,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        check_whole_number("retries", retries, least=0)
        self.endpoint = endpoint
        self._transport = Transport(endpoint, attempts=retries + 1, sleep=sleep)
        self.connections = Connections(self._transport)
        self.connection_specs = ConnectionSpecs(self._transport)
        self.source_connections = SourceConnections(self._transport)
        self.target_connections = TargetConnections(self._transport)
        self.flows = Flows(self._transport)
        self.flow_specs = FlowSpecs(self._transport)
        self.runs = Runs(self._transport)
        self.landing_zone = LandingZone(self._transport)

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
