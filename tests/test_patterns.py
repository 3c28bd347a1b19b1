"""Every regular expression we own takes time in proportion to its input, whatever that is.

The calls of `re` are found in the syntax trees, so that a new one is measured as well. What it is measured with is made
from the pattern itself: what each of its repeats repeats, many times over, behind what comes before it, and then
something that does not fit.
"""

from __future__ import annotations

import ast
import importlib
import itertools
import re
import re._constants as codes  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parent.parent
SOURCES = (ROOT / "core", *sorted(ROOT.glob("plugins/*/src")))
METHODS = ("fullmatch", "match", "search", "sub", "split", "findall", "finditer")

SIZE = 40_000  # characters; a quadratic pattern takes a second over them, a linear one a few milliseconds
SUSPECT = 0.05  # seconds of the processor
MOST_GROWTH = (
    8  # of the time, where the input is four times as long: 4 is linear, 16 quadratic
)
ENDS = ("", "!", "\0", '"', "<", " ", "\n", "a", "0", ",", "=")

# Patterns put together at run time, by file: what they are made of, and why they are linear.
MADE_AT_RUN_TIME = {
    "plugins/authoring/src/headwater_authoring/testing/checks/fields.py": "a connector's own, in its own example",
    "plugins/authoring/src/headwater_authoring/testing/corruptions.py": "a connector's own, in a short canary",
    "plugins/authoring/src/headwater_authoring/testing/second_opinion.py": "a connector's own, in short texts",
    "core/headwater/field.py": "a connector's own, searched in examples and choices that its author writes beside it",
    "core/headwater/secret.py": "one literal, a secret of up to three characters, between two looks at one character",
}


# Patterns that are used through another name than the one they are given.
USED_AS = {
    "core/headwater/credentials/references.py": ("fullmatch",),  # `_Scheme.form`
    "core/headwater/credentials/conversion.py": ("fullmatch",),  # `_NUMBERS`
    "core/headwater/credentials/schema_budgets.py": ("findall", "search"),
}


@attrs.frozen
class Owned:
    """One pattern: where it stands, and by which methods it is used."""

    place: str
    pattern: re.Pattern[str]
    methods: tuple[str, ...]


def _list_modules() -> Iterator[tuple[Path, str]]:
    for source in SOURCES:
        for path in sorted(source.rglob("*.py")):
            parts = list(path.relative_to(source).with_suffix("").parts)
            if parts[-1] == "__init__":
                parts.pop()
            yield path, ".".join(parts)


def _calls_of_re(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Yield the calls of the module `re` that take a pattern, with the function's name."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        is_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
        if is_re and node.func.attr in ("compile", *METHODS):
            yield node, node.func.attr


def _evaluate(node: ast.expr, names: dict[str, Any]) -> Any:
    code = compile(ast.Expression(node), "<pattern>", "eval")
    return eval(code, dict(names))


def _flags(call: ast.Call, function: str, names: dict[str, Any]) -> int:
    place = {"compile": 1, "sub": 4, "split": 3}.get(function, 2)
    given = [keyword.value for keyword in call.keywords if keyword.arg == "flags"]
    given += call.args[place : place + 1]
    return int(_evaluate(given[0], names)) if given else 0


def _methods(tree: ast.AST, call: ast.Call, name: str) -> tuple[str, ...]:
    """Return how a module uses a compiled pattern by its name; where that cannot be seen, in both ways."""
    names = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and node.value is call
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in names
        and node.attr in METHODS
    }
    return tuple(sorted(used)) or USED_AS.get(name, ("fullmatch", "search"))


def _find_owned() -> tuple[list[Owned], list[str]]:
    """Return every pattern, and the files of those that are put together at run time."""
    owned, made = [], []
    for path, module in _list_modules():
        text = path.read_text(encoding="utf-8")
        if "re." not in text:
            continue
        tree = ast.parse(text)
        for call, function in _calls_of_re(tree):
            name = str(path.relative_to(ROOT))
            names = vars(importlib.import_module(module))
            try:
                pattern = _evaluate(call.args[0], names)
                compiled = re.compile(pattern, _flags(call, function, names))
            except NameError:
                made.append(name)
                continue
            used = _methods(tree, call, name) if function == "compile" else (function,)
            owned.append(Owned(f"{name}:{call.lineno}", compiled, used))
    return owned, made


OWNED, MADE = _find_owned()


def _sample(node: Any, choice: int) -> str:
    """Return a text that a part of a pattern fits; different ones for different choices, where there are several."""
    operation, argument = node
    sample = _SAMPLES.get(operation)
    return "" if sample is None else sample(argument, choice)


_CATEGORIES = {
    codes.CATEGORY_DIGIT: "0",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_WORD: "a",
    codes.CATEGORY_NOT_DIGIT: "a",
    codes.CATEGORY_NOT_SPACE: "a",
    codes.CATEGORY_NOT_WORD: " ",
}


def _sample_all(nodes: Any, choice: int) -> str:
    return "".join(_sample(node, choice) for node in nodes)


def _sample_set(members: Any, choice: int) -> str:
    """Return a character of a set; of one that excludes some, one that is likely in another set."""
    if members[0][0] is codes.NEGATE:
        text = "".join(_members(members[1:]))
        others = [char for char in 'a0 ,"<=.&b-' if char not in text]
        return others[choice % len(others)] if others else "é"
    characters = list(_members(members))
    return characters[choice % len(characters)]


