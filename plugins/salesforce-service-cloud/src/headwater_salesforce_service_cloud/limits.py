"""What is left of an organization's API requests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from headwater.sources import Limit

if TYPE_CHECKING:
    from headwater.sources import HttpAnswer

NOTE = (
    "the daily limits of the Bulk API are not asked for: "
    "that would take the permission View Setup and Configuration, which reading does not need"
)
# Not that of one app, per-app-api-usage.
_USAGE = re.compile(r"(?<![\w-])api-usage=([0-9]{1,12})/([0-9]{1,12})")


def read_usage(answer: HttpAnswer) -> tuple[Limit, ...]:
    """Return how many requests are left of the last 24 hours' allowance, where the answer says so.

    The header stands in every answer to a request that counts, and is live.
    """
    usage = _USAGE.search(answer.headers.get("Sforce-Limit-Info", ""))
    if usage is None:
        return ()
    used, most = int(usage[1]), int(usage[2])
    return (Limit(name="API requests", left=max(0, most - used), most=most),)
