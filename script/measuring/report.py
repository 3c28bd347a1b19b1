"""The command: print the figures of a checkout, beside those of another one where asked, or what lies behind one."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from measuring.figures import METRICS, TOTAL, measure_houses
from measuring.houses import find_houses
from measuring.lists import LISTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from measuring.figures import Figures, Metric

    Measured = Mapping[str, Figures]

_HERE = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code, which is 1 only where ``--check`` finds a goal missed."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except ValueError as error:
        parser.error(str(error))


def _run(options: argparse.Namespace) -> int:
    houses = find_houses(options.root.resolve())
    if options.list:
        modules = [module for house in houses.values() for module in house]
        _print_lines(LISTS[options.list](modules))
        return 0
    after = measure_houses(houses)
    before = measure_houses(find_houses(options.against.resolve())) if options.against else None
    if options.json:
        print(json.dumps(_document(after, before), indent=2))
    else:
        _print_lines(_table(after, before))
    missed = _missed(after)
    if options.check:
        print("\n".join(missed) or "every goal is met", file=sys.stderr)
    return int(options.check and bool(missed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="script/measure", description="Measure the structure of a checkout.")
    parser.add_argument("root", metavar="ROOT", nargs="?", type=Path, default=_HERE, help="a checkout, or a package")
    parser.add_argument("--against", metavar="OTHER_ROOT", type=Path, help="show OTHER_ROOT → ROOT")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--list", metavar="METRIC", choices=LISTS, help=f"print the findings of: {', '.join(LISTS)}")
    parser.add_argument("--check", action="store_true", help="exit 1 where the total misses a goal")
    return parser


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _document(after: Measured, before: Measured | None) -> Mapping[str, object]:
    goals = {metric.key: metric.goal for metric in METRICS if metric.goal is not None}
    if before is None:
        return {"goals": goals, "figures": after}
    return {"goals": goals, "before": before, "after": after}


def _table(after: Measured, before: Measured | None) -> list[str]:
    """Return one row for each metric and one column for each house, as aligned text."""
    houses = _columns(after, before)
    rows = [["", "goal", *houses]]
    for metric in METRICS:
        cells = [_cell(metric, after.get(house), before, house) for house in houses]
        rows.append([metric.label, _goal(metric), *cells])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [_row(cells, widths) for cells in rows] + ["", "* misses the goal"]


def _columns(after: Measured, before: Measured | None) -> list[str]:
    houses = dict.fromkeys([*(before or {}), *after])
    return [house for house in houses if house != TOTAL] + [TOTAL]


def _cell(metric: Metric, figures: Figures | None, before: Measured | None, house: str) -> str:
    now = _figure(metric, figures)
    if before is None:
        return now
    return f"{_figure(metric, before.get(house))} → {now}"


def _figure(metric: Metric, figures: Figures | None) -> str:
    if figures is None:
        return "-"
    figure = figures[metric.key]
    mark = "*" if metric.misses(figure) else ""
    return f"{figure:.{metric.digits}f}{mark}"


def _goal(metric: Metric) -> str:
    return "" if metric.goal is None else f"≤ {metric.goal:g}"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    label, *figures = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join([label, *figures]).rstrip()


def _missed(after: Measured) -> list[str]:
    return [
        f"{metric.label}: {_figure(metric, after[TOTAL]).rstrip('*')} misses the goal {_goal(metric)}"
        for metric in METRICS
        if metric.misses(after[TOTAL][metric.key])
    ]
