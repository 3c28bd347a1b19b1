"""The HTTP client below readers: what is repeated, what is refused, and what its errors say."""

from __future__ import annotations

import contextlib
import ipaddress
from typing import Any

import pytest
import requests_mock as rm
from flowservice.wired import RawServer, raw, refused_port, reply, reset

from headwater.errors import (
    InvalidInput,
    SourceNotPermitted,
    SourceThrottled,
    SourceUnavailable,
)
from headwater.http.exchanges import LARGEST_ANSWER
from headwater.sources import Reach, SourceHttp

CANARY = "sw0rdfish-0123456789"
FINE = reply("200 OK", b'{"fine": true}')


@contextlib.contextmanager
def _http(root: str, **given: Any) -> Any:
    pauses: list[float] = []
    with SourceHttp(
        root, reach=given.pop("reach", Reach()), pause=pauses.append
    ) as http:
        yield http, pauses


@pytest.mark.parametrize(
    "passing",
    [
        reset,
        raw(b""),
        reply("503 Busy"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
    ],
)
def test_a_failure_that_may_pass_is_repeated(passing: Any) -> None:
    with RawServer(passing, FINE) as server, _http(server.url) as (http, pauses):
        assert http.get("/limits").json() == {"fine": True}
        assert len(pauses) == 1
        assert len(server.requests) == 2


@pytest.mark.parametrize("passing", [reset, reply("503 Busy"), reply("500 Oops")])
def test_a_login_is_sent_once(passing: Any) -> None:
    with RawServer(passing, FINE) as server, _http(server.url) as (http, pauses):
        with pytest.raises(SourceUnavailable):
            http.post("/login", data={"password": CANARY})
        assert (len(server.requests), pauses) == (1, [])
        assert http.get("/").fine  # the server waits for its second request


def test_one_attempt_is_one_request() -> None:
    with (
        RawServer(reply("503 Busy"), FINE) as server,
        _http(server.url) as (http, pauses),
    ):
        with pytest.raises(SourceUnavailable, match="503"):
            http.get("/", attempts=1)
        assert pauses == []
        assert http.get("/").fine


def test_a_last_word_is_returned_whatever_its_status() -> None:
    with (
        RawServer(reply("500 Fault", b"<fault/>")) as server,
        _http(server.url) as (http, pauses),
    ):
        answer = http.get("/", final=lambda answer: b"fault" in answer.body)
        assert (answer.status, answer.json(), pauses) == (500, None, [])


@pytest.mark.parametrize(
    "body", [b'{"n": NaN}', b"[-Infinity]", b"<html>", b"", b"[" * 100_000]
)
def test_what_is_no_json_is_none(body: bytes) -> None:
    with (
        RawServer(reply("200 OK", body)) as server,
        _http(server.url) as (http, _pauses),
    ):
        answer = http.get("/")
        assert answer.json() is None
        assert answer.member("n") is None


def test_a_member_is_read_from_an_object() -> None:
    with (
        RawServer(reply("200 OK", b'{"n": 1}')) as server,
        _http(server.url) as (http, _pauses),
    ):
        assert http.get("/").member("n") == 1


def test_attempts_come_to_an_end() -> None:
    with (
        RawServer(*[reply("502 Bad Gateway", b"<html>")] * 3) as server,
        _http(server.url) as (http, pauses),
    ):
        with pytest.raises(SourceUnavailable, match="502") as raised:
            http.get("/", attempts=3)
        assert len(pauses) == 2
        assert raised.value.remedy


def test_throttling_waits_as_long_as_the_source_asks_for() -> None:
    busy = reply("429 Too Many Requests", b"", "Retry-After: 7")
    with RawServer(busy, FINE) as server, _http(server.url) as (http, pauses):
        assert http.get("/").fine
        assert 7.0 <= pauses[0] <= 7.1


def test_throttling_for_longer_than_half_a_minute_is_said_at_once() -> None:
    with (
        RawServer(reply("429 Too Many Requests", b"", "Retry-After: 600")) as server,
        _http(server.url) as (http, pauses),
    ):
        with pytest.raises(SourceThrottled) as raised:
            http.get("/")
        assert (raised.value.retry_after, pauses) == (600.0, [])


def test_a_redirect_is_never_followed() -> None:
    moved = reply("302 Found", b"", "Location: http://127.0.0.1:1/steal")
    with (
        RawServer(moved) as server,
        _http(server.url) as (http, _pauses),
        pytest.raises(SourceUnavailable, match="302"),
    ):
        http.get("/")


def test_a_refusal_is_returned_for_the_reader_to_class() -> None:
    with (
        RawServer(reply("403 Forbidden", b"[]")) as server,
        _http(server.url) as (http, _pauses),
    ):
        assert http.get("/").status == 403


def test_a_refused_connection_is_unavailable_and_says_what_to_check() -> None:
    with _http(f"http://127.0.0.1:{refused_port()}") as (http, _pauses):
        with pytest.raises(SourceUnavailable, match="refused") as raised:
            http.get(
                "/", headers={"Authorization": f"Bearer {CANARY}"}, params={"q": CANARY}
            )
        assert (
            CANARY
            not in f"{raised.value!r} {raised.value.data()} {raised.value.__context__!r}"
        )


def test_an_answer_has_a_limit() -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {LARGEST_ANSWER + 1}\r\n\r\n".encode()
    with (
        RawServer(raw(head + b" " * (LARGEST_ANSWER + 1))) as server,
        _http(server.url) as (http, _pauses),
        pytest.raises(SourceUnavailable, match="larger than 64 MB"),
    ):
        http.get("/")


def test_a_path_from_the_source_cannot_lead_to_another_host() -> None:
    with rm.Mocker() as mock, _http("https://acme.example/") as (http, _pauses):
        mock.get(rm.ANY, text="{}")
        http.get("https://elsewhere.example/x")
        http.get("//elsewhere.example/x")
        assert {request.hostname for request in mock.request_history} == {
            "acme.example"
        }


@pytest.mark.parametrize(
    "root",
    [
        "",
        "acme.example",
        "ftp://acme.example",
        "https://",
        "https://user:pw@acme.example",
    ],
)
def test_an_address_that_is_no_url_is_refused(root: str) -> None:
    with pytest.raises(InvalidInput, match="address"):
        SourceHttp(root, reach=Reach())


def test_a_service_reaches_only_the_hosts_it_was_told() -> None:
    with _http("https://acme.example", reach=Reach(["other.example"])) as (
        http,
        _pauses,
    ):
        with pytest.raises(SourceNotPermitted, match="not among") as raised:
            http.get("/")
        assert "--reach-sources" in raised.value.remedy


def test_a_service_reaches_this_machine() -> None:
    with (
        RawServer(FINE) as server,
        _http(server.url, reach=Reach([])) as (http, _pauses),
    ):
        assert http.get("/").fine


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "[fe80::1]",
        "100.100.100.200",
        "[::ffff:169.254.169.254]",
        "0.0.0.0",
        "168.63.129.16",
        "2852039166",
        "0xa9fea9fe",
        "[fd00:ec2::254]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::a9fe:a9fe]",
        "[2002:a83f:8110::1]",
        "[::169.254.169.254]",
    ],
)
def test_metadata_addresses_are_never_reached_even_by_name(host: str) -> None:
    with (
        _http(f"http://{host}", reach=Reach([host, host.strip("[]")])) as (
            http,
            _pauses,
        ),
        pytest.raises(SourceNotPermitted, match="never reached"),
    ):
        http.get("/")


def test_a_name_that_leads_to_a_metadata_address_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [(2, 1, 6, "", ("169.254.169.254", 80))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_args, **_options: found)
    with (
        _http("http://rebound.example", reach=Reach(["rebound.example"])) as (
            http,
            _pauses,
        ),
        pytest.raises(SourceNotPermitted, match="never reached"),
    ):
        http.get("/")


def test_an_address_is_looked_at_again_once_connected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Reach, "check_host", lambda *_args: None)
    loopback = ipaddress.ip_network("127.0.0.1")
    monkeypatch.setattr("headwater.sources.addresses.METADATA", (loopback,))
    with (
        RawServer(FINE) as server,
        _http(server.url, reach=Reach([])) as (http, _pauses),
    ):
        with pytest.raises(SourceNotPermitted, match="never reached"):
            http.get("/", headers={"Authorization": CANARY})
        assert server.requests == [] or CANARY.encode() not in server.requests[0]
