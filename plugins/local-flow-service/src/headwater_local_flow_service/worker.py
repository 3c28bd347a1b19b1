"""What each worker process runs: the application, made from the settings its parent handed over."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

from headwater_local_flow_service.app import build_app
from headwater_local_flow_service.serving import accesslog
from headwater_local_flow_service.settings import parent, take_over, wants_access_log

if TYPE_CHECKING:
    from headwater_local_flow_service.app import FlowServiceApp

_POLL = 0.5  # seconds


def application() -> FlowServiceApp:
    """Build the application, log to stderr, and end with the parent process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log = logging.getLogger("headwater.local")
    log.addHandler(handler)
    log.propagate = False
    # Ctrl-C reaches the whole group; a granian worker that gets SIGINT and then its parent's SIGTERM hangs for seconds.
    # The mask is inherited by all threads made from here on.
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    threading.Thread(target=_follow, args=(parent(),), daemon=True).start()
    if not wants_access_log():
        return build_app(take_over())
    accesslog.to_stderr()
    return build_app(take_over(), outer=[accesslog.AccessLog()])


def _follow(leader: int) -> None:
    """End at once when the parent was killed: the port would stay taken by a server nobody can stop by its id.

    What was acknowledged is on disk, so nothing is lost; a graceful stop could hang with nobody there to end it.
    """
    # not what it was at the start: the parent may be gone before
    while os.getppid() == leader:
        time.sleep(_POLL)
    os._exit(1)
