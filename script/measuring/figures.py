"""The figures of one house, or of several taken together, and the goals some of them have."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from measuring.functions import find_comprehensions, find_functions, find_ternaries
from measuring.graph import (
    count_arrows,
    count_floors,
    find_circles,
    find_imports,
    module_graph,
    room_graph,
)
from measuring.report import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from measuring.functions import Function
    from measuring.houses import Module
    from measuring.report import Figures

TOTAL = "total"


METRICS = (
    Metric("module_circles", "circles of modules", goal=0),
    Metric("room_circles", "circles of rooms", goal=0),
    Metric("modules", "modules"),
    Metric("loose_modules", "loose modules"),
    Metric("rooms", "rooms"),
    Metric("floors", "floors"),
    Metric("room_arrows", "arrows between rooms"),
    Metric("module_arrows", "arrows between modules"),
    Metric("lines", "lines"),
    Metric("functions", "functions"),
    Metric("function_median", "function lines, median"),
    Metric("function_p90", "function lines, p90"),
    Metric("function_max", "function lines, max"),
    Metric("branches_per_line", "branches per function line", digits=3, goal=0.32),
    Metric("decisions_per_line", "the same without one per function", digits=3),
    Metric("ternaries_per_1000", "ternaries per 1,000 lines", digits=1, goal=11),
    Metric("comprehensions_per_1000", "comprehensions per 1,000 lines", digits=1),
    Metric("participles", "participles, % of names", digits=1, goal=2),
)


def measure_houses(houses: Mapping[str, Sequence[Module]]) -> dict[str, Figures]:
    """Return the figures of each house and of all of them together, arrows between houses included."""
    figures = {house: measure(modules) for house, modules in houses.items()}
    figures[TOTAL] = measure(
        [module for modules in houses.values() for module in modules]
    )
    return figures


def measure(modules: Sequence[Module]) -> Figures:
    """Return every figure of the modules by its key. "Lines" are physical lines, docstrings and blank ones included."""
    functions = [function for module in modules for function in find_functions(module)]
    lines = sum(module.lines for module in modules)
    ternaries = sum(len(find_ternaries(module)) for module in modules)
    comprehensions = sum(len(find_comprehensions(module)) for module in modules)
    return {
        **_structure(modules),
        **_functions(functions),
        "lines": lines,
        "ternaries_per_1000": _ratio(1000 * ternaries, lines),
        "comprehensions_per_1000": _ratio(1000 * comprehensions, lines),
    }


def _structure(modules: Sequence[Module]) -> Figures:
    imports = find_imports(modules)
    between_modules = module_graph(modules, imports)
    between_rooms = room_graph(modules, imports)
    return {
        "module_circles": len(find_circles(between_modules)),
        "room_circles": len(find_circles(between_rooms)),
        "modules": len(modules),
        "loose_modules": sum(module.is_loose for module in modules),
        "rooms": len(between_rooms),
        "floors": count_floors(between_rooms),
        "room_arrows": count_arrows(between_rooms),
        "module_arrows": count_arrows(between_modules),
    }


def _functions(functions: Sequence[Function]) -> Figures:
    lengths = sorted(function.lines for function in functions) or [0]
    branches = sum(function.branches for function in functions)
    free = [function for function in functions if function.has_free_name]
    participles = sum(function.is_participle for function in free)
    return {
        "functions": len(functions),
        "function_median": statistics.median(lengths),
        "function_p90": lengths[len(lengths) * 9 // 10],
        "function_max": lengths[-1],
        "branches_per_line": _ratio(branches, sum(lengths)),
        "decisions_per_line": _ratio(branches - len(functions), sum(lengths)),
        "participles": _ratio(100 * participles, len(free)),
    }


def _ratio(amount: float, of: float) -> float:
    return amount / (of or 1)
