"""Who may know whom: the import arrows of docs/architecture.md, read from the source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import headwater

ROOT = Path(headwater.__file__).parent

# room -> rooms of headwater it may import, at run time or for types
ARROWS: dict[str, set[str]] = {
    "secret": set(),
    "cleaning": {"secret"},
    "lazy": set(),
    "errors": {"models"},  # for types only
    "models": {"secret"},
    "foreign": {"cleaning", "errors", "models", "secret"},
    "references": {"errors", "models", "secret"},
    "raw_schemas": {"models"},
    "credentials": {"errors", "models", "raw_schemas", "secret"},
    "sources": {"errors", "flowservice", "foreign", "lazy", "models", "secret"},
    "hooks": {"models", "sources"},
    "defaults": {"hooks", "models"},
    "connector": {"defaults", "errors", "foreign", "hooks", "models", "secret", "sources"},
    "registry": {"connector", "errors", "foreign", "models"},
    "authentication": {"connector", "credentials", "errors", "models", "references"},
    "rendering": {"connector", "credentials", "models", "registry"},
    "documents": {"errors"},
    "flowservice": {"cleaning", "errors", "lazy", "foreign", "models", "secret"},
    "profiles": {"documents", "errors", "flowservice", "foreign", "references", "secret"},
    "scaffold": {"connector", "errors", "lazy", "models", "registry", "spec_ids"},
    "testing": {
        "authentication", "cleaning", "connector", "credentials", "errors", "flowservice", "lazy", "models", "profiles",
        "references", "registry", "rendering", "runner", "secret", "sources",
    },
    "exactly_once": {"errors", "flowservice", "foreign", "models", "runner", "secret"},
    "spec_ids": {"connector", "errors", "registry"},
    "runner": {
        "authentication", "connector", "credentials", "errors", "exactly_once", "flowservice", "models", "references",
        "registry", "secret", "sources", "spec_ids",
    },
    "tenant": {
        "connector", "credentials", "documents", "errors", "flowservice", "hooks", "lazy", "models", "profiles",
        "registry", "rendering",
    },
    "doctor": {"connector", "errors", "flowservice", "models", "profiles", "registry", "tenant"},
}  # fmt: skip


def _room(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[0]


def _imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module == "headwater":
            names = [f"headwater.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("headwater.")}
    return found


def _modules() -> list[Path]:
    return [path for path in sorted(ROOT.rglob("*.py")) if _room(path) not in ("__init__", "cli")]


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_knows_only_whom_it_may(path: Path) -> None:
    room = _room(path)
    assert _imported(path) - {room} <= ARROWS[room]


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_knows_the_command_line_and_core_knows_no_plugin(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in imports if isinstance(node, ast.ImportFrom)}
    assert not [name for name in names if name.startswith("headwater_")]
    if _room(path) != "cli":
        assert not [name for name in names if name.startswith("headwater.cli")]


def test_hooks_stay_a_page() -> None:
    assert len((ROOT / "hooks.py").read_text(encoding="utf-8").splitlines()) < 60
