"""Where a service with clients lets itself be led: nowhere it was not told, and it tells nobody what is there."""

from __future__ import annotations

import logging
import socket
from contextlib import closing
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from fake_oracle import PASSWORD, USER, FakeOracle, Serving

from headwater.secret import Secret
from headwater_local_flow_service import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUESTIONS = (
    "test",
    "explore?objectType=root",
    "explore?objectType=table&object=incidents",
)


@pytest.fixture
def guarded(service: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that opens a service with a client, and gives somebody who is one."""

    def open_one(*reach: str) -> Any:
        client = Client(
            id="key", secret=Secret("s3cret-word"), organizations=["ACME@AdobeOrg"]
        )
        talker = service(clients=[client], reach_sources=reach)
        return talker.admitted(client)

    return open_one


def _connected(talker: Any, host: str) -> str:
    params = {"host": host, "username": USER, "password": PASSWORD}
    auth = {"specName": "Basic Authentication", "params": params}
    return str(talker.create(auth=auth)["id"])


def _told(talker: Any, host: str, question: str) -> tuple[int, dict[str, Any]]:
    """Return all that is told but the ids of connection and request."""
    id = _connected(talker, host)
    answer = talker.get(f"/connections/{id}/{question}")
    body = answer.json()
    for fact in ("id", "request-id"):
        body.get("report", {}).pop(fact, None)
    return answer.status_code, body


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Return a port of this machine that refuses connections."""
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.mark.parametrize("question", QUESTIONS)
def test_hosts_that_are_not_named_cannot_be_told_apart(
    guarded: Callable[..., Any], closed_port: int, question: str
) -> None:
    talker = guarded("acme.custhelp.com")
    with Serving(FakeOracle()) as serving:
        hosts = [
            serving.url,  # open
            f"http://127.0.0.1:{closed_port}",
            f"http://localhost:{closed_port}",
            f"http://[::1]:{closed_port}",
            f"https://2130706433:{closed_port}",  # 127.0.0.1 as one number
            "https://10.0.0.1",  # private
            "https://192.168.1.1:22",
            "https://169.254.169.254",  # link-local
            "https://nowhere.invalid",  # unknown
            "https://elsewhere.example",
        ]
        told = [_told(talker, host, question) for host in hosts]
    assert told[0][0] == 403
    assert told == [told[0]] * len(hosts)


def test_no_name_is_looked_up_that_was_not_named(guarded: Callable[..., Any]) -> None:
    talker = guarded("acme.custhelp.com")
    id = _connected(talker, "https://secret-data.evil.example")
    with patch("socket.getaddrinfo", side_effect=AssertionError("looked up")):
        assert talker.get(f"/connections/{id}/test").status_code == 403


def test_the_operators_log_has_the_reason(
    guarded: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    talker = guarded()
    id = _connected(talker, "http://127.0.0.1:1")
    with caplog.at_level(logging.WARNING, "headwater.local"):
        talker.get(f"/connections/{id}/test")
    assert id in caplog.text
    assert "its host is not among those this service may reach" in caplog.text
    assert PASSWORD not in caplog.text


def test_this_machine_is_reached_where_it_is_named(guarded: Callable[..., Any]) -> None:
    with Serving(FakeOracle()) as serving:
        talker = guarded("127.0.0.1")
        id = _connected(talker, serving.url)
        assert talker.get(f"/connections/{id}/test").json() == {"result": True}


def test_a_named_host_does_not_lead_to_this_machine(
    guarded: Callable[..., Any], code: Any
) -> None:
    with Serving(FakeOracle()) as serving:
        talker = guarded("rebound.example")
        port = int(serving.url.rpartition(":")[2])
        id = _connected(talker, f"https://rebound.example:{port}")
        here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        with patch("socket.getaddrinfo", return_value=here):
            answer = talker.get(f"/connections/{id}/test")
    assert code(answer) == "CONNECTOR-1002-403"
    assert "leads to this machine" in answer.json()["errorMessage"]


def test_a_named_host_tells_its_own_reason(
    guarded: Callable[..., Any], code: Any, closed_port: int
) -> None:
    talker = guarded("127.0.0.1")
    id = _connected(talker, f"http://127.0.0.1:{closed_port}")
    assert code(talker.get(f"/connections/{id}/test")) == "CONNECTOR-1006-408"


def test_without_clients_this_machine_is_reached(service: Callable[..., Any]) -> None:
    with Serving(FakeOracle()) as serving:
        talker = service()
        id = _connected(talker, serving.url)
        assert talker.get(f"/connections/{id}/test").json() == {"result": True}
