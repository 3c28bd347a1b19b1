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
        rule = self.rule
        likely = (
            self.chance.random() < rule.probability
        )  # rolled for every match: the course depends on nothing else
        spent = rule.times is not None and self.struck >= rule.times
        return likely and not spent and rule.nth in (None, self.matched)


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
        with self._guard:
            matching = [
                tally
                for tally in self._tallies
                if _concerns(tally.rule, incoming, path)
            ]
            striking = [tally for tally in matching if tally.strikes()]
            if not striking:
                return None
            striking[0].struck += 1
            return striking[0].rule

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
    needs = rule.kind.needs
    return rule.fits(incoming.method, path) and (
        not needs or incoming.header(needs) is not None
    )