def _members(members: Any) -> Iterator[str]:
    for operation, argument in members:
        if operation is codes.LITERAL:
            yield chr(argument)
        elif operation is codes.RANGE:
            yield chr(argument[0])
            yield chr(argument[1])
        elif operation is codes.CATEGORY:
            yield _CATEGORIES[argument]


_SAMPLES: dict[Any, Callable[[Any, int], str]] = {
    codes.LITERAL: lambda code, _choice: chr(code),
    codes.NOT_LITERAL: lambda code, _choice: "b" if code == ord("a") else "a",
    codes.ANY: lambda _none, _choice: "a",
    codes.IN: _sample_set,
    codes.BRANCH: lambda branches, choice: _sample_all(
        branches[1][choice % len(branches[1])], choice
    ),
    codes.SUBPATTERN: lambda group, choice: _sample_all(group[-1], choice),
    codes.ATOMIC_GROUP: _sample_all,
}
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
_SAMPLES |= dict.fromkeys(
    _REPEATS,
    # In every other choice, without what may be left out.
    lambda repeat, choice: (
        _sample_all(repeat[2], choice) * max(repeat[0], 1 - choice % 2)
    ),
)


def _find_repeats(nodes: Any, before: str, choice: int) -> Iterator[tuple[str, str]]:
    """Yield what comes before each repeat of a pattern, and what it repeats."""
    for node in nodes:
        operation, argument = node
        if operation in _REPEATS:
            if argument[1] > 8:
                yield before, _sample_all(argument[2], choice)
            yield from _find_repeats(argument[2], before, choice)
        elif operation is codes.SUBPATTERN:
            yield from _find_repeats(argument[-1], before, choice)
        elif operation is codes.ATOMIC_GROUP:
            yield from _find_repeats(argument, before, choice)
        elif operation is codes.BRANCH:
            for branch in argument[1]:
                yield from _find_repeats(branch, before, choice)
        before += _sample(node, choice)


def _list_units(pattern: re.Pattern[str]) -> set[tuple[str, str]]:
    """Return beginnings, and what to repeat behind each of them."""
    parsed = parser.parse(pattern.pattern, pattern.flags)
    units: set[tuple[str, str]] = set()
    for choice in range(6):
        repeats = list(_find_repeats(parsed, "", choice))
        whole = _sample_all(parsed, choice)
        units.add(("", whole))
        for before, unit in repeats:
            units |= {(before, unit), ("", unit), ("", before), ("", before + unit)}
            # Where one repeat follows another, either may take what lies between.
            units |= {(before, unit + other) for _before, other in repeats}
    return {(before, unit) for before, unit in units if unit}


class _TooSlow(Exception):
    pass


def _time(pattern: re.Pattern[Any], method: str, text: Any) -> float:
    """Return the seconds of the processor that a search takes, or raise `_TooSlow` long before it would end."""

    def stop(_signal: int, _frame: Any) -> None:
        raise _TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SUSPECT * 5)
    if isinstance(pattern.pattern, bytes):
        text = text.encode("latin-1", "replace")
    start = time.process_time()
    try:
        if method == "sub":
            pattern.sub("", text)
        else:
            found = getattr(pattern, method)(text)
            if method == "finditer":
                list(found)
        return time.process_time() - start
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _find_growth(pattern: re.Pattern[str], methods: tuple[str, ...]) -> str:
    """Return what makes a pattern take more than its share of time, or nothing."""
    units = sorted(_list_units(pattern))
    for (before, unit), end, method in itertools.product(units, ENDS, methods):
        for size in (
            24,
            SIZE,
        ):  # or a pattern that grows exponentially would never be stopped
            text = before + unit * (size // len(unit) + 1) + end
            part = before + unit * (size // 4 // len(unit) + 1) + end
            try:
                taken = _time(pattern, method, text)
                if taken > SUSPECT and taken > MOST_GROWTH * _time(
                    pattern, method, part
                ):
                    return f"{method} of {before!r} + n * {unit!r} + {end!r}"
            except _TooSlow:
                return f"{method} of {before!r} + n * {unit!r} + {end!r}"
    return ""


needs_timers = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="stops a search by a timer of POSIX"
)


def test_the_patterns_are_found() -> None:
    assert len(OWNED) > 60
    files = {owned.place.partition(":")[0] for owned in OWNED}
    assert "core/headwater/flowservice/error_answers.py" in files
    assert any("listing/filters.py" in file for file in files)


def test_what_is_put_together_at_run_time_is_known() -> None:
    assert sorted(set(MADE)) == sorted(MADE_AT_RUN_TIME)


@needs_timers
@pytest.mark.parametrize("owned", OWNED, ids=lambda owned: owned.place)
def test_a_pattern_takes_time_in_proportion_to_its_input(owned: Owned) -> None:
    assert _find_growth(owned.pattern, owned.methods) == "", owned.pattern.pattern


@needs_timers
@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"<title[^>]*>([^<]*)", "search"),
        (r'\s*(?:"([^"]*)"|([^",]*[^",\s]))\s*(,|\Z)', "match"),
        (r"(a|aa)+$", "match"),
        (r"(?:a+)+b", "fullmatch"),
        (r"\s+$", "search"),
        (r"[a-z]*[a-y]*x", "fullmatch"),
        (r"x*y", "sub"),
        (r"\[\^?+\]?+(?:\\.|[^\]\\])*+\]|.", "findall"),
    ],
)
def test_a_pattern_that_grows_faster_is_seen(pattern: str, method: str) -> None:
    assert _find_growth(re.compile(pattern), (method,))
