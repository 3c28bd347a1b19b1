"""Files of lines, read and written a line at a time, so that a large store needs no large memory."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from headwater.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

_LONGEST = 1 << 26  # bytes of a line


def write(target: str, lines: Iterable[bytes]) -> int:
    """Write lines to a file (mode 0600) or, for ``-``, to standard output; return how many.

    A file gets its name when all of it is on disk. Raises `InvalidInput` where it cannot be written.
    """
    if target == "-":
        count = _copied(lines, sys.stdout.buffer)
        sys.stdout.flush()
        return count
    path = Path(target)
    failure = ""
    draft: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(
            dir=path.absolute().parent, prefix=f".{path.name}."
        )
        draft = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            count = _copied(lines, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        return count
    except OSError as error:
        failure = error.strerror or type(error).__name__
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)
    raise InvalidInput(
        f"{target} cannot be written ({failure})",
        remedy="name another file, or - for standard output",
    )


@contextmanager
def reading(source: str) -> Iterator[tuple[Iterator[bytes], str]]:
    """Open a file of lines, or standard input for ``-``; give its lines and its name for messages.

    Raises `InvalidInput` where it cannot be read.
    """
    if source == "-":
        yield _lines(sys.stdin.buffer, "standard input"), "standard input"
        return
    failure = ""
    try:
        with Path(source).open("rb") as file:
            yield _lines(file, source), source
            return
    except OSError as error:
        failure = error.strerror or type(error).__name__
    raise InvalidInput(
        f"{source} cannot be read ({failure})",
        remedy="check the path and its permissions",
    )


def _lines(file: BinaryIO, name: str) -> Iterator[bytes]:
    while line := file.readline(_LONGEST):
        if len(line) == _LONGEST:
            raise InvalidInput(
                f"{name} has a line that is too long",
                remedy="import a file that was exported",
            )
        yield line


def _copied(lines: Iterable[bytes], file: BinaryIO) -> int:
    count = 0
    for line in lines:
        file.write(line)
        count += 1
    return count
