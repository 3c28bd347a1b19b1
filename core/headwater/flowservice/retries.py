"""When a request is sent again: this room's own rule, the same for every adapter, with tenacity keeping the count."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import tenacity

from headwater.flowservice.answers import Answer
from headwater.http.no_answer import NoAnswer
from headwater.http.retry_after import retry_after

if TYPE_CHECKING:
    from collections.abc import Callable

Outcome: TypeAlias = Answer | NoAnswer

METHODS = frozenset({"GET", "DELETE", "PATCH", "PUT"})
STATUSES = frozenset({429, 502, 503, 504})
LONGEST_PAUSE = 60.0  # seconds; a Retry-After that asks for more is cut to this
LONGEST = 180.0  # seconds after which no further attempt begins, so that a hanging service ends some time
_FIRST_PAUSE = 0.1  # seconds, doubled each time
_LAST_PAUSE = 5.0  # seconds
_JITTER = 0.1  # seconds

_backoff = tenacity.wait_exponential(multiplier=_FIRST_PAUSE, max=_LAST_PAUSE)


def policy(attempts: int, sleep: Callable[[float], None]) -> tenacity.Retrying:
    """Return the policy: call it with a function that returns an `Outcome`, and get the last outcome back.

    One policy serves any number of threads, but must not be entered again from within the function it runs.
    """
    return tenacity.Retrying(
        retry=tenacity.retry_if_result(transient),
        stop=tenacity.stop_after_attempt(attempts) | tenacity.stop_after_delay(LONGEST),
        wait=tenacity.wait_combine(_asked_or_backoff, tenacity.wait_random(0, _JITTER)),
        sleep=sleep,
        retry_error_callback=_outcome,
    )


def transient(outcome: Outcome) -> bool:
    """Say whether sending again may help."""
    return (
        outcome.passing if isinstance(outcome, NoAnswer) else outcome.status in STATUSES
    )


def may_have_happened(outcome: Outcome) -> bool:
    """Say whether the request may have been carried out although no success came back."""
    return outcome.sent if isinstance(outcome, NoAnswer) else outcome.status >= 500


def _asked_or_backoff(state: tenacity.RetryCallState) -> float:
    outcome = _outcome(state)
    asked = retry_after(outcome.headers) if isinstance(outcome, Answer) else None
    return _backoff(state) if asked is None else min(asked, LONGEST_PAUSE)


def _outcome(state: tenacity.RetryCallState) -> Outcome:
    assert state.outcome is not None  # tenacity asks only after an attempt
    outcome: Outcome = state.outcome.result()
    return outcome
