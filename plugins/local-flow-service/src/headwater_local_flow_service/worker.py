"""What each worker process runs: the application, made from the settings its parent handed over."""

from __future__ import annotations

import itertools
import logging
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.app import build_app
from headwater_local_flow_service.serving import accesslog
from headwater_local_flow_service.serving.front import Front
from headwater_local_flow_service.serving.handover import (
    parent,
    take_over,
    wants_access_log,
)
from headwater_local_flow_service.store.storeerrors import (
    StoreBusy,
    StoreError,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from headwater_local_flow_service.app import FlowServiceApp
    from headwater_local_flow_service.settings import Settings

log = logging.getLogger("headwater.local")

_POLL = 0.5  # seconds
_TOLD_EVERY = 20  # attempts to open the store


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
    return Front(_open(settings, outer), settings)


def _open(settings: Settings, outer: list[Any]) -> FlowServiceApp:
    """Open the application, once its store answers.

    It did when the parent started, and may be locked, unreachable or gone by now. A worker that ended instead would be
    started again and again until the whole service ends; so one that takes another's place waits, and the service is
    back when the store is.
    """
    for attempt in itertools.count():
        try:
            app = build_app(settings, outer=outer)
        except (StoreBusy, StoreError, StoreUnavailable) as error:
            if attempt % _TOLD_EVERY == 0:
                log.warning("a worker waits for the store: %s", error)
            time.sleep(_POLL)
        else:
            app.lake.promoter.watch()
            app.streaming.watch()
            return app
    raise AssertionError("unreachable")


def _log_to_stderr(as_json: bool) -> None:
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    if as_json:
        formatter = accesslog.JsonFormatter()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
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
