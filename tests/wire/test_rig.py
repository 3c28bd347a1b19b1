"""The rig is what it says: undisturbed a request goes through, and each disturbance happens to a real connection."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import pytest
from flowservice.wired import ETAG, ID, endpoint, service
from wire.embedded import embedded
from wire.rig import Cut, Disturbance, Line, Page, Received, Rig, Stall

from headwater.errors import HeadwaterError
from headwater_local_flow_service.app import build_app
from headwater_local_flow_service.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

CREATED = Page(201, json.dumps({"id": ID, "etag": ETAG}).encode())
WAYS = [
    pytest.param(False, False, id="direct"),
    pytest.param(True, False, id="direct-tls"),
    pytest.param(True, True, id="proxy-tls"),
]


def _create(rig: Rig, times: int = 1) -> None:
    at = endpoint(
        url=rig.url, proxy=rig.proxy, ca_bundle=rig.ca_bundle, read_timeout=0.5
    )
    with service(at) as (flow, _pauses):
        for _ in range(times):
            with contextlib.suppress(HeadwaterError):
                flow.connections.create({"name": "x"})
            rig.settle()


@pytest.mark.parametrize(("tls", "proxied"), WAYS)
def test_undisturbed_each_request_goes_through_on_a_connection_of_its_own(
    tls: bool, proxied: bool
) -> None:
    with Rig(lambda _request: CREATED, tls=tls, proxied=proxied) as rig:
        _create(rig, times=3)

    assert rig.carried_out("POST") == 3
    assert [exchange.arrived for exchange in rig.exchanges] == [True] * 3
    paths = {exchange.request and exchange.request.path for exchange in rig.exchanges}
    assert paths == {"/data/foundation/flowservice/connections"}


@pytest.mark.parametrize(("tls", "proxied"), WAYS)
@pytest.mark.parametrize(
    ("disturbance", "done"),
    [
        (Cut(), 0),
        (Cut(answer=0), 1),
        (Cut(answer=7, how="end"), 1),
        (Page(303), 1),
        (Page(404, commit=False), 0),
        (Stall(answer=9), 1),
        (Stall(commit=False), 0),
    ],
)
def test_a_disturbance_comes_before_or_after_the_request_is_carried_out(
    disturbance: Disturbance, done: int, tls: bool, proxied: bool
) -> None:
    def disturb(_request: Received) -> Disturbance:
        return disturbance

    rig = Rig(lambda _request: CREATED, tls=tls, proxied=proxied, disturb=disturb)
    with rig:
        _create(rig)

    assert rig.carried_out("POST") == done
    assert rig.exchanges[0].request is not None


@pytest.mark.parametrize(("tls", "proxied"), WAYS)
def test_a_line_breaks_after_the_byte_it_was_told(tls: bool, proxied: bool) -> None:
    with Rig(lambda _request: CREATED, tls=tls, proxied=proxied) as rig:
        for given in (Line(from_client=20), Line(to_client=20), Line(to_client=0)):
            rig.cut_line(given)
            _create(rig)
            limit = given.from_client or given.to_client or 0
            assert limit in (given.sent, given.received)


def test_the_embedded_service_can_be_served(tmp_path: Path) -> None:
    app = build_app(Settings(store=str(tmp_path / "local.db")))
    with contextlib.closing(app), Rig(embedded(app)) as rig:
        with service(endpoint(url=rig.url)) as (flow, _pauses):
            assert list(flow.connections.list()) == []
        assert rig.carried_out("GET") == 1
