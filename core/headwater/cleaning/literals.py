"""Sentences that authors wrote, told from values: what stands in the source of whoever raised an error is no secret."""

from __future__ import annotations

import ast
import functools
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

_SHORTEST = 6  # characters; shorter ones stand in any text
_LARGEST = 500_000  # bytes of a source file
# Where values go in: {name} of format, %s, and the end of a line.
_PLACE = re.compile(r"\{[^{}]*\}|%[-+ #0-9.]*[a-zA-Z]|\n")


def list_literals(frames: TracebackType | None) -> set[str]:
    """Return the literal strings in the source of the packages that a traceback leads through, cut where values go in.

    Read only for an error that seems to show a secret, which is rare: a password can be an ordinary word.
    """
    literals: set[str] = set()
    for path in _list_sources(frames):
        literals.update(_read_literals(path))
    return literals


def _list_sources(frames: TracebackType | None) -> set[Path]:
    """Return the source files of every loaded module of those packages."""
    packages = set()
    while frames is not None:
        name = frames.tb_frame.f_globals.get("__name__", "")
        packages.add(str(name).partition(".")[0])
        frames = frames.tb_next
    files = [
        getattr(module, "__file__", None)
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in packages
    ]
    return {Path(file) for file in files if file and file.endswith(".py")}


def _read_literals(path: Path) -> frozenset[str]:
    try:
        facts = path.stat()
    except OSError:
        return frozenset()
    if facts.st_size > _LARGEST:
        return frozenset()
    return _parse_literals(path, facts.st_mtime_ns)


@functools.lru_cache(maxsize=1024)
def _parse_literals(path: Path, _changed_at: int) -> frozenset[str]:
    """Return the literals of a file as it was then: a package that fails often is parsed once."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return frozenset()
    literals: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            literals.update(_PLACE.split(node.value))
    return frozenset(part for part in literals if len(part) >= _SHORTEST)
