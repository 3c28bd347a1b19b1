"""One call, one connection, whatever the network does."""

from __future__ import annotations

import os
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from headwater import Created, Endpoint, FlowService, Secret, create_connection
from headwater.create import ensure
from headwater.errors import (
    ConnectionExists,
    HeadwaterError,
    InvalidInput,
    OutcomeUnknown,
    Rejected,
)
from headwater_local_flow_service.app import build_app
from headwater_local_flow_service.faults import Faults, FaultServer, Plan
from headwater_local_flow_service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIEnvironment

    from headwater_local_flow_service.app import FlowServiceApp

CALLS = 1000 if os.environ.get("HEADWATER_TEST_FULL") else 160
UNDONE = ("reset", "hang", "html")  # nothing is created, and the client cannot know
ANSWERED = ("nothing", "refuse", "429")
FAULTS = (
    "nothing",
    "commit-then-500",
    "commit-then-reset",
    "commit-then-hang",
    "hang-then-commit",
    "truncated",
    "refuse",
    "429",
    *UNDONE,
)
CREDENTIALS = {
    "host": "acme.custhelp.com",
    "username": "integration",
    "password": "correct-horse-battery",
}


class Counting:
    """The application, how many POSTs have reached it, and the faults in front of it."""

    def __init__(self, app: FlowServiceApp, faults: Faults) -> None:
        self.posts = 0
        self.url = ""
        self.faults = faults
        self._app = app

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        self.posts += environ["REQUEST_METHOD"] == "POST"
        return self._app(environ, start_response)


def _rules(fault: str, hang: float) -> list[dict[str, Any]]:
    """Strike the first POST; or stop listening with the first look-up, so that the POST is refused."""
    details: dict[str, dict[str, Any]] = {
        "429": {"retry_after": 0},
        "refuse": {"method": "GET", "seconds": 0.15},
        "commit-then-hang": {"seconds": hang},
        "hang-then-commit": {"seconds": hang},
    }
    rule = {"fault": fault, "method": "POST", "times": 1, **details.get(fault, {})}
    return [] if fault == "nothing" else [rule]


@contextmanager
def _failing(
    app: FlowServiceApp, fault: str, *, hang: float = 0.5
) -> Iterator[Counting]:
    """Serve the application with one fault; afterwards every request has been handled, late commits included."""
    counting = Counting(app, Faults(Plan.of({"rules": _rules(fault, hang)})))
    with FaultServer(counting, counting.faults) as server:
        counting.url = server.url
        yield counting


@pytest.fixture
def app(tmp_path: Path) -> Iterator[FlowServiceApp]:
    app = build_app(Settings(store=str(tmp_path / "local.db")))
    yield app
    app.close()


def _service(
    url: str,
    org_id: str = "acme@AdobeOrg",
    *,
    read_timeout: float = 0.2,
    list_lag: float = 0.0,
) -> FlowService:
    endpoint = Endpoint(
        url=url,
        org_id=org_id,
        sandbox="prod",
        api_key="key",
        access_token=Secret("token"),
        list_lag=list_lag,
        read_timeout=read_timeout,
    )
    return FlowService(endpoint)


def _create(service: FlowService, name: str = "Desk", **options: Any) -> Created:
    options = {"credentials": CREDENTIALS, "settle": 2.0, **options}
    return create_connection(
        "oracle-service-cloud", name=name, service=service, **options
    )


def _stored(service: FlowService, name: str = "Desk") -> list[str]:
    return [
        connection.id
        for connection in service.connections.list()
        if connection.name == name
    ]


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_ends_with_one_connection_or_with_outcome_unknown(
    fault: str, app: FlowServiceApp
) -> None:
    with _failing(app, fault) as faulty, _service(faulty.url) as service:
        if fault in UNDONE:
            with pytest.raises(OutcomeUnknown, match="--if-exists reuse"):
                _create(service, settle=0.3)
            assert _stored(service) == []
            # a slow machine can lose this answer, too
            assert _create(service, if_exists="reuse").created is not False
        else:
            created = _create(service)
            is_ours = fault in ANSWERED or None  # an answer proves whose it is
            assert (created.created, created.duplicates) == (is_ours, ())
            assert _stored(service) == [created.id]
        assert faulty.posts == 1
        assert faulty.faults.struck == (() if fault == "nothing" else (1,))


def test_an_existing_connection_is_an_error_and_nothing_is_sent(
    app: FlowServiceApp,
) -> None:
    with (
        _failing(app, "nothing") as faulty,
        _service(faulty.url, read_timeout=10) as service,
    ):
        first = _create(service)
        with pytest.raises(ConnectionExists) as caught:
            _create(service)
        assert caught.value.ids == (first.id,)
        assert faulty.posts == 1


def test_reuse_adopts_a_connection_with_our_fields(app: FlowServiceApp) -> None:
    with (
        _failing(app, "nothing") as faulty,
        _service(faulty.url, read_timeout=10) as service,
    ):
        first = _create(service, description="d")
        again = _create(service, description="d", if_exists="reuse")
        assert (again.id, again.etag, again.created) == (first.id, first.etag, False)
        assert faulty.posts == 1


