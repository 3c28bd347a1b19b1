"""Who may know whom, in core and in the embedded service: the arrows of docs/architecture.md, read from the source.

A *room* is a file or folder right below a package. `CORE` and `SERVICE` say which rooms each may import, at run time or
for types; what is permitted and not used fails too, so that the plan stays the house as it is.
"""

from __future__ import annotations

import ast
from pathlib import Path

import attrs
import pytest

import headwater
import headwater_local_flow_service

FACE = "__init__"  # a package's own face hands on names of its rooms

# room -> rooms of headwater it imports
CORE: dict[str, set[str]] = {
    # the ground
    "lazy": set(),
    "secret": {"lazy"},
    "field": set(),
    "models": {"field"},
    "cleaning": {"secret"},
    "errors": {"models"},  # for types only
    "arguments": {"errors", "secret"},
    "foreign": {"cleaning", "errors", "models", "secret"},
    "documents": {"errors", "foreign"},
    # what connectors and the platform client stand on
    "http": {"arguments", "cleaning", "errors", "foreign", "secret"},
    "credentials": {"arguments", "errors", "field", "foreign", "models", "secret"},
    "sources": {"cleaning", "errors", "foreign", "http", "lazy", "models", "secret"},
    "flowservice": {"errors", "foreign", "http", "lazy", "models", "secret"},
    "connectors": {"arguments", "credentials", "errors", "foreign", "lazy", "models", "secret", "sources"},
    "profiles": {"arguments", "credentials", "documents", "errors", "flowservice", "foreign", "secret"},
    # what users ask for
    "create": {
        "arguments", "connectors", "credentials", "documents", "errors", "flowservice", "foreign", "lazy", "models",
        "secret", "sources",
    },
    "tenant": {
        "arguments", "connectors", "credentials", "documents", "errors", "flowservice", "foreign", "lazy", "models",
        "profiles",
    },
    "doctor": {"connectors", "errors", "flowservice", "models", "profiles", "tenant"},
    "cli": {
        "cleaning", "connectors", "create", "credentials", "doctor", "documents", "errors", "field", "flowservice",
        "foreign", "models", "profiles", "secret", "sources", "tenant",
    },
    "__main__": {"cli"},
    # former names, which forward for one minor version
    "registry": {"lazy"},
    "runner": {"create", "lazy"},
    "testing": set(),
}  # fmt: skip

# room -> rooms of headwater_local_flow_service it imports
SERVICE: dict[str, set[str]] = {
    # the ground
    "suggestions": set(),
    "strictness": {"suggestions"},
    "texts": set(),
    "wsgi": set(),
    "settings": {"strictness"},
    "store": {"settings"},
    "errors": {"store"},
    # where files lie, and what becomes of them; nothing of either knows of requests or rows
    "files": set(),
    "promotion": {"files"},
    "samples": set(),
    "listing": {"errors", "store", "texts"},
    "gateway": {"errors", "settings", "store", "texts"},
    "inlets": {"errors", "store"},
    # what every kind of resource shares, and the kinds
    "kernel": {"errors", "gateway", "listing", "settings", "store"},
    "specs": {"errors", "gateway", "kernel", "listing", "settings", "store"},
    "neighbours": {"errors", "gateway", "kernel", "listing", "settings", "store", "texts"},
    "landing": {"errors", "files", "gateway", "kernel", "store", "wsgi"},
    "connections": {
        "errors", "files", "gateway", "inlets", "kernel", "landing", "listing", "neighbours", "samples", "specs",
        "store",
    },
    "flows": {"connections", "errors", "gateway", "inlets", "kernel", "listing", "neighbours", "specs", "store"},
    "lake": {
        "errors", "files", "gateway", "kernel", "neighbours", "promotion", "settings", "store", "texts", "wsgi",
    },
    "streaming": {
        "errors", "files", "flows", "gateway", "inlets", "kernel", "lake", "neighbours", "promotion", "settings",
        "store",
    },
    "routes": {"connections", "flows", "kernel", "landing", "specs"},
    "app": {
        "errors", "gateway", "kernel", "lake", "neighbours", "routes", "settings", "specs", "store", "streaming",
    },
    # around it
    "archive": {
        "connections", "errors", "flows", "gateway", "kernel", "lake", "listing", "neighbours", "settings", "specs",
        "store", "texts",
    },
    "serving": {
        "archive", "errors", "files", "gateway", "inlets", "lake", "landing", "settings", "store", "strictness",
        "suggestions",
        "wsgi",
    },
    "worker": {"app", "serving", "settings", "store"},
    "faults": {"app", "errors", "gateway", "serving", "settings", "suggestions", "wsgi"},
    "adapter": {"app", "faults", "settings", "wsgi"},
    "testing": {"adapter", "app", "faults", "settings", "strictness", "wsgi"},
    "pytest_plugin": {"testing"},
    "commands": {"faults", "serving"},
}  # fmt: skip


