"""Being told to stop while something is under way that cannot be taken back."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Terminated(KeyboardInterrupt):
    """SIGTERM came: handled like Ctrl-C, so that what people must know is still told."""


@contextmanager
def catch_termination() -> Iterator[None]:
    """Turn SIGTERM into `Terminated` for a while; only the main thread can be interrupted so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(_number: int, _frame: object) -> None:
    raise Terminated
