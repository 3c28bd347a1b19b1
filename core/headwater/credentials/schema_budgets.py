"""Whether a JSON Schema from outside keeps the budgets, found out without evaluating it: each part is seen once."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from headwater.credentials import budgets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Where a part stands: the place of what holds it, and its name there. Joined only to be told.
_Place: TypeAlias = "tuple[_Place, str] | None"

_LONGEST_PLACE = 200  # characters of a path that is told
_BRANCHES = ("anyOf", "oneOf", "allOf")
_LISTS = {
    "required": (budgets.MOST_REQUIRED, "names"),
    "enum": (budgets.MOST_CHOICES, "values"),
    **dict.fromkeys(_BRANCHES, (budgets.MOST_BRANCHES, "schemas")),
}
_TOTALS = {
    "properties": budgets.MOST_FIELDS,
    "pattern": budgets.MOST_PATTERNS,
    "$ref": budgets.MOST_REFERENCES,
}
_TOLD = {"properties": "properties", "pattern": "patterns", "$ref": "references"}
# What a pattern may not have: groups that do more than (?: and looking ahead, references back, and words in braces.
_BEYOND = (
    re.compile(r"\(\?(?![:=!])|\(\*"),
    re.compile(r"\\[1-9kgG]"),
    re.compile(r"\{[0-9,]*+[A-Za-z<]"),
)
# The parts of a pattern: what is escaped, a set, the ends of a group, a repeat, and any other character.
_PART = re.compile(
    r"\\.|\[\^?+\]?+(?:\\.|[^\]\\])*+(?:\]|\Z|\\)|[()]|\{[0-9]++,?+[0-9]*+\}|.",
    re.DOTALL,
)


def find_excess(document: Any, path: str = "") -> str:
    """Return what of a specification goes beyond the budgets, path and rule, or an empty string.

    Everything that is written like a schema's rule counts, wherever in the document it stands.
    """
    try:
        for place, problem in _find_excesses(document):
            return f"{_join(path, place)} {problem}"
    except RecursionError:
        return f"{path or 'it'} is nested too deep"
    return ""


def find_runaway(schema: Mapping[str, Any], path: str = "") -> str:
    """Return which reference of a schema leads elsewhere, nowhere, back to itself or to too much; or an empty string.

    Call it for a schema that keeps the other budgets.
    """
    for place, problem in _find_runaways(schema):
        return f"{_join(path, place)} {problem}"
    return ""


def _find_excesses(document: Any) -> Iterator[tuple[_Place, str]]:
    totals: Counter[str] = Counter()
    for place, depth, part in _walk(document):
        if depth > budgets.DEEPEST:
            yield None, f"is nested deeper than {budgets.DEEPEST} levels"
            return
        for name, count, problem in _judge_part(part):
            if problem:
                yield (place, name), problem
            totals[name] += count
            if totals[name] > _TOTALS.get(name, totals[name]):
                most = _TOTALS[name]
                yield (
                    (place, name),
                    f"is beyond the {most} {_TOLD[name]} of one specification",
                )
    if len(json.dumps(document)) > budgets.LARGEST_SPEC:
        yield None, f"is larger than {budgets.LARGEST_SPEC} bytes"


def _walk(document: Any) -> Iterator[tuple[_Place, int, dict[str, Any]]]:
    """Yield every object, where it stands and how deep."""
    waiting: list[tuple[_Place, int, Any]] = [(None, 1, document)]
    while waiting:
        place, depth, value = waiting.pop()
        if isinstance(value, dict):
            yield place, depth, value
            inner = list(value.items())
        elif isinstance(value, list):
            inner = [(str(number), element) for number, element in enumerate(value)]
        else:
            continue
        waiting += [((place, name), depth + 1, each) for name, each in inner]


def _judge_part(part: dict[str, Any]) -> Iterator[tuple[str, int, str]]:
    """Yield rules of an object, how much each counts for the whole, and what is wrong with it or nothing."""
    for name, (most, what) in _LISTS.items():
        listed = part.get(name)
        if isinstance(listed, list) and len(listed) > most:
            yield name, 0, f"holds more than {most} {what}"
    if isinstance(part.get("properties"), dict):
        yield "properties", len(part["properties"]), ""
    if isinstance(part.get("$ref"), str):
        yield "$ref", 1, ""
    if isinstance(part.get("pattern"), str):
        yield "pattern", 1, _judge_pattern(part["pattern"])
    by_pattern = part.get("patternProperties")
    if isinstance(by_pattern, dict):
        for pattern in by_pattern:
            yield "pattern", 1, _judge_pattern(pattern)


def _judge_pattern(pattern: str) -> str:
    """Return what is wrong with a regular expression, or nothing."""
    import regex

    if len(pattern) > budgets.LONGEST_PATTERN:
        return f"is a pattern longer than {budgets.LONGEST_PATTERN} characters"
    if any(form.search(pattern) for form in _BEYOND):
        return "is a pattern with more than groups, choices and repeats"
    if measure_pattern(pattern) > budgets.LARGEST_PATTERN:
        return f"is a pattern that repeats itself more than {budgets.LARGEST_PATTERN} times"
    try:
        regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError, MemoryError):
        return "is not a regular expression"
    return ""


@functools.lru_cache(maxsize=1_000)
def measure_pattern(pattern: str) -> int:
    """Return how many characters a pattern has with every repeat written out, however they are nested.

    ``{n,m}`` stands for `m` of what it repeats; ``{n,}`` for one more than `n`, and so ``+`` for two: that is what the
    engine makes of them, in time and in memory.
    """
    groups = [0]  # of each open group, what it has so far
    last = 0  # of what a repeat would repeat
    for part in _PART.findall(pattern):
        if part == "(":
            groups.append(0)
        elif part == ")" and len(groups) > 1:
            last = groups.pop() + 1
            groups[-1] += last
        elif part[0] == "{" and len(part) > 1:
            times = max(int(digits[:9] or 0) for digits in part[1:-1].split(","))
            times += part.endswith(",}")
            groups[-1] += last * max(times - 1, 0)
            last *= max(times, 1)
        elif part == "+":
            groups[-1] += last
            last *= 2
        else:
            last = 1
            groups[-1] += last
    return sum(groups)


@attrs.define(eq=False)
class _Expansion:
    """What a part of a schema becomes with everything in the place of its references; `size` is 0 until it is known."""

    place: _Place
    parts: list[Any]
    size: int = 0


def _find_runaways(schema: Mapping[str, Any]) -> Iterator[tuple[_Place, str]]:
    """Yield flaws of references. A part's size is that of its parts, found out from the innermost to the outermost."""
    known: dict[int, _Expansion] = {}
    waiting: list[tuple[_Place, Any]] = [(None, schema)]
    while waiting:
        place, part = waiting[-1]
        expansion = known.get(id(part))
        if expansion is None:
            parts, problem = _list_parts(place, part, schema)
            if problem:
                yield (place, "$ref"), problem
                return
            known[id(part)] = _Expansion(place, [each for _place, each in parts])
            waiting += parts
            continue
        waiting.pop()
        if expansion.size:
            continue
        # A part that is not known yet is waiting for this one: it has come back before it was done.
        found = [known.get(id(each)) for each in expansion.parts]
        sizes = [0 if each is None else each.size for each in found]
        if 0 in sizes:
            yield (place, "$ref"), "leads back to itself"
            return
        expansion.size = 1 + sum(sizes)
        if expansion.size > budgets.MOST_EXPANDED:
            yield (
                place,
                f"becomes more than {budgets.MOST_EXPANDED} parts by its references",
            )
            return


