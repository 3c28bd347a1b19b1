"""What each worker process runs: the application, made from the settings its parent handed over."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time

from headwater_local_flow_service.app import build_app
from headwater_local_flow_service.serving import accesslog
from headwater_local_flow_service.serving.front import Front
from headwater_local_flow_service.serving.handover import (
    parent,
    take_over,
    wants_access_log,
)

_POLL = 0.5  # seconds


def application() -> Front:
    """Build the application behind its front, log to stderr, and end with the parent process."""
    # Ctrl-C reaches the whole group; a granian worker that gets SIGINT and then its parent's SIGTERM hangs for seconds.
    # The mask is inherited by all threads made from here on.
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    threading.Thread(target=_follow, args=(parent(),), daemon=True).start()
    wants_json = wants_access_log()
    _log_to_stderr(wants_json)
    settings = take_over()
    outer = []
    if wants_json:
        accesslog.to_stderr()
        outer.append(accesslog.AccessLog())
    return Front(build_app(settings, outer=outer), settings)


def _log_to_stderr(as_json: bool) -> None:
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    if as_json:
        formatter = accesslog.JsonFormatter()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    log = logging.getLogger("headwater.local")
    log.addHandler(handler)
    log.propagate = False


def _follow(leader: int) -> None:
    """End at once when the parent was killed: the port would stay taken by a server nobody can stop by its id.

    What was acknowledged is on disk, so nothing is lost; a graceful stop could hang with nobody there to end it.
    """
    # not what it was at the start: the parent may be gone before
    while os.getppid() == leader:
        time.sleep(_POLL)
    os._exit(1)
