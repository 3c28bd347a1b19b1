"""Who imports whom: arrows between modules and between rooms, the circles among them, and the floors they stand on.

Every import counts, inside functions and under ``TYPE_CHECKING`` too: whoever reads a module has to know what it names.
An arrow leads to the module that is named, not to the packages around it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

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
    imports: list[Import] = []
    for module in modules:
        for target, names, line in _find_named(module, known):
            if target in known and target != module.name:
                imports.append(Import(module, known[target], names, line))
    return imports


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
        below: set[str] = set()
        below.update(*(graph[name] for name in group))
        floors = [floor_of[name] for name in below - group]
        floor_of.update(dict.fromkeys(group, 1 + max(floors, default=0)))
    return max(floor_of.values(), default=0)


def _find_named(
    module: Module, known: Container[str]
) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Return what a module imports: the name of the other module, what it takes from there, and the line."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, (), node.lineno
        elif isinstance(node, ast.ImportFrom):
            yield from _find_named_from(node, _origin(module, node), known)


def _find_named_from(
    node: ast.ImportFrom, package: str, known: Container[str]
) -> Iterator[tuple[str, tuple[str, ...], int]]:
    names: list[str] = []
    for alias in node.names:
        submodule = f"{package}.{alias.name}"
        if submodule in known:
            yield submodule, (alias.name,), node.lineno
        else:
            names.append(alias.name)
    if names:
        yield package, tuple(names), node.lineno


def _origin(module: Module, node: ast.ImportFrom) -> str:
    """Return the absolute name of the module that an import takes names from."""
    name = node.module or ""
    if not node.level:
        return name
    parts = module.name.split(".")
    if module.is_package:
        parts.append("__init__")
    package = parts[: -node.level]
    return ".".join([*package, name]).rstrip(".")


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
