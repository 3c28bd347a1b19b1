"""One engine for both mountings: which rule, if any, strikes a request."""

from __future__ import annotations

import random
import threading
import urllib.parse
from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.faults.rules import Plan

if TYPE_CHECKING:
    from headwater_local_flow_service.faults.rules import Rule
    from headwater_local_flow_service.wsgi import Incoming

CONTROL = "/_faults"  # the path of the rules themselves, which no fault strikes


@attrs.define
class _Tally:
    """One rule at work; its chance is its own, so that other rules and their requests do not change its course."""

    rule: Rule
    chance: random.Random
    matched: int = 0
    struck: int = 0

    def strikes(self) -> bool:
        """Count a matching request and say whether it is struck."""
        self.matched += 1
        # Rolled for every match, so that the course depends on nothing else.
        is_likely = self.chance.random() < self.rule.probability
        if self.rule.nth not in (None, self.matched):
            return False
        return is_likely and not self._is_spent()

    def _is_spent(self) -> bool:
        times = self.rule.times
        return times is not None and self.struck >= times


class Faults:
    """The rules in force, and how often each has struck. Any number of threads may ask.

    The same requests in the same order under the same seed are struck the same way.
    """

    def __init__(self, plan: Plan | None = None) -> None:
        self._guard = threading.Lock()
        self.replace(plan or Plan())

    def replace(self, plan: Plan) -> None:
        """Put other rules in force; every count begins at 0 again."""
        tallies = [
            _Tally(rule, random.Random(f"{plan.seed}/{number}"))  # noqa: S311 - repeatable, not secret
            for number, rule in enumerate(plan.rules)
        ]
        with self._guard:
            self._seed, self._tallies = plan.seed, tallies

    def judge(self, incoming: Incoming) -> Rule | None:
        """Return the first rule that strikes, or None. Every rule counts every request that matches it."""
        path = urllib.parse.unquote(incoming.path)
        if path.rstrip("/") == CONTROL:
            return None
        first: _Tally | None = None
        with self._guard:
            for tally in self._tallies:
                if not _concerns(tally.rule, incoming, path):
                    continue
                if tally.strikes() and first is None:
                    first = tally
            if first is None:
                return None
            first.struck += 1
            return first.rule

    def report(self) -> dict[str, Any]:
        """Return the rules as JSON has them, with how many requests each has `matched` and `struck`."""
        with self._guard:
            rules = [
                {
                    **tally.rule.as_dict(),
                    "matched": tally.matched,
                    "struck": tally.struck,
                }
                for tally in self._tallies
            ]
            return {"seed": self._seed, "rules": rules}

    @property
    def struck(self) -> tuple[int, ...]:
        """How often each rule has struck."""
        with self._guard:
            return tuple(tally.struck for tally in self._tallies)


def _concerns(rule: Rule, incoming: Incoming, path: str) -> bool:
    if not rule.fits(incoming.method, path):
        return False
    needed_header = rule.kind.needs
    return not needed_header or incoming.header(needed_header) is not None
