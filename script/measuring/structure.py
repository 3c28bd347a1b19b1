"""``script/measure``: print the figures of a checkout, or what lies behind one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from measuring.figures import METRICS, TOTAL, measure_houses
from measuring.houses import find_houses
from measuring.lists import LISTS
from measuring.report import Report, finish, make_parser, print_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code, which is 1 only where ``--check`` finds a goal missed in the total."""
    parser = make_parser(
        "script/measure",
        "Measure how a checkout, or a package, is built and how plainly.",
    )
    parser.add_argument(
        "--list",
        metavar="METRIC",
        choices=LISTS,
        help=f"print the findings of: {', '.join(LISTS)}",
    )
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except ValueError as error:
        parser.error(str(error))


def _run(options: argparse.Namespace) -> int:
    houses = find_houses(options.root)
    if options.list:
        modules = [module for house in houses.values() for module in house]
        print_lines(LISTS[options.list](modules))
        return 0
    before = None
    if options.against:
        before = measure_houses(find_houses(options.against))
    return finish(
        Report(METRICS, measure_houses(houses), before, judged=TOTAL), options
    )
