"""Turns between processes that write one SQLite file: who has just written does not come again before who waits.

SQLite lets its waiters look again at ever longer intervals, so that a busy process keeps the lock and the others wait
for most of a second. Here one process at a time waits for the lock, and looks often. The others wait behind it, also
the one that has the lock and wants it again. It is about fairness only: the lock itself is SQLite's.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if sys.platform != "win32":  # where no store is opened
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator

_RETRY: Final = 0.000_3  # seconds between two looks
_LONGEST: Final = (
    0.5  # seconds; several times what a few processes need for a group each
)


class Turnstile:
    """Lets one process through at a time; a file that only its owner can open, and in which nothing stands."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: int | None = None  # opened when first needed

    @contextmanager
    def passing(self, deadline: float) -> Iterator[None]:
        """Be the one who waits for the lock while the block runs.

        After `_LONGEST` or at the deadline (monotonic), and where the file system knows no locks, it lets through
        whoever comes: a process that is stopped in front of the lock keeps nobody from it.
        """
        patience = min(deadline, time.monotonic() + _LONGEST)
        while not self._is_through() and time.monotonic() < patience:
            time.sleep(_RETRY)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                fcntl.flock(self._opened(), fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _is_through(self) -> bool:
        try:
            fcntl.flock(self._opened(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def _opened(self) -> int:
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        return self._file
