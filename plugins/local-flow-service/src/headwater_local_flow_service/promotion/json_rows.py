"""The rows of a JSON file, one after the other, within bounds: an object a line, or the objects of one array."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

LARGEST_ROW: Final = 8 << 20  # bytes
DEEPEST_ROW: Final = 64  # objects and arrays within each other
MOST_FIELDS_OF_ROW: Final = 10_000  # of one row; the platform's limit
_PIECE: Final = 1 << 20
_BOM: Final = b"\xef\xbb\xbf"
_BLANK: Final = b" \t\r\n"
_TOKENS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
# Whatever stands between brackets, whole strings included; among the elements of the array commas end it as well.
_RUN: Final = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_RUN_OF_ARRAY: Final = re.compile(
    rb'(?:[^"\[\]{},]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL
)
_QUOTE: Final = ord('"')
_COMMA: Final = ord(",")


class UnreadableRow(ValueError):
    """A row that cannot be parsed; the message says why, without what the row holds."""


def iter_lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file that are not blank.

    Of one longer than `LARGEST_ROW` only the beginning comes, by one byte too long.
    """
    rest = b""
    cut = False  # within a line whose beginning was already handed out
    for piece in _pieces(file):
        first, *others = piece.split(b"\n")
        rest = rest if cut else rest + first
        if not cut and len(rest) > LARGEST_ROW:
            yield rest[: LARGEST_ROW + 1]
            rest, cut = b"", True
        if not others:
            continue
        *whole, last = others
        lines = whole if cut else [rest, *whole]
        yield from filter(None, (line.strip(_BLANK) for line in lines))
        rest, cut = last, False
    if not cut and rest.strip(_BLANK):
        yield rest.strip(_BLANK)


def iter_elements(file: BinaryIO) -> Iterator[bytes]:
    """Yield the elements of the one array that a file holds.

    Raises `UnreadableRow` where the file is no array, or ends within it.
    """
    splitter = _Splitter()
    for piece in _pieces(file):
        yield from splitter.feed(piece)
    splitter.check_ended()


class _Splitter:
    """Cuts an array into its elements as it comes; what is in them is not looked into."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._depth = 0
        self._seen = 0  # how much of the rest has been looked at
        self._ended = False
        self._elements = 0

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Take a piece and yield the elements that it completes. Raises `UnreadableRow`."""
        self._rest += piece
        if not self._depth and not self._ended and not self._open():
            return
        start = place = 0
        while not self._ended:
            place = self._find_mark(max(place, self._seen))
            if place >= len(self._rest) or self._rest[place] == _QUOTE:
                break  # the end, or a string that goes on in the next piece
            if self._ends_element(self._rest[place]):
                element = bytes(self._rest[start:place]).strip(_BLANK)
                start = place + 1
                if element or self._elements or not self._ended:
                    self._elements += 1
                    yield element
            place += 1
        self._seen = place - start
        del self._rest[:start]
        self._check_rest()

    def check_ended(self) -> None:
        """Raise `UnreadableRow` where the array has no end."""
        if not self._ended:
            raise UnreadableRow("the file is not one whole JSON array")

    def _check_rest(self) -> None:
        """Refuse an element that is too large, and what follows the array. Raises `UnreadableRow`."""
        if len(self._rest) > LARGEST_ROW:
            raise UnreadableRow(_too_large())
        if self._ended and self._rest.strip(_BLANK):
            raise UnreadableRow("something follows the array")

    def _open(self) -> bool:
        """Find the bracket that opens the array. Raises `UnreadableRow`."""
        text = self._rest.lstrip(_BLANK)
        if not text:
            return False
        if text[:1] != b"[":
            raise UnreadableRow("the file is not one whole JSON array")
        del self._rest[: len(self._rest) - len(text) + 1]
        self._depth = 1
        return True

    def _find_mark(self, place: int) -> int:
        """Return the place of the next bracket, or comma between elements, or string that has no end yet."""
        run = _RUN_OF_ARRAY if self._depth == 1 else _RUN
        found = run.match(self._rest, place)
        return found.end() if found else place

    def _ends_element(self, mark: int) -> bool:
        """Take notice of one character; say whether an element ends before it."""
        if mark in b"[{":
            self._depth += 1
        elif mark in b"]}":
            self._depth -= 1
            self._ended = self._depth == 0
        return self._ended or (mark == _COMMA and self._depth == 1)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield a file in pieces, without a byte order mark."""
    first = bytes(file.read(_PIECE)).removeprefix(_BOM)
    while first:
        yield first
        first = bytes(file.read(_PIECE))


def parse_row(raw: bytes) -> dict[str, Any]:
    """Return the object that a line or an element is. Raises `UnreadableRow`.

    Of a name that stands twice in one object the last value counts.
    """
    if len(raw) > LARGEST_ROW:
        raise UnreadableRow(_too_large())
    if raw.count(b"{") + raw.count(b"[") > DEEPEST_ROW:
        _check_depth(raw)
    row = _parse(raw)
    if not isinstance(row, dict):
        raise UnreadableRow("the row is not an object")
    if raw.count(b":") > MOST_FIELDS_OF_ROW and _count_fields(row) > MOST_FIELDS_OF_ROW:
        raise UnreadableRow(f"the row has more than {MOST_FIELDS_OF_ROW} fields")
    if b"\\ud" in raw or b"\\uD" in raw:
        _check_characters(row)
    return row


def show_raw(raw: bytes) -> str:
    """Return the text of a row that cannot be parsed, its beginning where it is too large."""
    return raw[:65536].decode("utf-8", "replace")


def _parse(raw: bytes) -> Any:
    try:
        return _DECODER.decode(raw.decode("utf-8"))
    except UnicodeDecodeError:
        reason = "the row is not UTF-8"
    except json.JSONDecodeError as error:
        reason = f"the row is not JSON (at character {error.pos + 1})"
    except RecursionError:
        reason = _too_deep()
    except ValueError:
        reason = "the row holds a number that is not JSON, or has too many digits"
    raise UnreadableRow(reason)


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def _check_depth(raw: bytes) -> None:
    depth = 0
    for match in _TOKENS.finditer(raw):
        first = match.group()[:1]
        depth += (first in b"[{") - (first in b"]}")
        if depth > DEEPEST_ROW:
            raise UnreadableRow(_too_deep())


def _check_characters(row: Any) -> None:
    """Refuse one half of a surrogate pair, which is no character."""
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        bad = True
    else:
        bad = False
    if bad:
        raise UnreadableRow("the row holds half a surrogate pair")


def _count_fields(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_count_fields, value.values()))
    if isinstance(value, list):
        return sum(map(_count_fields, value))
    return 0


def _too_large() -> str:
    return f"the row is larger than {LARGEST_ROW >> 20} MB"


def _too_deep() -> str:
    return f"the row is nested deeper than {DEEPEST_ROW} levels"
