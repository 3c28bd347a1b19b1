"""Every fault, over a real port and inside the process: the client sees the same, and the store holds the same."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import requests

from headwater.http.no_answer import classify_failure
from headwater_local_flow_service import LocalAdapter
from headwater_local_flow_service.faults.kinds import KINDS
from headwater_local_flow_service.faults.rules import BASE

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater_local_flow_service.testing import LocalFlowService

TIMEOUT = 30.0  # seconds; a busy machine may take some of them
PATIENCE = 1.0  # seconds, with a service that hangs


@attrs.frozen
class Client:
    """Asks one service in one of the two ways."""

    service: LocalFlowService
    session: requests.Session
    root: str
    body: dict[str, Any]

    def send(
        self, method: str, path: str = "/connections", **rest: Any
    ) -> requests.Response:
        return self.session.request(
            method, self.root + BASE + path, **{"timeout": TIMEOUT} | rest
        )

    def create(self, **rest: Any) -> requests.Response:
        return self.send("POST", json=self.body, **rest)

    def stored(self) -> int:
        """Return how many connections there are, past all faults."""
        with requests.Session() as session:
            session.mount("http+local://", LocalAdapter(app=self.service.app))
            answer = session.get(
                f"http+local://embedded{BASE}/connections", headers=self.service.headers
            )
            return len(answer.json()["items"])


@pytest.fixture(params=["process", "http"])
def client(
    request: pytest.FixtureRequest,
    flow_service: LocalFlowService,
    oracle: Callable[..., Any],
) -> Client:
    root = flow_service.url if request.param == "process" else flow_service.serve()
    return Client(flow_service, flow_service.session(), root, oracle())


def test_429_says_when_to_come_back_and_does_nothing(client: Client) -> None:
    client.service.faults({"fault": "429", "retry_after": 7, "times": 1})
    answer = client.create()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["error_code"] == "429000"
    assert client.stored() == 0
    assert client.create().status_code == 201


@pytest.mark.parametrize(
    ("status", "code"),
    [(500, "FLOW-1400-500"), (503, "FLOW-1103-503"), (504, "HEADWATER-1000-504")],
)
def test_5xx_is_written_as_the_service_writes_it(
    client: Client, code: Any, status: int
) -> None:
    client.service.faults({"fault": "5xx", "status": status})
    answer = client.create()
    assert answer.status_code == status == answer.json()["status"]
    assert answer.json()["type"].endswith(code)
    assert answer.json()["report"]["request-id"] == answer.headers["x-request-id"]
    assert client.stored() == 0


@pytest.mark.parametrize("status", [502, 503])
def test_html_is_a_page_of_some_proxy(client: Client, status: int) -> None:
    client.service.faults({"fault": "html", "status": status})
    answer = client.create()
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        status,
        "text/html; charset=utf-8",
    )
    assert answer.text.startswith("<!DOCTYPE html>")
    assert client.stored() == 0


def test_an_expired_token_is_refused_by_the_gateway(
    client: Client, code: Callable[[Any], str]
) -> None:
    client.service.faults({"fault": "expired-token", "path": "/connections"})
    answer = client.create()
    assert (answer.status_code, code(answer)) == (401, "401013")
    assert client.stored() == 0


def test_a_stale_etag_is_refused_by_the_service_itself(
    client: Client, code: Callable[[Any], str]
) -> None:
    made = client.create().json()
    client.service.faults({"fault": "stale-etag", "times": 1})
    change = {
        "headers": {"If-Match": made["etag"]},
        "json": [{"op": "replace", "path": "/name", "value": "b"}],
    }
    refused = client.send("PATCH", f"/connections/{made['id']}", **change)
    assert (refused.status_code, code(refused)) == (412, "FLOW-1404-412")
    assert refused.json()["report"]["id"] == made["id"]
    assert (
        client.send("PATCH", f"/connections/{made['id']}", **change).status_code == 200
    )


def test_a_commit_answered_with_500_is_stored(client: Client) -> None:
    client.service.faults({"fault": "commit-then-500", "times": 1})
    assert client.create().status_code == 500
    assert client.stored() == 1


@pytest.mark.parametrize(("fault", "stored"), [("reset", 0), ("commit-then-reset", 1)])
def test_a_reset_is_a_broken_connection(
    client: Client, fault: str, stored: int
) -> None:
    client.service.faults({"fault": fault, "times": 1})
    with pytest.raises(requests.ConnectionError) as raised:
        client.create()
    assert isinstance(raised.value.args[0].args[1], ConnectionResetError)
    assert _means(raised.value) == (
        "the connection broke off before an answer came",
        True,
    )
    assert client.stored() == stored


@pytest.mark.parametrize(("fault", "stored"), [("hang", 0), ("commit-then-hang", 1)])
def test_a_hang_outlasts_the_client(client: Client, fault: str, stored: int) -> None:
    client.service.faults({"fault": fault, "times": 1})
    with pytest.raises(requests.ReadTimeout) as raised:
        client.create(timeout=PATIENCE)
    assert _means(raised.value) == ("no answer within read_timeout", True)
    assert client.stored() == stored
    assert client.create().status_code == 201


def test_a_hang_may_end_in_a_commit_that_nobody_hears_of(client: Client) -> None:
    client.service.faults({"fault": "hang-then-commit", "seconds": 3600, "times": 1})
    with pytest.raises(requests.ReadTimeout):
        client.create(timeout=PATIENCE)
    assert client.stored() == 0
    client.service.settle()
    assert client.stored() == 1


def test_a_late_commit_comes_by_itself_when_its_time_has_come(client: Client) -> None:
    client.service.faults({"fault": "hang-then-commit", "seconds": 1.5, "times": 1})
    with pytest.raises(requests.ReadTimeout):
        client.create(timeout=PATIENCE)
    until = time.monotonic() + 30
    while not client.stored() and time.monotonic() < until:
        time.sleep(0.02)
    assert client.stored() == 1


def test_a_slow_answer_comes_to_those_who_wait(client: Client) -> None:
    client.service.faults({"fault": "slow", "seconds": 0.5})
    with pytest.raises(requests.ReadTimeout):
        client.create(timeout=(5, 0.1))
    assert client.create(timeout=30).status_code == 201
    assert client.stored() == 2


def test_a_truncated_answer_breaks_off_in_its_body(client: Client) -> None:
    client.service.faults({"fault": "truncated"})
    with pytest.raises(
        requests.exceptions.ChunkedEncodingError, match="IncompleteRead"
    ) as raised:
        client.create()
    assert _means(raised.value) == ("the connection broke off within the answer", True)
    assert client.stored() == 1
    stream = client.send("GET", stream=True)
    assert stream.status_code == 200
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        stream.json()


def test_an_answer_without_a_body_cannot_break_off_in_it_and_stays_out(
    client: Client,
) -> None:
    made = client.create().json()
    client.service.faults({"fault": "truncated"})
    with pytest.raises(requests.ConnectionError, match="without response"):
        client.send("DELETE", f"/connections/{made['id']}")
    assert client.stored() == 0


def test_after_a_refusal_begins_nothing_is_sent_until_it_ends(client: Client) -> None:
    client.service.faults({"fault": "refuse", "seconds": 0.4, "times": 1})
    assert client.send("GET").status_code == 200
    with pytest.raises(requests.ConnectionError) as raised:
        client.create()
    assert _means(raised.value) == (
        "the connection was refused, or the host cannot be reached",
        False,
    )
    assert client.stored() == 0
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            assert client.create().status_code == 201
            break
        except requests.ConnectionError:
            time.sleep(0.02)
    assert client.stored() == 1


def test_faults_strike_under_many_threads_as_often_as_they_should(
    client: Client,
) -> None:
    client.service.faults(
        {"fault": "429", "times": 5, "method": "GET"}, {"fault": "reset", "times": 5}
    )
    found: list[str] = []

    def ask() -> None:
        for _each in range(5):
            try:
                found.append(str(client.send("GET", timeout=30).status_code))
            except requests.ConnectionError:
                found.append("reset")

    threads = [threading.Thread(target=ask) for _each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each: found.count(each) for each in found} == {
        "429": 5,
        "reset": 5,
        "200": 30,
    }


def test_the_rules_are_read_replaced_and_cleared_while_it_runs(
    client: Client, code: Callable[[Any], str]
) -> None:
    rules = client.root + "/_faults"
    put = client.session.put(
        rules, json={"seed": 3, "rules": [{"fault": "429", "times": 1}]}
    )
    assert put.json() == {
        "seed": 3,
        "rules": [{"fault": "429", "times": 1, "matched": 0, "struck": 0}],
    }
    assert client.send("GET").status_code == 429
    wrong = client.session.put(
        rules, json={"rules": [{"fault": "reset"}, {"fault": "hunter2"}]}
    )
    assert (wrong.status_code, code(wrong)) == (422, "HEADWATER-1422-422")
    assert "rule 2: fault must be one of" in wrong.json()["errorMessage"]
    assert "hunter2" not in wrong.text
    assert client.session.get(rules).json()["rules"] == [
        {"fault": "429", "times": 1, "matched": 1, "struck": 1}
    ]
    assert client.session.delete(rules).status_code == 204
    assert client.session.get(rules).json() == {"seed": 0, "rules": []}


@pytest.mark.parametrize(
    "body",
    ["", "[", "[]", "null", "{}", '{"rules": 1}', '{"seed": []}', '{"rules": [[]]}'],
)
def test_rules_that_cannot_be_read_change_nothing(client: Client, body: str) -> None:
    client.service.faults({"fault": "slow", "seconds": 0})
    rules = client.root + "/_faults"
    answer = client.session.put(
        rules, data=body, headers={"Content-Type": "application/json"}
    )
    assert 400 <= answer.status_code < 500
    assert [rule["fault"] for rule in client.session.get(rules).json()["rules"]] == [
        "slow"
    ]


def test_a_foreign_host_name_reaches_neither_the_service_nor_the_rules(
    client: Client,
) -> None:
    foreign = {"Host": "evil.example"}
    assert (
        client.session.get(client.root + "/_faults", headers=foreign).status_code == 421
    )
    assert (
        client.session.put(
            client.root + "/_faults", json={"rules": []}, headers=foreign
        ).status_code
        == 421
    )


@pytest.mark.parametrize("fault", sorted(KINDS))
def test_the_client_hears_the_same_both_ways(
    flow_service: LocalFlowService, oracle: Callable[..., Any], fault: str
) -> None:
    heard: list[Any] = []
    for root in (flow_service.url, flow_service.serve()):
        client = Client(flow_service, flow_service.session(), root, oracle())
        hangs = "hang" in fault
        detail = (
            {"seconds": PATIENCE * 1.5 if hangs else 0.4}
            if "seconds" in KINDS[fault].takes
            else {}
        )
        client.service.faults({"fault": fault, "times": 1, **detail})
        try:
            answer = client.create(timeout=PATIENCE if hangs else TIMEOUT)
            names = {name.lower() for name in answer.headers} - {"connection"}
            heard.append((answer.status_code, answer.reason, names))
        except requests.RequestException as error:
            heard.append(
                (type(error), [type(reason) for reason in _chain(error)], _means(error))
            )
    assert heard[0] == heard[1]


def _means(error: Exception) -> tuple[str, bool]:
    """Return what Headwater's client makes of an exception."""
    meaning = classify_failure(error, "host")
    return meaning.what, meaning.sent


def _chain(error: Exception) -> list[Exception]:
    found = [error]
    for reason in error.args:
        if isinstance(reason, Exception):
            found += _chain(reason)
    return found
