"""Every distribution declares what its code imports, and nothing that its code does not."""

from __future__ import annotations

import ast
import configparser
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECTS = [
    ROOT,
    *sorted(path.parent for path in ROOT.glob("plugins/*/setup.cfg")),
    ROOT / "docs/examples/acme-desk",
]
PROVIDERS = packages_distributions()


def _canonical(requirement: str) -> str:
    """Return the name of a requirement as package indexes compare it."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name is not None, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def _settings(project: Path) -> configparser.RawConfigParser:
    settings = configparser.RawConfigParser()
    settings.read(project / "setup.cfg", encoding="utf-8")
    return settings


def _names(requirements: str) -> set[str]:
    return {_canonical(line) for line in requirements.splitlines() if line.strip()}


def _required(project: Path) -> set[str]:
    return _names(_settings(project)["options"]["install_requires"])


def _optional(project: Path) -> set[str]:
    """Return what users may install beside it; `test` and `lint` are for whoever works on it."""
    settings = _settings(project)
    extras = (
        settings["options.extras_require"]
        if settings.has_section("options.extras_require")
        else {}
    )
    return {
        name
        for extra, lines in extras.items()
        if extra not in ("test", "lint")
        for name in _names(lines)
    }


def _imported(project: Path) -> set[str]:
    """Return the distributions that a project's code imports, at any place in it; its own is none of them."""
    code = project / _settings(project)["options.packages.find"]["where"]
    packages = {package for path in code.rglob("*.py") for package in _packages(path)}
    foreign = (
        packages - sys.stdlib_module_names - {path.name for path in code.iterdir()}
    )
    unknown = sorted(foreign - PROVIDERS.keys())
    assert unknown == [], "no distribution is installed that brings these"
    return {_canonical(PROVIDERS[package][0]) for package in foreign}


def _packages(path: Path) -> set[str]:
    """Return the top-level packages that a module imports."""
    packages = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            packages |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            packages.add(node.module.partition(".")[0])
    return packages


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_what_is_imported_is_declared(project: Path) -> None:
    assert _imported(project) - _required(project) - _optional(project) == set()


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_what_is_required_is_imported(project: Path) -> None:
    assert _required(project) - _imported(project) == set()


def test_an_import_in_a_function_counts(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        "from . import own\n\n\ndef load():\n    import urllib3.util\n    from attrs import frozen\n"
    )
    assert _packages(module) == {"urllib3", "attrs"}
