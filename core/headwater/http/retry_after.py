"""How long an answer asks its client to wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a ``Retry-After`` header asks for, given as seconds or as an HTTP date; None without one."""
    from urllib3.exceptions import HTTPError
    from urllib3.util import Retry

    value = headers.get("Retry-After")
    if not value:
        return None
    try:
        return max(0.0, float(Retry().parse_retry_after(value)))
    except (HTTPError, ValueError, OverflowError):
        return None
