"""The mapping of a dataflow, as far as it is done here: a path or a literal to a path.

What a mapping needs beyond that, functions above all, is refused by its name. Adobe's rules: fields are written
``a.b[0].c``, with ``${First Name}`` for names that are no identifiers and ``\\.`` for a dot within a name; literals are
``"text"``, ``'text'``, numbers, ``true``, ``false`` and ``null``. A source that is not there maps to nothing.
"""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Step: TypeAlias = "str | int"
Path: TypeAlias = "tuple[Step, ...]"

MOST_NAMES: Final = 30  # names of a destination
_ABSENT: Final = object()

_NAME: Final = r"(?:[A-Za-z_$@:]|\\\.)(?:[\w$@:-]|\\\.)*"
_QUOTED_NAME: Final = r"\$\{(?:[^{}\\]|\\.)+\}"
_STEP = re.compile(rf"({_QUOTED_NAME}|{_NAME})((?:\[\d{{1,6}}\])*)(\.|$)")
_INDEX = re.compile(r"\[(\d+)\]")
_TEXT = re.compile(r'"([^"\\]*)"' + r"|'([^'\\]*)'")
_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?")
_WORDS: Final = {"true": True, "false": False, "null": None}
_FUNCTION = re.compile(r"([A-Za-z_]\w{0,63})\s*\(")


class Unsupported(Exception):
    """A mapping that needs what is not done here. The text names it, and the destination."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@attrs.frozen
class _Literal:
    value: Any

    def read(self, _row: Any) -> Any:
        return self.value


@attrs.frozen
class _Field:
    path: Path

    def read(self, row: Any) -> Any:
        """Return what stands at the path, or `_ABSENT`."""
        value = row
        for step in self.path:
            if isinstance(step, str):
                found = value.get(step, _ABSENT) if isinstance(value, dict) else _ABSENT
            elif isinstance(value, list) and step < len(value):
                found = value[step]
            else:
                found = _ABSENT
            if found is _ABSENT:
                return _ABSENT
            value = found
        return value


@attrs.frozen
class CompiledMapping:
    """What becomes of a row: each source and the path it goes to, in the order of the mapping set."""

    lines: tuple[tuple[_Literal | _Field, tuple[str, ...]], ...]

    def apply(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the mapping makes of a row; the row stays as it is."""
        result: dict[str, Any] = {}
        for source, destination in self.lines:
            value = source.read(row)
            if value is not _ABSENT and value is not None:
                _put(result, destination, copy.deepcopy(value))
        return result


def compile_mappings(lines: Iterable[Mapping[str, Any]]) -> CompiledMapping:
    """Return the mapping that the lines of a mapping set describe, in either vocabulary. Raises `Unsupported`."""
    compiled = []
    for line in lines:
        destination = str(line["destination"]).strip()
        source = _read_source(str(line["source"]).strip(), destination)
        compiled.append((source, _read_destination(destination)))
    return CompiledMapping(tuple(compiled))


def _read_source(text: str, destination: str) -> _Literal | _Field:
    if text in _WORDS:
        return _Literal(_WORDS[text])
    match = _TEXT.fullmatch(text)
    if match:
        return _Literal(match[1] if match[1] is not None else match[2])
    if _NUMBER.fullmatch(text):
        return _Literal(json.loads(_without_zeros(text)))
    path = read_path(text)
    if path is None:
        raise Unsupported(_explain(text, destination))
    return _Field(path)


def _without_zeros(number: str) -> str:
    """Return a number as JSON writes it: without zeros in front."""
    sign, digits = number[: number.startswith("-")], number.lstrip("-")
    whole, dot, fraction = digits.partition(".")
    return f"{sign}{whole.lstrip('0') or '0'}{dot}{fraction}"


def _read_destination(text: str) -> tuple[str, ...]:
    path = read_path(text)
    if path is None:
        raise Unsupported(
            "a destination of the mapping is no path of names, such as person.name"
        )
    names = [step for step in path if isinstance(step, str)]
    if len(names) != len(path):
        raise Unsupported(
            f"the mapping writes into an array, at {text}; only objects are written into here"
        )
    if len(names) > MOST_NAMES:
        raise Unsupported(
            f"a destination of the mapping has more than {MOST_NAMES} names"
        )
    return tuple(names)


def read_path(text: str) -> Path | None:
    """Return the names and indexes of a path, or None where the text is none."""
    steps: list[Step] = []
    place, ends_with_dot = 0, True
    while place < len(text):
        match = _STEP.match(text, place)
        if match is None:
            return None
        name, indexes, dot = match.groups()
        steps.append(_unescape(name))
        steps += [int(index) for index in _INDEX.findall(indexes)]
        place, ends_with_dot = match.end(), bool(dot)
    return None if ends_with_dot else tuple(steps)


def _unescape(name: str) -> str:
    if name.startswith("${"):
        name = name[2:-1]
    return re.sub(r"\\(.)", r"\1", name)


def _explain(text: str, destination: str) -> str:
    """Say what of a source is not done here, by its name."""
    found = _FUNCTION.search(text)
    what = f"the function {found[1]}" if found else "an expression"
    return f"the mapping needs {what} for {destination}; only paths and literals are mapped here"


def _put(holder: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Put a value at a path, beside what stands there; where anything but an object is in the way, do nothing."""
    *above, name = path
    for step in above:
        inner = holder.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        holder = inner
    before = holder.get(name)
    if isinstance(before, dict) and isinstance(value, dict):
        holder[name] = {**before, **value}
    else:
        holder[name] = value
