"""How a check fails: with the rule that is broken and what to do about it, never with a value.

Nothing in this package is an ``assert`` statement: checks fail in the same way without pytest's rewriting of
assertions, and under ``python -O``.
"""

from __future__ import annotations

from operator import methodcaller


class ConformanceFailure(AssertionError):
    """A connector breaks a rule: `rule` says which, `remedy` what to do next."""

    def __init__(self, rule: str, remedy: str) -> None:
        super().__init__(f"{rule}; {remedy}")
        self.rule = rule
        self.remedy = remedy


# For ``__tracebackhide__`` of a module: pytest then leaves its frames out, where credentials could be arguments.
hidden = methodcaller("errisinstance", ConformanceFailure)

__tracebackhide__ = hidden


def demand(holds: object, rule: str, remedy: str) -> None:
    """Raise `ConformanceFailure` where the rule does not hold."""
    if not holds:
        raise ConformanceFailure(rule, remedy)
