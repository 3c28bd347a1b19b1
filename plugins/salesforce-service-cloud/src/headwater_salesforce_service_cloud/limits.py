"""What is left of an organization's allowances."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from headwater.sources import Limit

if TYPE_CHECKING:
    from headwater.sources import HttpAnswer

SHOWN = ("DailyApiRequests", "DailyBulkV2QueryJobs", "DailyBulkV2QueryFileStorageMB")
# Not that of one app, per-app-api-usage.
_USAGE = re.compile(r"(?<![\w-])api-usage=([0-9]{1,12})/([0-9]{1,12})")


def read_limits(answer: HttpAnswer) -> list[Limit] | None:
    """Return the limits that reading uses up, or None where the answer is not a list of limits.

    The header is live, the body a few minutes old.
    """
    limits = []
    for name in SHOWN:
        limit = _read_limit(name, answer.member(name))
        if limit is not None:
            limits.append(limit)
    usage = _USAGE.search(answer.headers.get("Sforce-Limit-Info", ""))
    if limits and usage is not None:
        used, most = int(usage[1]), int(usage[2])
        live = Limit(name="API requests", left=max(0, most - used), most=most)
        limits.insert(0, live)
    return limits or None


def _read_limit(name: str, value: Any) -> Limit | None:
    if not isinstance(value, dict):
        return None
    left, most = value.get("Remaining"), value.get("Max")
    if type(left) is not int or type(most) is not int:
        return None
    return Limit(name=name, left=left, most=most)
