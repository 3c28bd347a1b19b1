"""Secrets in dumps of bytes: addresses and a column of characters stand between one line's bytes and the next's."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# An address, then bytes in groups: as xxd and tcpdump print them, and in two halves as hexdump -C does. More than one
# blank ends them: what follows are characters, and those can be digits too.
_GROUPS = rb"(?:[0-9a-fA-F]{2}){1,8}(?:[ \t-](?:[0-9a-fA-F]{2}){1,8}){0,31}"
_HALVES = rb"(?:[0-9a-fA-F]{2} ){8} [0-9a-fA-F]{2}(?: [0-9a-fA-F]{2}){0,7}"
_LINE = re.compile(
    rb"^[ \t]*(?:0x)?[0-9a-fA-F]{4,16}:?[ \t]+("
    + _HALVES
    + rb"|"
    + _GROUPS
    + rb")(?=[ \t]*$|[ \t]{2,}).*$",
    re.MULTILINE,
)
_SEPARATORS = bytes.maketrans(b"", b""), b" \t-"


def find_in_dumps(data: bytes, values: Iterable[bytes]) -> Iterator[tuple[int, int]]:
    """Yield the lines of a dump that a secret stands in, whole: their last column shows it once more."""
    lines: list[tuple[int, int]] = []
    firsts: list[
        int
    ] = []  # position of each line's first byte among all that are dumped
    dumped = bytearray()
    for match in _LINE.finditer(data):
        lines.append(match.span())
        firsts.append(len(dumped))
        digits = match.group(1).translate(*_SEPARATORS)
        dumped += bytes.fromhex(digits.decode("ascii"))
    if not lines:
        return
    for value in values:
        start = dumped.find(value)
        while start >= 0:
            end = start + len(value)
            touched = range(
                bisect_right(firsts, start) - 1, bisect_right(firsts, end - 1)
            )
            yield from (lines[number] for number in touched)
            start = dumped.find(value, end)
