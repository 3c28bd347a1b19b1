"""The application behind a real port: options to settings, and granian around it."""

from __future__ import annotations

import functools
import threading
import time
from typing import TYPE_CHECKING, Any, cast

import attrs

from headwater.errors import Unreachable
from headwater_local_flow_service.serving import ports
from headwater_local_flow_service.settings import Settings, hand_over
from headwater_local_flow_service.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from granian.server.common import AbstractServer

    from headwater_local_flow_service.serving.options import Listening

_METRICS_HOST = "127.0.0.1"  # whoever collects them from elsewhere puts something in front, as with the service
_METRICS_INTERVAL = 1  # seconds between two looks at the workers' counters
_POLL = 0.02  # seconds
_PAUSE = 0.5  # seconds before workers that failed again are all started anew
_THREADS = 4  # requests a worker handles at once; writers wait for each other in the database anyway
_GRACE = 10  # seconds a worker may take to finish its requests


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
        hand_over(settings, access_log=listening.access_log)
        lines = [f"listening on http://{ports.authority(host, taken)} (store {label})"]
        if metrics is not None:
            lines.append(f"metrics on http://{_METRICS_HOST}:{metrics}/metrics")
        announce: Callable[[], None] = functools.partial(tell, "\n".join(lines))
        begin_again = True
        while begin_again:
            server = _build_server(address, taken, listening.workers, metrics)
            begin_again = _serve(server, address, taken, announce)
            announce = _stay_silent


def _build_server(
    address: str, port: int, workers: int, metrics: int | None
) -> AbstractServer[Any]:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LOGGING_CONFIG, LogLevels

    to_stderr = {}
    handlers = cast("dict[str, dict[str, Any]]", LOGGING_CONFIG["handlers"])
    for name, handler in handlers.items():
        to_stderr[name] = handler | {"stream": "ext://sys.stderr"}
    return Granian(
        "headwater_local_flow_service.worker:application",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig={"handlers": to_stderr},
        blocking_threads=_THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=_GRACE,
        metrics_enabled=metrics is not None,
        metrics_scrape_interval=_METRICS_INTERVAL,
        metrics_address=_METRICS_HOST,
        metrics_port=metrics or 0,
    )


def _serve(
    server: AbstractServer[Any], address: str, port: int, tell: Callable[[], None]
) -> bool:
    """Serve until a signal, and say whether to begin again.

    granian brings a failed worker back, but ends when one fails again within seconds: it takes two killed workers for
    one that cannot start. Whether they can start is known here: those that had answered are started again, all of them.
    """
    answered = threading.Event()
    threading.Thread(
        target=_announce, args=(server, address, port, tell, answered), daemon=True
    ).start()
    failed = False
    try:
        server.serve()
    except SystemExit:
        # Workers interrupted together with their parent were meant to stop.
        failed = not server.interrupt_signal
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


def _stay_silent() -> None:
    """Tell nothing: that the service listens was told when it first did."""
