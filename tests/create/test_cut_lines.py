"""Creates over lines that break, direct and through a real proxy, with TLS: one connection each, and no id lost."""

from __future__ import annotations

import json
import os
import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from wire.embedded import embedded
from wire.rig import HOST, Cut, Disturbance, How, Page, Received, Rig

from headwater import Endpoint, FlowService, Secret, create_connection
from headwater.errors import HeadwaterError, OutcomeUnknown
from headwater_local_flow_service.app import build_app
from headwater_local_flow_service.settings import LOOPBACK_NAMES, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headwater_local_flow_service.app import FlowServiceApp

CALLS = 1000 if os.environ.get("HEADWATER_TEST_FULL") else 60
LONGEST_ANSWER = 700  # bytes; cuts beyond the end leave the answer whole
CREDENTIALS = {
    "host": "acme.custhelp.com",
    "username": "integration",
    "password": "correct-horse-battery",
}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[FlowServiceApp]:
    settings = Settings(store=str(tmp_path / "local.db"), hosts=(*LOOPBACK_NAMES, HOST))
    app = build_app(settings)
    yield app
    app.close()


class FirstTime:
    """Disturbs the first create of each name, at random: before it is carried out, within the answer, or by a page."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._seen: set[str] = set()

    def __call__(self, request: Received) -> Disturbance | None:
        if request.method != "POST":
            return None
        name = json.loads(request.body)["name"]
        if name in self._seen:
            return None
        self._seen.add(name)
        how: How = self._chance.choice(("reset", "end"))
        disturbances: list[Disturbance | None] = [
            None,
            Cut(how=how),
            Cut(answer=0, how=how),
            Cut(answer=self._chance.randrange(LONGEST_ANSWER), how=how),
            Page(self._chance.choice((303, 404, 409, 502)), b"<html>no</html>"),
            Page(503, b"<html>no</html>", commit=False),
        ]
        return self._chance.choice(disturbances)


def _endpoint(rig: Rig, org_id: str) -> Endpoint:
    return Endpoint(
        url=rig.url,
        proxy=rig.proxy,
        ca_bundle=rig.ca_bundle,
        org_id=org_id,
        sandbox="prod",
        api_key="key",
        access_token=Secret("token"),
        read_timeout=5,
        list_lag=0,
    )


def _create(service: FlowService, name: str) -> Any:
    return create_connection(
        "oracle-service-cloud",
        name=name,
        credentials=CREDENTIALS,
        service=service,
        settle=0.2,
        if_exists="reuse",
    )


@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "proxy"])
def test_creates_over_lines_that_break_end_in_one_connection_each(
    proxied: bool, app: FlowServiceApp
) -> None:
    def call(number: int) -> tuple[FlowService, str, str, int]:
        name = f"call {number}"
        service = FlowService(_endpoint(rig, f"org{number % 20}@AdobeOrg"))
        with service:
            for commands in range(1, 4):
                try:
                    return service, name, _create(service, name).id, commands
                except OutcomeUnknown:
                    continue
        raise AssertionError("no id after three commands")

    with Rig(embedded(app), tls=True, proxied=proxied, disturb=FirstTime(7)) as rig:
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(call, range(CALLS)))
        rig.settle()
        for number, (_service, name, id, _commands) in enumerate(results):
            with FlowService(_endpoint(rig, f"org{number % 20}@AdobeOrg")) as service:
                stored = [
                    connection.id
                    for connection in service.connections.list()
                    if connection.name == name
                ]
            assert stored == [id]
    assert any(commands > 1 for *_others, commands in results)


def test_what_was_not_carried_out_is_never_called_created(app: FlowServiceApp) -> None:
    def disturb(request: Received) -> Disturbance | None:
        return Cut() if request.method == "POST" else None

    with (
        Rig(embedded(app), tls=True, proxied=True, disturb=disturb) as rig,
        FlowService(_endpoint(rig, "acme@AdobeOrg")) as service,
    ):
        for _again in range(3):
            with pytest.raises(HeadwaterError) as caught:
                _create(service, "Desk")
            assert isinstance(caught.value, OutcomeUnknown)
        rig.settle()
        assert rig.carried_out("POST") == 0
        assert list(service.connections.list()) == []
