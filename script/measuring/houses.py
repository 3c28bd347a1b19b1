"""The houses of a checkout: its packages, each as a list of parsed modules."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CORE = "core"
NO_CODE = {"__pycache__", "tests", "template", "templates"}


@dataclass(frozen=True)
class Module:
    """One parsed file. `name` is what it is imported as, `path` is relative to the checkout."""

    name: str
    house: str
    path: str
    is_package: bool
    lines: int
    tree: ast.Module

    @property
    def room(self) -> str:
        """The first component below the package: a file, a folder, or ``__init__`` for the package's own module."""
        _package, _dot, below = self.name.partition(".")
        return below.partition(".")[0] or "__init__"

    @property
    def is_loose(self) -> bool:
        """Whether it is a plain file directly below the package."""
        return self.name.count(".") == 1 and not self.is_package


def find_houses(root: Path) -> dict[str, list[Module]]:
    """Return the modules of each house: core, then every plugin. A folder that is itself a package is one house.

    Raises `ValueError` where there is no such thing.
    """
    houses = {
        house: list(_modules(house, package, root))
        for house, package in _packages(root)
    }
    if not all(houses.values()):
        raise ValueError(f"{root} is neither a checkout nor a package")
    return houses


def _packages(root: Path) -> Iterator[tuple[str, Path]]:
    if (root / "__init__.py").is_file():
        yield root.name, root
        return
    yield CORE, root / "core" / "headwater"
    for package in sorted(root.glob("plugins/*/src/*")):
        if (package / "__init__.py").is_file():
            yield package.parent.parent.name, package


def _modules(house: str, package: Path, root: Path) -> Iterator[Module]:
    for path in sorted(package.rglob("*.py")):
        below = path.relative_to(package)
        if NO_CODE.isdisjoint(below.parts):
            yield _read(house, package, path, root)


def _read(house: str, package: Path, path: Path, root: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    parts = [package.name, *path.relative_to(package).with_suffix("").parts]
    is_package = parts[-1] == "__init__"
    if is_package:
        parts.pop()
    return Module(
        name=".".join(parts),
        house=house,
        path=str(path.relative_to(root)),
        is_package=is_package,
        lines=len(text.splitlines()),
        tree=ast.parse(text),
    )
