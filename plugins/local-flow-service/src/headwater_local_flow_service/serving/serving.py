"""The application behind a real port: options to settings, and granian around it."""

from __future__ import annotations

import functools
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import attrs

from headwater.errors import Unreachable
from headwater_local_flow_service.serving import accesslog, handover, ports
from headwater_local_flow_service.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from granian.server.common import AbstractServer

    from headwater_local_flow_service.serving.options import Listening
    from headwater_local_flow_service.settings import Settings

_APPLICATION = "headwater_local_flow_service.worker:application"
_METRICS_HOST = "127.0.0.1"  # whoever collects them from elsewhere puts something in front, as with the service
_METRICS_INTERVAL = 1  # seconds between two looks at the workers' counters
_POLL = 0.02  # seconds
_PAUSE = 0.5  # seconds before workers that failed again are all started anew
_HEADERS_MILLISECONDS = (
    10_000  # that a client may take to send a request's headers, or the next request
)
_HEADERS_BYTES = 65_536  # with the request line
_CONNECTIONS = 2048  # of one worker: with all of their headers unfinished, 128 MB
_DESCRIPTORS = 64  # of one worker, for anything but connections
_GRACE = 10  # seconds a worker may take to finish its requests
_STOP_POLL = 0.5  # seconds between two looks whether workers were told to stop


def run(
    settings: Settings, listening: Listening, *, tell: Callable[[str], None]
) -> None:
    """Serve until SIGINT or SIGTERM; `tell` gets one line once the service answers, and one for its metrics.

    Raises `StoreError` or `StoreBusy` before listening, and `Unreachable` when a port is taken or workers fail.
    """
    host, address = listening.host, ports.address_of(listening.host)
    with ports.reserve(address, listening.port) as taken:
        metrics = ports.free(_METRICS_HOST, listening.metrics_port)
        # Made and checked here, so that what is wrong with it is said once, in words.
        store = Store(settings)
        label = store.label
        store.close()
        # A worker that is started later serves this store and makes none.
        settings = attrs.evolve(settings, new=False, store_id=store.id)
        handover.hand_over(settings, access_log=listening.access_log)
        lines = [f"listening on http://{ports.authority(host, taken)} (store {label})"]
        if metrics is not None:
            lines.append(f"metrics on http://{_METRICS_HOST}:{metrics}/metrics")
        announce: Callable[[], None] = functools.partial(tell, "\n".join(lines))
        _let_starting_workers_stop()
        begin_again = True
        while begin_again:
            server = build_server(
                _APPLICATION,
                address,
                taken,
                workers=listening.workers,
                metrics=metrics,
                json_log=listening.access_log,
            )
            begin_again = _serve(server, address, taken, announce)
            announce = _stay_silent


def build_server(
    target: str,
    address: str,
    port: int,
    *,
    workers: int = 1,
    metrics: int | None = None,
    json_log: bool = False,
) -> AbstractServer[Any]:
    """Return granian around the RSGI application that the function `target` makes in each worker."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    return Granian(
        target,
        address=address,
        port=port,
        interface=Interfaces.RSGI,
        # uvloop, where it is installed, loses signals that come before it runs.
        loop=Loops.asyncio,
        # Whoever has not said which version of HTTP it speaks would have no deadline.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=_HEADERS_MILLISECONDS, max_buffer_size=_HEADERS_BYTES
        ),
        backpressure=_most_connections(),
        factory=True,
        workers=workers,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=_log_config(as_json=json_log),
        respawn_failed_workers=True,
        metrics_enabled=metrics is not None,
        metrics_scrape_interval=_METRICS_INTERVAL,
        metrics_address=_METRICS_HOST,
        metrics_port=metrics or 0,
    )


def _most_connections() -> int:
    """Return how many connections one worker accepts at once: no more than it has file descriptors for, and some over.

    Further ones wait in the kernel. A server that runs out of descriptors cannot open its store any more.
    """
    import resource

    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        return _CONNECTIONS
    return max(1, min(_CONNECTIONS, hard - _DESCRIPTORS))


def _log_config(*, as_json: bool) -> dict[str, Any]:
    """Return what to change in granian's own configuration: all goes to stderr, in the form of our own lines."""
    from granian.log import LOGGING_CONFIG

    defaults: dict[str, Any] = LOGGING_CONFIG
    handlers = {
        name: handler | {"stream": "ext://sys.stderr"}
        for name, handler in defaults["handlers"].items()
    }
    if not as_json:
        return {"handlers": handlers}
    json_lines = {"()": accesslog.JsonFormatter}
    return {
        "handlers": handlers,
        "formatters": dict.fromkeys(defaults["formatters"], json_lines),
    }


def _serve(
    server: AbstractServer[Any], address: str, port: int, tell: Callable[[], None]
) -> bool:
    """Serve until a signal, and say whether to begin again.

    granian brings a failed worker back, but ends when one fails again within seconds: it takes two killed workers for
    one that cannot start. Whether they can start is known here: those that had answered are started again, all of them.
    """
    answered, over = threading.Event(), threading.Event()
    _start_thread(_announce, server, address, port, tell, answered)
    _start_thread(_end_stragglers, server, over)
    failed = False
    try:
        server.serve(target_loader=handover.loader())
    except SystemExit:
        # Workers interrupted together with their parent were meant to stop.
        failed = not server.interrupt_signal
    finally:
        over.set()
    if failed and not answered.is_set():
        raise Unreachable(
            "the server's worker processes failed; see what they logged above",
            sent=False,
        )
    if failed:
        time.sleep(_PAUSE)
    return failed and not server.interrupt_signal


def _announce(
    server: AbstractServer[Any],
    address: str,
    port: int,
    tell: Callable[[], None],
    answered: threading.Event,
) -> None:
    """Wait until the workers accept connections, then tell; nothing is touched before they are started."""
    while len(server.wrks) < server.workers:
        time.sleep(_POLL)
    while not server.interrupt_signal:
        if ports.answers(address, port):
            answered.set()
            tell()
            return
        time.sleep(_POLL)


def _end_stragglers(server: AbstractServer[Any], over: threading.Event) -> None:
    """Kill the workers that were told to stop and have not within the grace.

    granian's own way to do so takes workers that have just ended for workers that refuse to, and says so.
    """
    from granian.log import logger

    while not over.wait(_STOP_POLL):
        if not any(worker.interrupt_by_parent for worker in [*server.wrks]):
            continue
        over.wait(_GRACE)
        for worker in [*server.wrks]:
            if worker.is_alive():
                logger.warning("killing a worker that has not stopped in time")
                worker.kill()


def _let_starting_workers_stop() -> None:
    """Let SIGTERM end a forked worker that has not begun to serve: it has its parent's handler, which does not stop it.

    The signal is held back for the moment in which it would be lost between the two.
    """
    if not hasattr(os, "register_at_fork"):
        return
    only = {signal.SIGTERM}
    hold = functools.partial(signal.pthread_sigmask, signal.SIG_BLOCK, only)
    release = functools.partial(signal.pthread_sigmask, signal.SIG_UNBLOCK, only)

    def stop_at_once() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        release()

    os.register_at_fork(
        before=hold, after_in_parent=release, after_in_child=stop_at_once
    )


def _start_thread(target: Callable[..., None], *args: Any) -> None:
    threading.Thread(target=target, args=args, daemon=True).start()


def _stay_silent() -> None:
    """Tell nothing: that the service listens was told when it first did."""
