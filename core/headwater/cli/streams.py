"""Standard input, output and error as they really come: closed, broken, or of an encoding that cannot write it all."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


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
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    if hasattr(sys.stdout, "reconfigure") and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


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
