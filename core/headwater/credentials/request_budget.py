"""What one request or one command may spend on validating: a time, and a number of findings.

Every command line begins one, so nothing but the standard library is imported here.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from headwater.credentials import budgets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextvars import Token


class OverBudgetError(Exception):
    """What is validated takes more time, or breaks more rules, than a request may."""


class Budget:
    """The time and the findings of one request; the clock runs while something is validated, not between."""

    def __init__(self) -> None:
        self.seconds = budgets.LONGEST_VALIDATION
        self.findings = budgets.MOST_FINDINGS
        self._deadline: float | None = None
        self._nested = 0

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Count a rule that is applied inside others. Raises `OverBudgetError` where they are too many.

        The interpreter's own limit would do, but libraries below jsonschema do not survive it.
        """
        self._nested += 1
        try:
            if self._nested > budgets.MOST_NESTED:
                raise OverBudgetError
            yield
        finally:
            self._nested -= 1

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let the clock run inside the block."""
        if self._deadline is not None:
            yield
            return
        self._deadline = time.monotonic() + self.seconds
        try:
            yield
        finally:
            self.seconds = self._deadline - time.monotonic()
            self._deadline = None

    def check(self) -> float:
        """Return the seconds that are left. Raises `OverBudgetError` where there are none."""
        left = self.seconds
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
        if left <= 0:
            raise OverBudgetError
        return left

    def count(self) -> None:
        """Count one finding. Raises `OverBudgetError` where there are too many."""
        self.findings -= 1
        if self.findings < 0:
            raise OverBudgetError


_BUDGET: ContextVar[Budget | None] = ContextVar("headwater_validation", default=None)


def begin_request() -> Token[Budget | None]:
    """Give whatever this thread validates a budget of its own, until `end_request` gets what this returns."""
    return _BUDGET.set(Budget())


def end_request(begun: Token[Budget | None]) -> None:
    """Let the budget of before count again: a caller may have the service inside its own process."""
    _BUDGET.reset(begun)


def current_budget() -> Budget:
    """Return the budget in force. Raises `OverBudgetError` where none is: nothing is evaluated without."""
    budget = _BUDGET.get()
    if budget is None:
        raise OverBudgetError
    return budget


@contextmanager
def one_budget() -> Iterator[Budget]:
    """Let everything inside share one budget: that of the request, or one that ends with the block."""
    budget = _BUDGET.get()
    if budget is not None:
        yield budget
        return
    begun = begin_request()
    try:
        yield current_budget()
    finally:
        end_request(begun)
