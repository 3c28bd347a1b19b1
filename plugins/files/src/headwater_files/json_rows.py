"""The first rows of a JSON file: an array of objects, or one object after the other."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Final

from headwater.foreign import raise_bare
from headwater_files.properties import UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANK = re.compile(r"[ \t\r\n]*")
_NEAR_END: Final = (
    8  # characters at the end of a text within which a cut value is noticed
)


def read_rows(text: str, most: int, *, whole: bool) -> list[dict[str, Any]]:
    """Return up to `most` objects. Raises `UnreadableFile`.

    Of a text that is not `whole`, an object that is cut is dropped.
    """
    rows: list[dict[str, Any]] = []
    for row in _values(text, whole=whole):
        if not isinstance(row, dict):
            raise UnreadableFile(
                "the JSON file holds something other than objects",
                remedy="write one object a line, or an array of objects",
            )
        rows.append(row)
        if len(rows) == most:
            break
    return rows


def _values(text: str, *, whole: bool) -> Iterator[Any]:
    """Yield what the file holds one after the other, or what its one array holds."""
    start = _skip_blanks(text, 0)
    if text.startswith("[", start):
        yield from _items(text, start + 1, whole=whole)
        return
    while start < len(text):
        value, end = _decode(text, start, whole=whole)
        if end < 0:
            return
        yield value
        start = _skip_blanks(text, end)


def _items(text: str, start: int, *, whole: bool) -> Iterator[Any]:
    start = _skip_blanks(text, start)
    if text.startswith("]", start):
        return
    while True:
        value, end = _decode(text, start, whole=whole)
        if end < 0:
            return
        yield value
        end = _skip_blanks(text, end)
        if text.startswith("]", end) or (end == len(text) and not whole):
            return
        if not text.startswith(",", end):
            raise _malformed()
        start = _skip_blanks(text, end + 1)


def _decode(text: str, start: int, *, whole: bool) -> tuple[Any, int]:
    """Return a value and where it ends, or -1 where the text is cut within it. Raises `UnreadableFile`."""
    try:
        return _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        if not whole and _is_cut(text, error):
            return None, -1
        raise_bare(_malformed())
    except (ValueError, RecursionError):  # NaN, numbers of thousands of digits, nesting
        raise_bare(_malformed())


def _is_cut(text: str, error: json.JSONDecodeError) -> bool:
    # A string that does not end is complained about where it begins.
    return error.pos >= len(text) - _NEAR_END or error.msg.startswith("Unterminated")


def _skip_blanks(text: str, start: int) -> int:
    match = _BLANK.match(text, start)
    return match.end() if match else start


def _refuse(_name: str) -> Any:
    raise ValueError


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)


def _malformed() -> UnreadableFile:
    return UnreadableFile(
        "the file is not JSON",
        remedy="check fileType and compressionType, or correct the file",
    )