def test_reuse_does_not_adopt_a_connection_with_other_fields_and_names_them(
    app: FlowServiceApp,
) -> None:
    with (
        _failing(app, "nothing") as faulty,
        _service(faulty.url, read_timeout=10) as service,
    ):
        _create(service)
        others: dict[str, Any] = {
            "credentials": {**CREDENTIALS, "host": "other.custhelp.com"},
            "description": "d",
        }
        with pytest.raises(ConnectionExists) as caught:
            _create(service, **others, if_exists="reuse")
        assert caught.value.differing == ("description", "host")
        assert "other.custhelp.com" not in str(caught.value)


def test_a_name_is_compared_as_it_is_whatever_the_filter_grammar_holds(
    app: FlowServiceApp,
) -> None:
    name = 'Desk "EU", name==x&limit=1 ü'
    with (
        _failing(app, "nothing") as faulty,
        _service(faulty.url, read_timeout=10) as service,
    ):
        first = _create(service, name)
        assert _create(service, name, if_exists="reuse").id == first.id
        assert _create(service, name + " ").id != first.id


def test_names_are_looked_up_beyond_the_first_page(app: FlowServiceApp) -> None:
    with (
        _failing(app, "nothing") as faulty,
        _service(faulty.url, read_timeout=10) as service,
    ):
        payload = {
            "auth": {"specName": "Basic Authentication", "params": CREDENTIALS},
            "connectionSpec": {
                "id": "ba5126ec-c9ac-11eb-b8bc-0242ac130003",
                "version": "1.0",
            },
        }
        ids = [
            service.connections.create({**payload, "name": f"Desk {number}"}).id
            for number in range(205)
        ]
        for number in (0, 100, 204):
            assert (
                _create(service, f"Desk {number}", if_exists="reuse").id == ids[number]
            )


def test_two_callers_on_one_name_are_detected_and_reported(app: FlowServiceApp) -> None:
    """The second caller's connection appears between the first caller's look-up and its POST."""
    with (
        _failing(app, "nothing") as faulty,
        _service(faulty.url, read_timeout=10) as service,
    ):
        rivals: list[str] = []
        create = service.connections.create

        def overtaken(payload: Any, *, draft: bool = False) -> Any:
            rivals.append(create(payload).id)
            return create(payload)

        service.connections.create = overtaken  # type: ignore[method-assign]
        created = _create(service)
        assert created.duplicates == tuple(rivals)


def test_a_refusal_by_the_service_is_final(app: FlowServiceApp) -> None:
    with _failing(app, "nothing") as faulty:
        endpoint = Endpoint(
            url=faulty.url,
            org_id="acme@AdobeOrg",
            sandbox="nowhere",
            api_key="key",
            access_token=Secret("token"),
        )
        with FlowService(endpoint) as service, pytest.raises(Rejected, match="sandbox"):
            _create(service)
        assert faulty.posts == 0


def test_an_unknown_policy_is_refused_before_anything_is_asked(
    app: FlowServiceApp,
) -> None:
    with (
        _service("http://127.0.0.1:9") as service,
        pytest.raises(InvalidInput, match="fail or reuse"),
    ):
        _create(service, if_exists="replace")


def test_random_faults_never_make_two_connections_for_one_call_and_lose_none(
    app: FlowServiceApp,
) -> None:
    """The claim of docs/exactly-once.md, over many calls; spread over organizations to keep the look-ups short."""
    chance = random.Random(20260114)
    # A hang ends within the settling time or after it, so that some commits come too late to be found.
    plan = [
        (number, chance.choice(FAULTS), chance.choice((0.4, 1.4)))
        for number in range(CALLS)
    ]

    def call(item: tuple[int, str, float]) -> tuple[int, str, Created | HeadwaterError]:
        number, fault, hang = item
        with (
            _failing(app, fault, hang=hang) as faulty,
            _service(faulty.url, f"org{number % 50}@AdobeOrg") as service,
        ):
            try:
                return number, fault, _create(service, f"call {number}", settle=1.0)
            except HeadwaterError as error:
                return number, fault, error

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(call, plan))

    unknown = 0
    with _failing(app, "nothing") as healthy:
        for number, fault, outcome in outcomes:
            with _service(
                healthy.url, f"org{number % 50}@AdobeOrg", read_timeout=30
            ) as service:
                stored = _stored(service, f"call {number}")
                assert len(stored) <= 1, (number, fault)
                if isinstance(outcome, Created):
                    assert stored == [outcome.id], (number, fault)
                    continue
                # A look-up that never got an answer sent nothing; everything else must have said "outcome unknown".
                assert isinstance(outcome, OutcomeUnknown), (number, fault, outcome)
                unknown += 1
                second = _create(service, f"call {number}", if_exists="reuse")
                assert second.created is not bool(stored)
                assert _stored(service, f"call {number}") == [second.id]
    assert unknown >= sum(fault in UNDONE for _number, fault, _hang in plan) > 0


@pytest.mark.parametrize("settle", ["x", None, True, float("nan"), float("inf"), -1])
def test_a_time_that_cannot_be_waited_is_refused_before_anything_is_sent(
    settle: Any,
) -> None:
    with pytest.raises(InvalidInput, match="settle must be a number of seconds"):
        ensure(_Untouched(), _Untouched(), settle=settle)  # type: ignore[arg-type]


class _Untouched:
    """Stands for what must not be looked at."""