@attrs.frozen
class House:
    """One package, its modules by dotted name, and the arrows it permits."""

    package: str
    root: Path
    permitted: dict[str, set[str]]

    @classmethod
    def of(
        cls, package: str, file: str | None, permitted: dict[str, set[str]]
    ) -> House:
        """Return the house of an imported package."""
        return cls(package, Path(file or "").parent, permitted)

    def modules(self) -> dict[str, Path]:
        """Return every module below the package, by its name within it: ``http.hosts``, or ``http`` for its face."""
        paths = sorted(self.root.rglob("*.py"))
        return {
            self._name(path): path
            for path in paths
            if path != self.root / "__init__.py"
        }

    def imports(self, path: Path) -> set[str]:
        """Return the modules of this house that a file imports, wherever in it the import stands."""
        modules = self.modules()
        found = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for name in _imported(node):
                inside = name.removeprefix(f"{self.package}.")
                if inside != name:
                    found.add(_nearest(inside, modules))
        return found - {""}

    def _name(self, path: Path) -> str:
        parts = path.relative_to(self.root).with_suffix("").parts
        return ".".join(part for part in parts if part != FACE)


def _imported(node: ast.AST) -> list[str]:
    """Return the dotted names an import statement may stand for; ``from a import b`` may mean the module ``a.b``."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def _nearest(name: str, modules: dict[str, Path]) -> str:
    """Return the module that a dotted name lies in; a name of the package's own face lies in none."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name


HOUSES = [
    House.of("headwater", headwater.__file__, CORE),
    House.of(
        "headwater_local_flow_service", headwater_local_flow_service.__file__, SERVICE
    ),
]


def _room(module: str) -> str:
    return module.partition(".")[0]


def _arrows(house: House) -> dict[str, set[str]]:
    arrows: dict[str, set[str]] = {_room(name): set() for name in house.modules()}
    for name, path in house.modules().items():
        arrows[_room(name)] |= {_room(other) for other in house.imports(path)} - {
            _room(name)
        }
    return arrows


def _circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Return each group of nodes that reach one another; a house without circles has none."""
    reached = {node: _reachable(node, arrows) for node in arrows}
    groups = {
        tuple(sorted(other for other in reached[node] if node in reached[other]))
        for node in arrows
    }
    return [list(group) for group in sorted(groups) if group]


def _reachable(start: str, arrows: dict[str, set[str]]) -> set[str]:
    """Return every node that can be reached from one, itself only where the arrows lead back to it."""
    reached: set[str] = set()
    waiting = [*arrows.get(start, ())]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += arrows.get(node, ())
    return reached


@pytest.mark.parametrize("house", HOUSES, ids=lambda house: house.package)
def test_every_room_is_on_the_plan(house: House) -> None:
    assert set(_arrows(house)) == set(house.permitted)


@pytest.mark.parametrize("house", HOUSES, ids=lambda house: house.package)
def test_a_room_knows_only_whom_it_may(house: House) -> None:
    forbidden = {
        room: known - house.permitted[room] for room, known in _arrows(house).items()
    }
    assert {room: sorted(known) for room, known in forbidden.items() if known} == {}


@pytest.mark.parametrize("house", HOUSES, ids=lambda house: house.package)
def test_every_permit_is_used(house: House) -> None:
    arrows = _arrows(house)
    unused = {room: permits - arrows[room] for room, permits in house.permitted.items()}
    assert {room: sorted(permits) for room, permits in unused.items() if permits} == {}


@pytest.mark.parametrize("house", HOUSES, ids=lambda house: house.package)
def test_no_rooms_import_one_another_in_a_circle(house: House) -> None:
    assert _circles(house.permitted) == []


@pytest.mark.parametrize("house", HOUSES, ids=lambda house: house.package)
def test_no_modules_import_one_another_in_a_circle(house: House) -> None:
    assert (
        _circles(
            {
                name: house.imports(path) - {name}
                for name, path in house.modules().items()
            }
        )
        == []
    )


def test_a_circle_is_found_wherever_it_is_tied() -> None:
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]


# The import name of the authoring kit stays in core, and so does the notice where its page generator went.
_NAMES_THE_AUTHORING_KIT = ("testing",)


def test_core_knows_no_plugin() -> None:
    core = HOUSES[0]
    found = {}
    for name, path in core.modules().items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        plugins = [
            one
            for node in ast.walk(tree)
            for one in _imported(node)
            if one.startswith("headwater_")
        ]
        if plugins and _room(name) not in _NAMES_THE_AUTHORING_KIT:
            found[name] = plugins
    assert found == {}


PUBLIC = {
    "headwater",
    "headwater.create",
    "headwater.errors",
    "headwater.flowservice",
    "headwater.profiles",
    "headwater.sources",
}
CONNECTORS = ("adobe-catalog", "oracle-service-cloud", "salesforce-service-cloud")


@pytest.mark.parametrize("plugin", CONNECTORS)
def test_connectors_use_public_names_only(plugin: str) -> None:
    source = Path(__file__).parent.parent / "plugins" / plugin / "src"
    modules = set()
    for path in source.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            if isinstance(node, ast.ImportFrom):
                modules.add(node.module or "")
    core = {name for name in modules if name.partition(".")[0] == "headwater"}
    assert sorted(core - PUBLIC) == []
    assert core


def test_nothing_knows_the_command_line() -> None:
    knowing = [room for room, known in _arrows(HOUSES[0]).items() if "cli" in known]
    assert knowing == ["__main__"]  # where its process begins


def test_hooks_stay_a_page() -> None:
    hooks = Path(headwater.__file__).parent / "connectors" / "hooks.py"
    assert len(hooks.read_text(encoding="utf-8").splitlines()) < 60
