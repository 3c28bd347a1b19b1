"""What goes over the wire, and what the log says of it."""

from __future__ import annotations

import json
import logging
import threading
from typing import Any

import pytest
import requests
import requests_mock as rm
from flowservice.wired import (
    CANARY,
    CONNECTIONS,
    ETAG,
    ID,
    ITEM,
    ONE,
    TOKEN,
    RawServer,
    endpoint,
    refused_port,
    reply,
    service,
)

from headwater.errors import InvalidInput, Unavailable, Unreachable
from headwater.flowservice import FlowService
from headwater.secret import Secret

CREATED = {"id": ID, "etag": ETAG}


def test_every_request_carries_the_tutorials_headers() -> None:
    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(ONE, json={"items": [ITEM]})
        flow.connections.get(ID)
        sent = mock.last_request.headers

    assert sent["Authorization"] == f"Bearer {TOKEN}"
    assert (sent["x-api-key"], sent["x-gw-ims-org-id"], sent["x-sandbox-name"]) == (
        "key-1",
        "ABC123@AdobeOrg",
        "prod",
    )
    assert "Content-Type" not in sent
    assert "Content-Length" not in sent


def test_a_body_is_json_with_its_secrets_revealed_and_its_type_named() -> None:
    payload = {"name": "x", "auth": {"params": {"password": Secret("pä\"ss' word")}}}

    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.post(CONNECTIONS, status_code=201, json=CREATED)
        flow.connections.create(payload)
        sent = mock.last_request

    assert sent.headers["Content-Type"] == "application/json"
    assert json.loads(sent.body)["auth"]["params"]["password"] == "pä\"ss' word"


def test_tls_is_verified_and_both_timeouts_are_set() -> None:
    with (
        rm.Mocker() as mock,
        service(endpoint(connect_timeout=1.5, read_timeout=7)) as (flow, _pauses),
    ):
        mock.get(ONE, json={"items": [ITEM]})
        flow.connections.get(ID)
        sent = mock.last_request

    assert sent.verify is not False
    assert sent.verify
    assert sent.timeout == (1.5, 7)


def test_the_endpoints_own_proxy_comes_before_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://other.example.com:1")

    with (
        rm.Mocker() as mock,
        service(endpoint(proxy="http://ours.example.com:2")) as (flow, _pauses),
    ):
        mock.get(ONE, json={"items": [ITEM]})
        flow.connections.get(ID)

    assert mock.last_request.proxies["https"] == "http://ours.example.com:2"


def test_the_proxy_of_the_environment_is_used_where_none_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", "http://other.example.com:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(ONE, json={"items": [ITEM]})
        flow.connections.get(ID)

    assert mock.last_request.proxies["https"] == "http://other.example.com:1"


def test_a_payload_that_cannot_be_sent_is_not_sent() -> None:
    with (
        rm.Mocker() as mock,
        service() as (flow, _pauses),
        pytest.raises(InvalidInput, match=r"auth\.params\.pass"),
    ):
        flow.connections.create({"auth": {"params": {"password": Secret("******")}}})

    assert mock.call_count == 0


def test_one_line_of_log_per_request_without_query_or_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "headwater.flowservice")

    with rm.Mocker() as mock, service() as (flow, _pauses):
        mock.get(CONNECTIONS, json={"items": []}, headers={"x-request-id": "req-9"})
        list(flow.connections.list(property=[f"name=={CANARY}"]))

    (record,) = caplog.records
    message = record.getMessage()
    assert message.startswith("GET /connections 200 ")
    assert message.endswith(" ms req-9")
    assert CANARY not in message
    assert TOKEN not in message


def test_a_failed_request_is_logged_with_its_request_id_or_its_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "headwater.flowservice")

    with rm.Mocker() as mock, service(retries=0) as (flow, _pauses):
        mock.get(ONE, status_code=500, json={"report": {"request-id": "req-10"}})
        with pytest.raises(Unavailable):
            flow.connections.get(ID)
        mock.get(ONE, exc=requests.ConnectTimeout(CANARY))
        with pytest.raises(Unreachable):
            flow.connections.get(ID)

    first, second = (record.getMessage() for record in caplog.records)
    assert first.endswith("req-10")
    assert "no connection within connect_timeout" in second
    assert CANARY not in second


def test_an_answer_that_is_no_json_is_unreadable_with_its_status() -> None:
    for text, what in (
        ("", "empty"),
        ("<html>login</html>", "an HTML page"),
        ("{", "not JSON"),
    ):
        with rm.Mocker() as mock, service() as (flow, pauses):
            mock.post(CONNECTIONS, status_code=201, text=text)
            with pytest.raises(Unavailable, match=what) as caught:
                flow.connections.create({"name": "x"})

        assert caught.value.status == 201
        assert "look before sending it again" in caught.value.remedy
        assert pauses == []


def test_many_threads_share_one_service() -> None:
    results: list[str] = []
    good = reply("200 OK", json.dumps({"items": [ITEM]}).encode())

    with (
        RawServer(*[good] * 24) as server,
        service(endpoint(url=server.url)) as (flow, _pauses),
    ):
        threads = [
            threading.Thread(target=lambda: results.append(flow.connections.get(ID).id))
            for _ in range(24)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert results == [ID] * 24


def test_the_repr_names_the_service_and_no_secret() -> None:
    with service() as (flow, _pauses):
        assert repr(flow) == "<FlowService https://platform.example.com sandbox=prod>"


@pytest.mark.parametrize("retries", [-1, True, 1.5, None])
def test_retries_is_a_whole_number(retries: Any) -> None:
    with pytest.raises(InvalidInput, match="retries"):
        FlowService(endpoint(), retries=retries)


def test_nothing_is_sent_before_it_is_asked_for() -> None:
    with service(endpoint(url=f"http://127.0.0.1:{refused_port()}")) as (_flow, pauses):
        assert pauses == []
