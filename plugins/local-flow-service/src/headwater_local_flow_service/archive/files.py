"""Files of lines, read and written a line at a time, so that a large store needs no large memory."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from headwater import documents
from headwater.errors import InvalidInput
from headwater.foreign import raise_bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO


def write(target: str, lines: Iterable[bytes]) -> int:
    """Write lines to a file (mode 0600) or, for ``-``, to standard output; return how many.

    A file gets its name when all of it is on disk. Raises `InvalidInput` where it cannot be written.
    """
    if target == "-":
        count = _copy(lines, sys.stdout.buffer)
        sys.stdout.flush()
        return count
    try:
        with documents.open_draft(Path(target)) as file:
            return _copy(lines, file)
    except OSError as error:
        raise_bare(
            InvalidInput(
                f"{target} cannot be written ({documents.describe(error)})",
                remedy="name another file, or - for standard output",
            )
        )


@contextmanager
def reading(source: str, *, longest: int) -> Iterator[tuple[Iterator[bytes], str]]:
    """Open a file of lines, or standard input for ``-``; give its lines and its name for messages.

    Raises `InvalidInput` where it cannot be read, or has a line of more than `longest` bytes.
    """
    if source == "-":
        yield _lines(sys.stdin.buffer, "standard input", longest), "standard input"
        return
    try:
        with Path(source).open("rb") as file:
            yield _lines(file, source, longest), source
    except OSError as error:
        raise_bare(
            InvalidInput(
                f"{source} cannot be read ({documents.describe(error)})",
                remedy="check the path and its permissions",
            )
        )


def _lines(file: BinaryIO, name: str, longest: int) -> Iterator[bytes]:
    number = 0
    while line := file.readline(longest + 1):
        number += 1
        if len(line) > longest:
            raise InvalidInput(
                f"line {number} of {name} is longer than {longest} bytes",
                remedy="import a file that was exported; if it was from a store with a larger largest_body, give the "
                "same with --settings",
            )
        yield line


def _copy(lines: Iterable[bytes], file: BinaryIO) -> int:
    count = 0
    for line in lines:
        file.write(line)
        count += 1
    return count
