"""Sending again: how often, and after how long a pause. What is sent again is each client's own rule."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import tenacity
from tenacity.wait import wait_base

from headwater.http.no_answer import NoAnswer
from headwater.http.retry_after import retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LONGEST_BACKOFF = 5.0  # seconds
_JITTER = 0.1  # seconds


class Answered(Protocol):
    """An answer of any client, as far as the pause after it goes."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers by name, whatever its case."""


Outcome: TypeAlias = Answered | NoAnswer


def retry_policy(
    may_pass: Callable[[Any], bool],
    *,
    attempts: int,
    first_pause: float,
    longest_pause: float,
    sleep: Callable[[float], None],
    give_up_after: float = math.inf,
) -> tenacity.Retrying:
    """Return a policy: call it with a function that returns an outcome, and get the last outcome back.

    `may_pass` says of an outcome whether sending again may help; `attempts` counts the first one. Pauses are seconds:
    as many as the answer asks for, up to `longest_pause`; else `first_pause`, doubled each time. No attempt begins
    more than `give_up_after` seconds after the first.

    One policy serves any number of threads, but must not be entered again from within the function it runs.
    """
    return tenacity.Retrying(
        retry=tenacity.retry_if_result(may_pass),
        stop=tenacity.stop_after_attempt(attempts)
        | tenacity.stop_after_delay(give_up_after),
        wait=tenacity.wait_combine(
            _Pause(first_pause, longest_pause), tenacity.wait_random(0, _JITTER)
        ),
        sleep=sleep,
        retry_error_callback=_last_outcome,
    )


class _Pause(wait_base):
    """The pause an answer asks for; where it asks for none, one that grows with each attempt."""

    def __init__(self, first: float, longest: float) -> None:
        self._longest = longest
        self._backoff = tenacity.wait_exponential(
            multiplier=first, max=_LONGEST_BACKOFF
        )

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        outcome = _last_outcome(retry_state)
        asked = None
        if not isinstance(outcome, NoAnswer):
            asked = retry_after(outcome.headers)
        if asked is None:
            return self._backoff(retry_state)
        return min(asked, self._longest)


def _last_outcome(state: tenacity.RetryCallState) -> Outcome:
    assert state.outcome is not None  # tenacity asks only after an attempt
    outcome: Outcome = state.outcome.result()
    return outcome