def _list_parts(
    place: _Place, part: Any, schema: Mapping[str, Any]
) -> tuple[list[tuple[_Place, Any]], str]:
    """Return the arrays and objects in a part, with the target of its reference; and what is wrong with that."""
    inner = part.items() if isinstance(part, dict) else enumerate(part)
    parts: list[tuple[_Place, Any]] = [
        ((place, str(name)), each)
        for name, each in inner
        if isinstance(each, (dict, list))
    ]
    reference = part.get("$ref") if isinstance(part, dict) else None
    if not isinstance(reference, str):
        return parts, ""
    if not reference.startswith("#"):
        return parts, "refers to a schema that lies elsewhere"
    target = _find_target(schema, reference[1:])
    if not isinstance(target, dict):
        return parts, "refers to nothing in its schema"
    return [*parts, ((place, "$ref"), target)], ""


def _find_target(schema: Any, pointer: str) -> Any:
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(schema, dict):
            schema = schema.get(name)
        elif isinstance(schema, list) and name.isdecimal() and len(name) < 6:
            schema = dict(enumerate(schema)).get(int(name))
        else:
            return None
    return schema


def _join(path: str, place: _Place) -> str:
    names = []
    while place is not None:
        place, name = place
        names.append(name)
    whole = ".".join([*filter(None, [path]), *reversed(names)]) or "it"
    return whole if len(whole) <= _LONGEST_PLACE else f"{whole[:_LONGEST_PLACE]}…"
