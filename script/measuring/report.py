"""What both commands share: their options, and a table of figures with goals, beside those of another checkout."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Figures = Mapping[str, float]
    Columns = Mapping[str, Figures]

_HERE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Metric:
    """What a figure is called in JSON and to people, and the most it should be."""

    key: str
    label: str
    digits: int = 0
    goal: float | None = None

    def misses(self, figure: float) -> bool:
        """Say whether a figure is above the goal."""
        return self.goal is not None and figure > self.goal

    def show(self, figures: Figures | None) -> str:
        """Write this metric's figure as in the table, marked where it misses the goal."""
        if figures is None:
            return "-"
        figure = figures[self.key]
        text = f"{figure:.{self.digits}f}"
        if self.misses(figure):
            return f"{text}*"
        return text

    def show_goal(self) -> str:
        """Write the goal as in the table."""
        if self.goal is None:
            return ""
        return f"≤ {self.goal:g}"


@dataclass(frozen=True)
class Report:
    """The figures of one checkout, by column, beside those `before`, if any. Goals are judged by one column."""

    metrics: Sequence[Metric]
    after: Columns
    before: Columns | None
    judged: str

    def table(self) -> Iterator[str]:
        """Return one line for each metric, aligned."""
        rows = [["", "goal", *self._columns()]]
        for metric in self.metrics:
            rows.append([metric.label, metric.show_goal(), *self._cells(metric)])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = map(str.ljust, row, widths)
            yield "  ".join(cells).rstrip()
        yield ""
        yield "* misses the goal"

    def document(self) -> Mapping[str, object]:
        """Return the same as `table` for machines."""
        goals = {
            metric.key: metric.goal
            for metric in self.metrics
            if metric.goal is not None
        }
        if self.before is None:
            return {"goals": goals, "figures": self.after}
        return {"goals": goals, "before": self.before, "after": self.after}

    def find_misses(self) -> Iterator[str]:
        """Name each goal that is missed."""
        figures = self.after[self.judged]
        for metric in self.metrics:
            figure = figures[metric.key]
            if metric.misses(figure):
                yield f"{metric.label}: {figure:.{metric.digits}f} misses the goal {metric.show_goal()}"

    def _columns(self) -> list[str]:
        """Return the columns of both checkouts, the judged one last."""
        columns = dict.fromkeys(self.before or ())
        columns.update(dict.fromkeys(self.after))
        columns.pop(self.judged)
        return [*columns, self.judged]

    def _cells(self, metric: Metric) -> Iterator[str]:
        for column in self._columns():
            now = metric.show(self.after.get(column))
            if self.before is None:
                yield now
            else:
                yield f"{metric.show(self.before.get(column))} → {now}"


def make_parser(program: str, description: str) -> argparse.ArgumentParser:
    """Return the options that both commands take."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument(
        "root",
        metavar="ROOT",
        nargs="?",
        type=_folder,
        default=_HERE,
        help="the checkout to measure",
    )
    parser.add_argument(
        "--against", metavar="OTHER_ROOT", type=_folder, help="show OTHER_ROOT → ROOT"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument(
        "--check", action="store_true", help="exit 1 where a goal is missed"
    )
    return parser


def finish(report: Report, options: argparse.Namespace) -> int:
    """Print a report as the options say and return the exit code."""
    if options.json:
        print(json.dumps(report.document(), indent=2))
    else:
        print_lines(report.table())
    if not options.check:
        return 0
    missed = list(report.find_misses())
    print("\n".join(missed) or "every goal is met", file=sys.stderr)
    return min(len(missed), 1)


def print_lines(lines: Iterator[str]) -> None:
    """Print each line as soon as it is there."""
    for line in lines:
        print(line)


def _folder(text: str) -> Path:
    return Path(text).resolve()
