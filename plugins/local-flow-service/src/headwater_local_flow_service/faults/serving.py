"""``headwater serve --faults FILE``: one process, one port of this machine, until it is interrupted."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import urllib.parse
from typing import TYPE_CHECKING

from headwater.errors import InvalidInput
from headwater_local_flow_service.app import build_app
from headwater_local_flow_service.faults.control import add_control
from headwater_local_flow_service.faults.engine import CONTROL, Faults
from headwater_local_flow_service.faults.rules import Plan
from headwater_local_flow_service.faults.server import FaultServer, check_host
from headwater_local_flow_service.serving.accesslog import shorten_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from headwater_local_flow_service.settings import Settings

log = logging.getLogger("headwater.local")


def plan_for(path: Path, *, host: str, workers: int) -> Plan:
    """Return the checked rules. Raises `InvalidInput`, also for options that do not go together with faults."""
    check_host(host)
    if workers != 1:
        raise InvalidInput(
            "with faults there is one process only",
            remedy="leave --workers out, or --faults",
        )
    return Plan.read(path)


def run(
    settings: Settings,
    plan: Plan,
    *,
    host: str,
    port: int,
    access_log: bool,
    tell: Callable[[str], None],
) -> None:
    """Serve until SIGINT or SIGTERM; `tell` gets two lines once the service listens.

    Raises `StoreError` or `StoreBusy` before listening, and `Unreachable` when the port is taken.
    """
    app = build_app(settings)
    try:
        faults = Faults(plan)
        add_control(app, faults, settings)
        _log_to_stderr()
        heard = _log_request if access_log else None
        with FaultServer(app, faults, host=host, port=port, heard=heard) as server:
            tell(f"listening on {server.url} (store {app.store.label})")
            tell(
                f"failing on purpose: {len(plan.rules)} rules, to be replaced with PUT {server.url}{CONTROL}"
            )
            _until_interrupted()
    finally:
        app.close()


def _until_interrupted() -> None:
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: over.set())
    over.wait()


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def _log_request(
    method: str, path: str, status: int, milliseconds: float, fault: str
) -> None:
    # No query: it could hold a client's secret. No control characters: they could act on a terminal.
    told = shorten_path(urllib.parse.unquote(path))
    safe_path = urllib.parse.quote(told, safe="/%:@!$&'()*+,;=")
    facts = f"{status or '-'} {milliseconds:.1f} ms"
    if fault:
        facts += f" fault {fault}"
    log.info('"%s %s" %s', method, safe_path, facts)
