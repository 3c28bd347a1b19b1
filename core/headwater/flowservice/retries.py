"""Which requests to Flow Service are sent again: this room's own rule, the same for every adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from headwater.flowservice.answer import Answer
from headwater.http.no_answer import NoAnswer
from headwater.http.retry_policy import retry_policy

if TYPE_CHECKING:
    from collections.abc import Callable

    import tenacity

Outcome: TypeAlias = Answer | NoAnswer

METHODS = frozenset({"GET", "DELETE", "PATCH", "PUT"})
STATUSES = frozenset({429, 502, 503, 504})
LONGEST_PAUSE = 60.0  # seconds; a Retry-After that asks for more is cut to this
LONGEST = 180.0  # seconds after which no further attempt begins, so that a hanging service ends some time
_FIRST_PAUSE = 0.1  # seconds


def service_policy(attempts: int, sleep: Callable[[float], None]) -> tenacity.Retrying:
    """Return the policy of Flow Service's requests, to be called with a function that returns an `Outcome`."""
    return retry_policy(
        may_pass,
        attempts=attempts,
        first_pause=_FIRST_PAUSE,
        longest_pause=LONGEST_PAUSE,
        give_up_after=LONGEST,
        sleep=sleep,
    )


def may_pass(outcome: Outcome) -> bool:
    """Say whether sending again may help."""
    if isinstance(outcome, NoAnswer):
        return outcome.passing
    return outcome.status in STATUSES


def may_have_happened(outcome: Outcome) -> bool:
    """Say whether a request that is sent again may have been carried out the first time.

    A refused token is no proof of the contrary: whoever stands before the service may say so after the request has
    gone through.
    """
    if isinstance(outcome, NoAnswer):
        return outcome.sent
    return outcome.status != 429
