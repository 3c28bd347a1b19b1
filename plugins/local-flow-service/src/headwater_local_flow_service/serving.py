"""The application behind a real port: options to settings, and granian around it."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any, cast

from headwater import references
from headwater.errors import InvalidInput, Unreachable
from headwater_local_flow_service import ports
from headwater_local_flow_service.settings import LOOPBACK_NAMES, Client, Settings, Strictness, hand_over
from headwater_local_flow_service.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from granian.server.common import AbstractServer

    from headwater.secret import Secret

SECRET_VARIABLE = "HEADWATER_SERVE_CLIENT_SECRET"  # noqa: S105 - the name of a variable, not a secret

_ACCESS = '%(addr)s "%(method)s %(path)s" %(status)d %(dt_ms).1f ms'  # no query: it could hold a client's secret
_POLL = 0.02  # seconds
_THREADS = 4  # requests a worker handles at once; writers wait for each other in the database anyway
_GRACE = 10  # seconds a worker may take to finish its requests


def settings_for(
    *,
    host: str,
    store: str | None = None,
    strict: bool = False,
    sandboxes: Sequence[str] = (),
    clients: Sequence[str] = (),
    secrets: Sequence[str] = (),
    names: Sequence[str] = (),
) -> Settings:
    """Return the settings of a served application. Raises `InvalidInput`, also for an open door to the network."""
    configured = _clients(clients, secrets)
    local = ports.is_loopback(host)
    if not local and not configured:
        raise InvalidInput(
            f"{host} is not an address of this machine only, and no client is configured",
            remedy="listen on 127.0.0.1, or name clients with --client",
        )
    given: dict[str, Any] = {"store": store} if store else {}
    return Settings.from_environ(
        hosts=[ports.bare(host).lower(), *(LOOPBACK_NAMES if local else ()), *map(str.lower, names)],
        sandboxes=["prod", "dev", *sandboxes],
        clients=configured,
        strictness=Strictness.strict() if strict else Strictness(),
        **given,
    )


def run(
    settings: Settings, *, host: str, port: int, workers: int, access_log: bool, tell: Callable[[str], None]
) -> None:
    """Serve until SIGINT or SIGTERM; `tell` gets one line once the service answers.

    Raises `StoreError` or `StoreBusy` before listening, and `Unreachable` when the port is taken or workers fail.
    """
    address = ports.address_of(host)
    with ports.reserved(address, port) as taken:
        store = Store(settings)  # made and checked here, so that what is wrong with it is said once, in words
        label = store.label
        store.close()
        hand_over(settings)
        server = _server(address, taken, workers, access_log)
        line = f"listening on http://{ports.authority(host, taken)} (store {label})"
        threading.Thread(target=_announce, args=(server, address, taken, lambda: tell(line)), daemon=True).start()
        _serve(server)


def _server(address: str, port: int, workers: int, access_log: bool) -> AbstractServer[Any]:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LOGGING_CONFIG, LogLevels

    handlers = cast("dict[str, dict[str, Any]]", LOGGING_CONFIG["handlers"])
    log = {"handlers": {name: handler | {"stream": "ext://sys.stderr"} for name, handler in handlers.items()}}
    return Granian(
        "headwater_local_flow_service.worker:application",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        websockets=False,
        log_level=LogLevels.info if access_log else LogLevels.warning,
        log_access=access_log,
        log_access_format=_ACCESS,
        log_dictconfig=log,
        blocking_threads=_THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=_GRACE,
    )


def _serve(server: AbstractServer[Any]) -> None:
    failed = False
    try:
        server.serve()
    except SystemExit:
        failed = not server.interrupt_signal  # workers interrupted together with their parent were meant to stop
    if failed:
        raise Unreachable("the server's worker processes failed; see what they logged above", sent=False)


def _announce(server: AbstractServer[Any], address: str, port: int, tell: Callable[[], None]) -> None:
    """Wait until the workers accept connections, then tell; nothing is touched before they are forked."""
    while len(server.wrks) < server.workers:
        time.sleep(_POLL)
    while not server.interrupt_signal:
        if ports.answers(address, port):
            tell()
            return
        time.sleep(_POLL)


def _clients(given: Sequence[str], secrets: Sequence[str]) -> list[Client]:
    known = dict(_pair(text) for text in secrets)
    parsed = [text.partition("=") for text in given]
    if known.keys() - {id for id, _equals, _organizations in parsed}:
        raise InvalidInput("--client-secret names a client that no --client names")
    return [
        Client(id=id, secret=_secret(known.get(id)), organizations=[org for org in organizations.split(",") if org])
        for id, _equals, organizations in parsed
    ]


def _pair(text: str) -> tuple[str, str]:
    id, equals, reference = text.partition("=")
    if not (id and equals) or not references.is_reference(reference):
        raise InvalidInput(
            "--client-secret takes ID=REFERENCE, where the reference is env:NAME, file:PATH or keyring:SERVICE/USER",
            remedy="a secret itself does not belong on a command line, where other programs can read it",
        )
    return id, reference


def _secret(reference: str | None) -> Secret:
    if reference is None and SECRET_VARIABLE not in os.environ:
        raise InvalidInput(
            "a client is configured, but not its secret", remedy=f"set {SECRET_VARIABLE}, or give --client-secret"
        )
    return references.resolve(reference or f"env:{SECRET_VARIABLE}", "the client secret")
