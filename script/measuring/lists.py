"""What lies behind a figure, one finding a line, so that people can work through it: the worst come first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from measuring.figures import METRICS
from measuring.functions import find_comprehensions, find_functions, find_ternaries
from measuring.graph import (
    find_circles,
    find_imports,
    module_graph,
    room_graph,
    room_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from measuring.functions import Function
    from measuring.graph import Graph, Import
    from measuring.houses import Module

    Key = Callable[[Module], str]

_GOALS = {metric.key: metric.goal or 0.0 for metric in METRICS}


def list_circles(modules: Sequence[Module]) -> Iterator[str]:
    """List the circles of modules and of rooms, each with the imports that close it."""
    imports = find_imports(modules)
    yield from _circles(
        "modules", module_graph(modules, imports), imports, lambda module: module.name
    )
    yield from _circles("rooms", room_graph(modules, imports), imports, room_name)


def list_branches(modules: Sequence[Module]) -> Iterator[str]:
    """List functions by how many branches they have beyond what their lines allow at the goal."""
    allowed = _GOALS["branches_per_line"]
    for function in sorted(
        _functions(modules),
        key=lambda function: allowed * function.lines - function.branches,
    ):
        density = function.branches / function.lines
        yield f"{_line(function)}  {function.branches} branches  {density:.2f} per line"


def list_long(modules: Sequence[Module]) -> Iterator[str]:
    """List functions by length."""
    for function in sorted(_functions(modules), key=lambda function: -function.lines):
        yield _line(function)


def list_participles(modules: Sequence[Module]) -> Iterator[str]:
    """List functions that are called by a participle, equal names together, the most frequent first."""
    functions = [function for function in _functions(modules) if function.is_participle]
    uses = Counter(function.name for function in functions)
    for function in sorted(
        functions, key=lambda function: (-uses[function.name], function.name)
    ):
        yield f"{function.place} {function.name}"


def list_ternaries(modules: Sequence[Module]) -> Iterator[str]:
    """List functions by their number of ternaries."""
    return _expressions(modules, find_ternaries, "ternaries")


def list_comprehensions(modules: Sequence[Module]) -> Iterator[str]:
    """List functions by their number of comprehensions."""
    return _expressions(modules, find_comprehensions, "comprehensions")


def list_loose(modules: Sequence[Module]) -> Iterator[str]:
    """List the plain files directly below a package."""
    return (module.path for module in modules if module.is_loose)


LISTS: Mapping[str, Callable[[Sequence[Module]], Iterator[str]]] = {
    "branches": list_branches,
    "circles": list_circles,
    "comprehensions": list_comprehensions,
    "long": list_long,
    "loose": list_loose,
    "participles": list_participles,
    "ternaries": list_ternaries,
}


def _functions(modules: Sequence[Module]) -> list[Function]:
    return [function for module in modules for function in find_functions(module)]


def _line(function: Function) -> str:
    return f"{function.place} {function.name}  {function.lines} lines"


def _circles(
    kind: str, graph: Graph, imports: Sequence[Import], key: Key
) -> Iterator[str]:
    for circle in find_circles(graph):
        yield f"circle of {len(circle)} {kind}: {', '.join(circle)}"
        for found in imports:
            ends = {key(found.source), key(found.target)}
            if len(ends) == 2 and ends.issubset(circle):
                yield f"    {found.source.path}:{found.line} {found.target.name}: {', '.join(found.names)}"


def _expressions(
    modules: Sequence[Module], find: Callable[[Module], list[int]], kind: str
) -> Iterator[str]:
    """List the functions that hold an expression, by how many, each with the lines to look at."""
    lines_of: dict[str, list[int]] = {}
    for module in modules:
        for line in find(module):
            lines_of.setdefault(_around(module, line), []).append(line)
    for place, lines in sorted(lines_of.items(), key=lambda item: -len(item[1])):
        yield f"{place}  {len(lines)} {kind} in lines {', '.join(map(str, lines))}"


def _around(module: Module, line: int) -> str:
    """Name the innermost function that a line stands in, and where it starts."""
    innermost = None
    for function in find_functions(module):
        if function.line <= line <= function.last_line and (
            innermost is None or function.line > innermost.line
        ):
            innermost = function
    if innermost is None:
        return f"{module.path}:1 (module)"
    return f"{innermost.place} {innermost.name}"
