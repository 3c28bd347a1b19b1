"""Standard input, output and error as they really come: closed, broken, or of an encoding that cannot write it all."""

from __future__ import annotations

import codecs
import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

from headwater.cli.characters import escape_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


_closed: set[str] = set()  # names of streams that were closed when the process began


class ReaderGone(Exception):
    """Nobody reads our output any more, as after ``| head``. Not an `OSError`: click would exit with 1 for that."""


@contextmanager
def catch_broken_pipe() -> Iterator[None]:
    """Turn a broken pipe into `ReaderGone`."""
    try:
        yield
    except BrokenPipeError:
        raise ReaderGone from None


def repair() -> None:
    """Make the three streams usable, whatever the process was started with.

    One that was closed becomes the null device: its number would otherwise go to the next file or socket opened. What
    an encoding cannot write is escaped: a result must not be lost over a character of a name.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            _closed.add(name)
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    if hasattr(sys.stdout, "reconfigure") and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def was_closed(name: str) -> bool:
    """Say whether a stream, such as ``stdout``, was closed when the process began: what is written there is lost."""
    return name in _closed


class _Guarded:
    """A text stream that writes no character which could command, reorder or hide what a terminal shows."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(escape_stream(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    @property
    def encoding(self) -> str:
        """The stream's own, but for ASCII: click goes past such a stream to the bytes below it."""
        name = self._stream.encoding or "ascii"
        with suppress(LookupError):
            name = codecs.lookup(name).name
        return "latin-1" if name == "ascii" else name

    def __iter__(self) -> Iterator[str]:
        return iter(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def guarded() -> Iterator[None]:
    """Escape what is written to standard output and standard error, by anybody, with `characters.escape_stream`."""
    former = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast("TextIO", _Guarded(stream)) for stream in former)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = former


def silence(number: int) -> None:
    """Send what is written to a stream from now on nowhere, after its reader has gone.

    What is left in its buffer would fail again when the interpreter flushes it at exit.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def writes_unicode() -> bool:
    """Say whether standard output can write every character as itself."""
    return (sys.stdout.encoding or "").lower().startswith("utf")
