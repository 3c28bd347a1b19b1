"""What stands inside functions: lines, branches, ternaries and comprehensions, and what the functions are called.

Lines of a function: from ``def`` to its end without the docstring, blank lines and comments included, decorators not.

Branches of a function: the ways through it, which is one, and one more for each ``if`` and ``elif``, ``for``,
``while``, ``except``, ``case``, ``assert``, ternary, each ``and`` or ``or`` between two operands, and each ``for`` and
``if`` of a comprehension. ``else``, ``with``, ``return`` and ``raise`` add none. A function inside another counts for
itself and, lines and branches alike, for the one around it. By this measure hatchling, httpx, pluggy, requests and tox
have 0.23 to 0.33 branches a line.

Participles: a function is called by what becomes of its argument (`checked`, `settled_credentials`) rather than by a
verb. It is one whose first word, underscores aside, is a past participle: it ends in -ed or is in the list of irregular
ones below. Words that are the verb's plain form as well (read, set, put, split, cut) are none. Dunder methods and
properties are not looked at.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measuring.houses import Module

    Definition = ast.FunctionDef | ast.AsyncFunctionDef

_STATEMENTS = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.match_case,
    ast.Assert,
    ast.IfExp,
)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_PROPERTY = re.compile(r"(\w+\.)*(cached_)?property$|.*\.(setter|getter|deleter)$")
_DUNDER = re.compile(r"__\w+__$")

# Words in -ed that are no participles; those in -eed need no mention.
_PLAIN_ED = {
    "bed",
    "embed",
    "hundred",
    "kindred",
    "red",
    "sacred",
    "shed",
    "shred",
    "sled",
}
_IRREGULAR_WORDS = """
    agreed begun bent bitten blown born bought bound broken brought built caught chosen dealt decreed done drawn
    driven drunk eaten fallen felt flown forbidden forgotten fought found freed frozen given gone gotten grown
    guaranteed heard held hidden hung kept known laid lain lent lit lost made meant met mistaken overridden
    overtaken paid proven rebuilt redone remade resent rewritten ridden risen said seen sent sewn shaken shot
    shown shrunk slain slept sold sought spelt spent spoilt spoken sprung spun stolen stood stricken struck stuck
    stung sung sunk sworn swept swum swung taken taught thought thrown told torn trodden unbound understood undone
    unheard unknown unseen unsent untold unwritten withdrawn withheld woken won worn woven written wrung
"""
_IRREGULAR = set(_IRREGULAR_WORDS.split())


@dataclass(frozen=True)
class Function:
    """One function or method, and what was counted in it."""

    path: str
    line: int
    last_line: int
    name: str
    lines: int
    branches: int
    has_property: bool

    @property
    def has_free_name(self) -> bool:
        """Whether its author was free to choose a verb: not for a dunder method or a property."""
        return not self.has_property and not _DUNDER.match(self.name)

    @property
    def is_participle(self) -> bool:
        """Whether it is called by a participle, by the rule at the top of this module."""
        return self.has_free_name and is_participle(
            self.name.strip("_").partition("_")[0]
        )

    @property
    def place(self) -> str:
        """Where it starts, as editors and terminals understand it."""
        return f"{self.path}:{self.line}"


def find_functions(module: Module) -> Iterator[Function]:
    """Return the functions and methods of a module, those inside others too."""
    for node in ast.walk(module.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield Function(
                path=module.path,
                line=node.lineno,
                last_line=node.end_lineno or node.lineno,
                name=node.name,
                lines=_lines(node),
                branches=1 + sum(_branches(part) for part in ast.walk(node)),
                has_property=any(
                    _PROPERTY.match(ast.unparse(decorator))
                    for decorator in node.decorator_list
                ),
            )


def find_ternaries(module: Module) -> list[int]:
    """Return the line of each ternary in a module."""
    return sorted(
        node.lineno for node in ast.walk(module.tree) if isinstance(node, ast.IfExp)
    )


def find_comprehensions(module: Module) -> list[int]:
    """Return the line of each comprehension and generator expression in a module."""
    return sorted(
        node.lineno
        for node in ast.walk(module.tree)
        if isinstance(node, _COMPREHENSIONS)
    )


def is_participle(word: str) -> bool:
    """Say whether a word is a past participle and nothing else."""
    if word in _IRREGULAR:
        return True
    return word.endswith("ed") and not word.endswith("eed") and word not in _PLAIN_ED


def _lines(node: Definition) -> int:
    lines = _span(node)
    if ast.get_docstring(node, clean=False) is not None:
        lines -= _span(node.body[0])
    return lines


def _span(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _branches(node: ast.AST) -> int:
    if isinstance(node, _STATEMENTS):
        return 1
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return 1 + len(node.ifs)
    return 0
