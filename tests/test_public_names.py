"""The shop window is complete and lazy."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import headwater


def test_all_is_sorted_and_every_name_resolves() -> None:
    assert sorted(headwater.__all__) == list(headwater.__all__)
    assert all(getattr(headwater, name) is not None for name in headwater.__all__)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(headwater.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imported = {
        alias.name
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    typing_only = {"Any"}
    assert imported - typing_only == set(headwater.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(headwater, "no_such_name")


def test_importing_headwater_loads_neither_requests_nor_jsonschema_nor_attrs() -> None:
    program = (
        "import sys, headwater; heavy = ('requests', 'jsonschema', 'attr', 'pluggy')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
