"""A first look at the service: may we read here, and what time is it there?"""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from headwater.flowservice.transport import Transport


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
        return min(0.0, self.date + 1 - self.asked)  # the header leaves out parts of a second


def probe(transport: Transport) -> Probe:
    """Read the list of connections, one at most. Raises what every request can raise."""
    asked = time.time()
    answer = transport.fine("GET", "/connections", query="limit=1")
    return Probe(asked=asked, answered=time.time(), date=_moment(answer.headers.get("Date", "")))


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
