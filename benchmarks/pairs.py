"""Paired measurement: A and B in turn, so that a drifting machine drifts for both; the median of the ratios counts."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable


@attrs.frozen
class Ratio:
    """Medians of both sides in seconds, and the median, least and greatest of the ratios pair by pair."""

    subject: float
    reference: float
    ratios: tuple[float, ...]

    @property
    def median(self) -> float:
        """The ratio to quote."""
        return statistics.median(self.ratios)


def compare(
    subject: Callable[[], object], reference: Callable[[], object], *, runs: int
) -> Ratio:
    """Time both in turn, `runs` times after one warm-up each, swapping who goes first."""
    subject()
    reference()
    pairs = []
    for run in range(runs):
        order = (subject, reference) if run % 2 else (reference, subject)
        times = {side: _seconds(side) for side in order}
        pairs.append((times[subject], times[reference]))
    mine, theirs = zip(*pairs, strict=True)
    ratios = tuple(a / b for a, b in pairs)
    return Ratio(statistics.median(mine), statistics.median(theirs), ratios)


def report(claim: str, ratio: Ratio, limit: float) -> None:
    """Print one line: the claim, both medians, the ratio with its spread, and the limit it is held against."""
    verdict = "ok" if ratio.median <= limit else "OVER"
    spread = f"{min(ratio.ratios):.2f} to {max(ratio.ratios):.2f}"
    print(
        f"{claim}: {ratio.subject * 1000:.0f} ms against {ratio.reference * 1000:.0f} ms, "
        f"ratio {ratio.median:.2f} ({spread} in {len(ratio.ratios)} pairs), limit {limit:g}: {verdict}"
    )


def _seconds(side: Callable[[], object]) -> float:
    start = time.perf_counter()
    side()
    return time.perf_counter() - start
