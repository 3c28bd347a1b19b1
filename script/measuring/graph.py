"""Who imports whom: arrows between modules and between rooms, the circles among them, and the floors they stand on.

Every import counts, inside functions and under ``TYPE_CHECKING`` too: whoever reads a module has to know what it names.
An arrow leads to the module that is named, not to the packages around it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from measuring.houses import Module

    Graph = Mapping[str, set[str]]


@dataclass(frozen=True)
class Import:
    """One module names another: the `names` it takes from there, and the line that says so."""

    source: Module
    target: Module
    names: tuple[str, ...]
    line: int


def find_imports(modules: Sequence[Module]) -> list[Import]:
    """Return every import of one of the modules by another."""
    known = {module.name: module for module in modules}
    return [found for module in modules for found in _imports_of(module, known) if found.target is not module]


def module_graph(modules: Sequence[Module], imports: Sequence[Import]) -> Graph:
    """Return which modules each module imports."""
    graph: dict[str, set[str]] = {module.name: set() for module in modules}
    for found in imports:
        graph[found.source.name].add(found.target.name)
    return graph


def room_graph(modules: Sequence[Module], imports: Sequence[Import]) -> Graph:
    """Return which rooms each room imports from."""
    graph: dict[str, set[str]] = {room_name(module): set() for module in modules}
    for found in imports:
        source, target = room_name(found.source), room_name(found.target)
        if source != target:
            graph[source].add(target)
    return graph


def room_name(module: Module) -> str:
    """Name a room among the rooms of all houses."""
    return f"{module.house}/{module.room}"


def count_arrows(graph: Graph) -> int:
    """Return how many pairs of a graph are joined, counting each direction."""
    return sum(len(targets) for targets in graph.values())


def find_circles(graph: Graph) -> list[list[str]]:
    """Return the groups in which everybody reaches everybody."""
    return sorted(sorted(group) for group in _components(graph) if len(group) > 1)


def count_floors(graph: Graph) -> int:
    """Return the length of the longest chain of arrows, a circle counting as one step."""
    floor_of: dict[str, int] = {}
    for group in _components(graph):  # whatever a group imports comes before it
        below = {target for name in group for target in graph[name]} - group
        floor = 1 + max((floor_of[name] for name in below), default=0)
        floor_of.update(dict.fromkeys(group, floor))
    return max(floor_of.values(), default=0)


def _imports_of(module: Module, known: Mapping[str, Module]) -> Iterator[Import]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _import(module, alias.name, (), node.lineno, known)
        elif isinstance(node, ast.ImportFrom):
            yield from _imports_from(module, node, known)


def _imports_from(module: Module, node: ast.ImportFrom, known: Mapping[str, Module]) -> Iterator[Import]:
    package = _origin(module, node)
    submodules = [alias.name for alias in node.names if f"{package}.{alias.name}" in known]
    for name in submodules:
        yield from _import(module, f"{package}.{name}", (name,), node.lineno, known)
    names = tuple(alias.name for alias in node.names if alias.name not in submodules)
    if names:
        yield from _import(module, package, names, node.lineno, known)


def _import(
    module: Module, target: str, names: tuple[str, ...], line: int, known: Mapping[str, Module]
) -> Iterator[Import]:
    if target in known:
        yield Import(module, known[target], names, line)


def _origin(module: Module, node: ast.ImportFrom) -> str:
    """Return the absolute name of the module that an import takes names from."""
    if not node.level:
        return node.module or ""
    steps_up = node.level - 1 if module.is_package else node.level
    parts = module.name.split(".")
    package = parts[: len(parts) - steps_up]
    return ".".join([*package, node.module] if node.module else package)


def _components(graph: Graph) -> list[set[str]]:
    """Return the strongly connected components, each after all those that it has arrows to (Tarjan's algorithm)."""
    search = _Search(graph)
    for name in sorted(graph):
        search.visit(name)
    return search.components


class _Search:
    """The state of Tarjan's depth-first search."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.components: list[set[str]] = []
        self._order: dict[str, int] = {}
        self._lowest: dict[str, int] = {}
        self._open: list[str] = []

    def visit(self, name: str) -> None:
        """Search from a name, unless it has been seen."""
        if name in self._order:
            return
        self._order[name] = self._lowest[name] = len(self._order)
        self._open.append(name)
        for target in sorted(self.graph[name]):
            self.visit(target)
            if target in self._open:
                self._lowest[name] = min(self._lowest[name], self._lowest[target])
        if self._lowest[name] == self._order[name]:
            self._close(name)

    def _close(self, name: str) -> None:
        position = self._open.index(name)
        self.components.append(set(self._open[position:]))
        del self._open[position:]
