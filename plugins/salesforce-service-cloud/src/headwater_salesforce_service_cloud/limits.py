"""What is left of an organization's allowances."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from headwater.sources import Limit

if TYPE_CHECKING:
    from headwater.sources import HttpAnswer

SHOWN = ("DailyApiRequests", "DailyBulkV2QueryJobs", "DailyBulkV2QueryFileStorageMB")
_USAGE = re.compile(
    r"(?<![\w-])api-usage=([0-9]{1,12})/([0-9]{1,12})"
)  # not that of one app, per-app-api-usage


def read(answer: HttpAnswer) -> list[Limit] | None:
    """Return the limits that reading uses up, or None where the answer is no list of limits.

    The header is live, the body a few minutes old.
    """
    body = answer.json()
    found = [limit for name in SHOWN if (limit := _limit(name, body)) is not None]
    if not found:
        return None
    usage = _USAGE.search(answer.headers.get("Sforce-Limit-Info", ""))
    live = (
        Limit(
            name="API requests",
            left=max(0, int(usage[2]) - int(usage[1])),
            most=int(usage[2]),
        )
        if usage
        else None
    )
    return [live, *found] if live else found


def _limit(name: str, body: Any) -> Limit | None:
    value = body.get(name) if isinstance(body, dict) else None
    left, most = (
        (value.get("Remaining"), value.get("Max"))
        if isinstance(value, dict)
        else (None, None)
    )
    return (
        Limit(name=name, left=left, most=most)
        if type(left) is int and type(most) is int
        else None
    )
