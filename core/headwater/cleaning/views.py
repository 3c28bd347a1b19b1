"""A text in bytes with layers of quoting undone, and where each byte of that stands in the text."""

from __future__ import annotations

import functools
import html
import re
from typing import TYPE_CHECKING

import attrs

from headwater.secret import in_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LAYERS = 2  # a body that was encoded and then quoted inside another one

_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_NAMED |= {b"a": b"\a", b"0": b"\0"}


class View:
    """What a text reads as. Where in the text a part of it stands is found out only when asked: few views hold any."""

    def __init__(self, data: bytes, reading: _Reading | None = None) -> None:
        self.data = data
        self._reading = reading

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where in the text the bytes from `start` to before `end` come from."""
        starts, ends = self._places
        return starts[start], ends[end - 1]

    def lower(self) -> View:
        """Return the same view in lower case."""
        return View(self.data.lower(), self._reading)

    @functools.cached_property
    def _places(self) -> tuple[Sequence[int], Sequence[int]]:
        """Where in the text each byte begins and ends, or what it was made of."""
        if self._reading is None:
            return range(len(self.data)), range(1, len(self.data) + 1)
        return _locate(self._reading)


@attrs.frozen
class _Quoting:
    """One way of quoting: no text without the `mark` has any, and `read` says what a quoted place stands for."""

    mark: bytes
    form: re.Pattern[bytes]
    read: Callable[[re.Match[bytes]], bytes]


@attrs.frozen(eq=False)
class _Reading:
    """How one view was made of another: `read` says what each match of a form became. The rest was kept or dropped."""

    of: View
    form: re.Pattern[bytes]
    read: Callable[[re.Match[bytes]], bytes]
    keeps_rest: bool


def read_views(data: bytes) -> Iterator[tuple[int, View]]:
    """Yield a text as it stands, then with each way of quoting undone, then with two; and the number of layers."""
    newest = [View(data)]
    yield 0, newest[0]
    for layer in range(1, LAYERS + 1):
        views = [
            undone
            for view in newest
            for quoting in _QUOTINGS
            if (undone := _undo(quoting, view)) is not None
        ]
        for view in views:
            yield layer, view
        newest = views


def squeeze(view: View, kept: re.Pattern[bytes]) -> View:
    """Return a view without what stands between the kept parts, such as line ends within Base64."""
    reading = _Reading(view, kept, lambda match: match.group(), keeps_rest=False)
    return View(b"".join(kept.findall(view.data)), reading)


def _undo(quoting: _Quoting, view: View) -> View | None:
    """Return a view with one layer of quoting undone, or None where there is none."""
    if quoting.mark not in view.data:
        return None
    data, number = quoting.form.subn(quoting.read, view.data)
    if not number:
        return None
    reading = _Reading(view, quoting.form, quoting.read, keeps_rest=True)
    return View(data, reading)


def _locate(reading: _Reading) -> tuple[list[int], list[int]]:
    """Return where each byte of a view begins and ends in the text, by those of the view it was made of."""
    data = reading.of.data
    all_starts, all_ends = reading.of._places
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for match in reading.form.finditer(data):
        start, end = match.span()
        if reading.keeps_rest:
            starts += all_starts[position:start]
            ends += all_ends[position:start]
        length = len(reading.read(match))
        if length == end - start:
            starts += all_starts[start:end]
            ends += all_ends[start:end]
        else:
            starts += [all_starts[start]] * length
            ends += [all_ends[end - 1]] * length
        position = end
    if reading.keeps_rest:
        starts += all_starts[position:]
        ends += all_ends[position:]
    return starts, ends


def _read_percent(match: re.Match[bytes]) -> bytes:
    place = match.group()
    if place == b"+":
        return b" "
    if place[1:2] in b"uU":
        return in_bytes(chr(int(place[2:], 16)))
    return bytes.fromhex(place[1:].decode("ascii"))


def _read_html(match: re.Match[bytes]) -> bytes:
    return in_bytes(html.unescape(match.group().decode("ascii")))


def _read_backslash(match: re.Match[bytes]) -> bytes:
    place = match.group()[1:]
    kind, rest = place[:1], place[1:].strip(b"{}")
    if kind in (b"u", b"U") and rest:
        return _read_units(match.group())
    if kind == b"x" and rest:
        return bytes.fromhex(rest.decode("ascii"))
    if len(place) == 3:
        return bytes([int(place, 8) & 0xFF])
    return _NAMED.get(place, place)


def _read_units(escapes: bytes) -> bytes:
    """Read one code point, or the two halves of a surrogate pair."""
    numbers = [int(digits, 16) for digits in re.findall(rb"[0-9a-fA-F]+", escapes)]
    text = "".join(chr(number) for number in numbers if number <= 0x10FFFF)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


_PERCENT = _Quoting(
    b"%", re.compile(rb"%[0-9a-fA-F]{2}|%u[0-9a-fA-F]{4}"), _read_percent
)
_FORM = _Quoting(b"+", re.compile(rb"%[0-9a-fA-F]{2}|\+"), _read_percent)
_HTML = _Quoting(
    b"&",
    re.compile(rb"&#[0-9]{1,12};|&#[xX][0-9a-fA-F]{1,10};|&[A-Za-z][A-Za-z0-9]{1,31};"),
    _read_html,
)
_BACKSLASH = _Quoting(
    b"\\",
    re.compile(
        rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}"
        rb"|\\u\{[0-9a-fA-F]{1,6}\}|\\U[0-9a-fA-F]{8}|\\x[0-9a-fA-F]{2}|\\[0-7]{3}"
        rb"|\\[abfnrtv0]|\\[^A-Za-z0-9\s]"
    ),
    _read_backslash,
)
# SQL doubles the one, CSV the other.
_SINGLE = _Quoting(b"''", re.compile(rb"''"), lambda _match: b"'")
_DOUBLE = _Quoting(b'""', re.compile(rb'""'), lambda _match: b'"')
_QUOTINGS = (_PERCENT, _FORM, _HTML, _BACKSLASH, _SINGLE, _DOUBLE)
