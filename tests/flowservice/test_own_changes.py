"""What we changed ourselves is never told as somebody else's doing, whatever becomes of the first answer."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from flowservice.wired import oauth, service
from wire.embedded import embedded
from wire.rig import Cut, Disturbance, Page, Received, Rig, Stall

from headwater.errors import (
    NotAuthenticated,
    NotFound,
    ServiceError,
    Unreachable,
)
from headwater_local_flow_service.app import build_app
from headwater_local_flow_service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from headwater.flowservice import FlowService

HTML = b"<html><title>Portal</title></html>"
OWN_401 = json.dumps({"error_code": "401013", "message": "not valid"}).encode()
LOST: dict[str, Disturbance] = {
    "reset": Cut(answer=0),
    "ended": Cut(answer=0, how="end"),
    "reset within the answer": Cut(answer=150),
    "ended within the head": Cut(answer=30, how="end"),
    "no answer": Stall(),
    "401": Page(401, OWN_401),
    "401 of a portal": Page(401, HTML),
    "500": Page(500),
    "503": Page(503, HTML),
    "303": Page(303, b"", (("Location", "https://portal.example.com/"),)),
    "404 of a portal": Page(404, HTML),
    "409 of a portal": Page(409, b"{}"),
    "412 of a portal": Page(412, HTML),
    "200 of a portal": Page(200, HTML),
}
RENAME = [{"op": "replace", "path": "/description", "value": "changed"}]
PAYLOAD: dict[str, Any] = {
    "name": "mine",
    "description": "as made",
    "connectionSpec": {"id": "ba5126ec-c9ac-11eb-b8bc-0242ac130003", "version": "1.0"},
    "auth": {
        "specName": "Basic Authentication",
        "params": {
            "host": "acme.custhelp.com",
            "username": "integration",
            "password": "correct-horse-battery",
        },
    },
}


class _Once:
    """Disturbs the first request of a method, and only that."""

    def __init__(self, method: str, disturbance: Disturbance) -> None:
        self.is_armed = False
        self._method = method
        self._disturbance = disturbance

    def __call__(self, request: Received) -> Disturbance | None:
        is_token = request.path.startswith("/ims/")
        if not self.is_armed or is_token or request.method != self._method:
            return None
        self.is_armed = False
        return self._disturbance


@contextlib.contextmanager
def _served(
    tmp_path: Path, once: _Once, *, proxied: bool
) -> Iterator[tuple[Rig, FlowService]]:
    app = build_app(Settings(store=str(tmp_path / "local.db")))
    rig = Rig(embedded(app), tls=proxied, proxied=proxied, disturb=once)
    with contextlib.closing(app), rig:
        reached: dict[str, Any] = {
            "url": rig.url,
            "ims_url": rig.url,
            "proxy": rig.proxy,
            "ca_bundle": rig.ca_bundle,
        }
        # The catalogue is loaded with patience; from then on an answer that is missing is a lost one.
        with service(oauth(**reached, read_timeout=60)) as (first, _pauses):
            first.connection_specs.get(PAYLOAD["connectionSpec"]["id"])
        with service(oauth(**reached, read_timeout=1)) as (flow, _pauses):
            yield rig, flow


@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "proxy-tls"])
@pytest.mark.parametrize("lost", LOST)
def test_an_own_change_stands_or_is_said_to_be_unknown(
    tmp_path: Path, lost: str, proxied: bool
) -> None:
    once = _Once("PATCH", LOST[lost])
    with _served(tmp_path, once, proxied=proxied) as (_rig, flow):
        made = flow.connections.create(PAYLOAD)
        once.is_armed = True
        outcome = _outcome_of(
            lambda: flow.connections.update(made.id, RENAME, etag=made.etag)
        )
        now = flow.connections.get(made.id)

    assert now.description == "changed"
    assert _is_open(outcome) or outcome.etag == now.etag


@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "proxy-tls"])
@pytest.mark.parametrize("lost", LOST)
def test_an_own_deletion_counts_or_is_said_to_be_unknown(
    tmp_path: Path, lost: str, proxied: bool
) -> None:
    once = _Once("DELETE", LOST[lost])
    with _served(tmp_path, once, proxied=proxied) as (_rig, flow):
        made = flow.connections.create(PAYLOAD)
        once.is_armed = True
        outcome = _outcome_of(lambda: flow.connections.delete(made.id))
        with pytest.raises(NotFound):
            flow.connections.get(made.id)

    assert outcome is None or _is_open(outcome)


@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "proxy-tls"])
@pytest.mark.parametrize("lost", LOST)
def test_a_create_is_never_made_twice_and_never_said_to_be_refused(
    tmp_path: Path, lost: str, proxied: bool
) -> None:
    once = _Once("POST", LOST[lost])
    with _served(tmp_path, once, proxied=proxied) as (rig, flow):
        list(flow.connections.list())  # which fetches the token
        once.is_armed = True
        with pytest.raises((ServiceError, Unreachable)) as caught:
            flow.connections.create(PAYLOAD)
        stored = list(flow.connections.list())
        rig.settle()

    assert len(stored) == 1
    error = caught.value
    assert _is_open(error) or (
        isinstance(error, NotAuthenticated) and error.token_renewed
    )


def _outcome_of(change: Callable[[], Any]) -> Any:
    """Return what a change returns, or the error of the client that it raises."""
    try:
        return change()
    except (ServiceError, Unreachable) as error:
        return error


def _is_open(error: Any) -> bool:
    if isinstance(error, Unreachable):
        return error.sent
    return isinstance(error, ServiceError) and error.outcome_unknown
