"""The line is cut after every byte of request and answer: what the client says is compared with what the server saw.

Whatever was carried out must never be reported as not sent; whatever was cut before a byte of the request can have left
must be.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import socket
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from flowservice.wired import ETAG, ID, RawServer, endpoint, refused_port
from wire.rig import Cut, Line, Page, Rig, Stall, written

from headwater.flowservice.answer import Answer
from headwater.flowservice.sender import OutgoingRequest, Sender
from headwater.http import exchanges
from headwater.http.no_answer import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wire.rig import How, Received

FULL = bool(os.environ.get("HEADWATER_TEST_FULL"))
STEP = 1 if FULL else 37  # bytes from one cut to the next
BODY = json.dumps({"id": ID, "etag": ETAG}).encode()
CREATED = Page(201, BODY)
ANSWER = written(CREATED)
POST = OutgoingRequest(method="POST", path="/connections", body=b'{"name": "x"}')
# Signatures in a handshake differ by a few bytes from one to the next.
MARGIN = 12


@attrs.frozen
class Way:
    """How a request gets to the server."""

    name: str
    tls: bool
    proxied: bool


WAYS = [
    Way("direct", tls=False, proxied=False),
    Way("direct-tls", tls=True, proxied=False),
    Way("proxy", tls=False, proxied=True),
    Way("proxy-tls", tls=True, proxied=True),
]
WITH_TLS = [way for way in WAYS if way.tls]
WITH_PROXY = [way for way in WAYS if way.proxied]


def _name(parameter: object) -> str:
    return getattr(parameter, "name", str(parameter))


class _Client:
    """Sends to a rig, as the platform client does."""

    def __init__(self, rig: Rig, **changes: Any) -> None:
        given = {"proxy": rig.proxy, "ca_bundle": rig.ca_bundle, **changes}
        at = endpoint(url="https://unused.example.com", **given)
        # An endpoint refuses plain http beyond this machine, but a proxy that forwards it must be understood too.
        object.__setattr__(at, "url", rig.url)
        self._url = rig.url
        self.sender = Sender(at)

    def post(self) -> Answer | NoAnswer:
        return self.sender.send(self._url, "", POST)


@contextlib.contextmanager
def _client(rig: Rig, **changes: Any) -> Iterator[_Client]:
    with rig:
        client = _Client(rig, **changes)
        with contextlib.closing(client.sender):
            yield client


def _positions(length: int) -> list[int]:
    """Return where to cut: everywhere, or at the ends and evenly between them."""
    ends = {1, 2, length - 2, length - 1, length}
    return sorted({*range(0, length, STEP), *ends} - {-1, -2})


def _lengths(way: Way) -> tuple[int, int]:
    """Return how many bytes go to the server and come back for one request that is not disturbed."""
    line = Line()
    rig = Rig(lambda _request: CREATED, tls=way.tls, proxied=way.proxied)
    with _client(rig) as client:
        rig.cut_line(line)
        assert isinstance(client.post(), Answer)
    return line.sent, line.received


def _said_before_the_request(way: Way) -> int:
    """Return how many bytes proxy and server say before the client can say a byte of the request."""
    if not way.tls:
        return 0
    line = Line()
    rig = Rig(
        lambda _request: CREATED,
        tls=True,
        proxied=way.proxied,
        disturb=lambda _request: Cut(),  # nothing but the handshake comes back
    )
    with _client(rig) as client:
        rig.cut_line(line)
        client.post()
    return line.received - MARGIN


@pytest.mark.parametrize("how", ["reset", "end"])
@pytest.mark.parametrize("way", WAYS, ids=_name)
def test_after_every_byte_of_the_request(way: Way, how: How) -> None:
    sent, _received = _lengths(way)
    rig = Rig(lambda _request: CREATED, tls=way.tls, proxied=way.proxied)
    with _client(rig) as client:
        for at in _positions(sent):
            _judge(client, rig, Line(from_client=at, how=how))


@pytest.mark.parametrize("how", ["reset", "end"])
@pytest.mark.parametrize("way", WAYS, ids=_name)
def test_after_every_byte_of_the_answer(way: Way, how: How) -> None:
    _sent, received = _lengths(way)
    said_before = _said_before_the_request(way)
    rig = Rig(lambda _request: CREATED, tls=way.tls, proxied=way.proxied)
    with _client(rig) as client:
        for at in _positions(received):
            line = Line(to_client=at, how=how)
            outcome = _judge(client, rig, line)
            is_whole = b"\r\n\r\n" in ANSWER[:at] or way.tls
            assert isinstance(outcome, NoAnswer) or is_whole, line
            if at < said_before:
                assert isinstance(outcome, NoAnswer)
                assert not outcome.sent, line


@pytest.mark.parametrize("how", ["reset", "end"])
@pytest.mark.parametrize("way", WITH_TLS, ids=_name)
def test_a_line_that_breaks_before_the_handshake_has_sent_nothing(
    way: Way, how: How
) -> None:
    rig = Rig(lambda _request: CREATED, tls=True, proxied=way.proxied)
    with _client(rig) as client:
        for line in (Line(from_client=0, how=how), Line(from_client=150, how=how)):
            outcome = _judge(client, rig, line)
            assert isinstance(outcome, NoAnswer)
            assert not outcome.sent


@pytest.mark.parametrize("commit", [False, True])
@pytest.mark.parametrize("way", WAYS, ids=_name)
def test_a_server_that_answers_nothing_in_time(way: Way, commit: bool) -> None:
    for stalled in (0, 1, 30, 90):
        rig = Rig(
            lambda _request: CREATED,
            tls=way.tls,
            proxied=way.proxied,
            disturb=functools.partial(_stall, Stall(stalled, commit=commit)),
        )
        with _client(rig, read_timeout=0.2) as client:
            outcome = _judge(client, rig, Line())
            assert isinstance(outcome, NoAnswer)
            assert outcome.sent
            assert "read_timeout" in outcome.what


def test_a_handshake_that_nobody_answers_has_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        at = endpoint(
            url=f"https://localhost:{silent.getsockname()[1]}",
            connect_timeout=0.2,
            read_timeout=0.2,
        )
        with contextlib.closing(Sender(at)) as sender:
            outcome = sender.send(at.url, "", POST)

    assert isinstance(outcome, NoAnswer)
    assert not outcome.sent
    assert "connect_timeout" in outcome.what


@pytest.mark.parametrize("proxied", [False, True])
def test_a_certificate_of_somebody_else_has_sent_nothing(proxied: bool) -> None:
    rig = Rig(lambda _request: CREATED, tls=True, proxied=proxied)
    with _client(rig, ca_bundle=None) as client:
        outcome = _judge(client, rig, Line())

    assert isinstance(outcome, NoAnswer)
    assert not outcome.sent
    assert "certificate" in outcome.what


@pytest.mark.parametrize("status", [301, 403, 407, 502])
def test_a_proxy_that_refuses_the_tunnel_has_sent_nothing(status: int) -> None:
    rig = Rig(lambda _request: CREATED, tls=True, proxied=True)
    rig.tunnel_status = status
    with _client(rig) as client:
        outcome = _judge(client, rig, Line())

    assert isinstance(outcome, NoAnswer)
    assert not outcome.sent
    assert outcome.what == "the proxy cannot be used"


@pytest.mark.parametrize("way", WITH_PROXY, ids=_name)
def test_a_proxy_that_cannot_be_reached_has_sent_nothing(way: Way) -> None:
    rig = Rig(lambda _request: CREATED, tls=way.tls, proxied=True)
    rig.proxy = f"http://127.0.0.1:{refused_port()}"
    with _client(rig) as client:
        outcome = _judge(client, rig, Line())

    assert isinstance(outcome, NoAnswer)
    assert not outcome.sent
    assert outcome.what == "the proxy cannot be used"


def test_a_line_that_breaks_on_a_connection_in_use_again_may_have_sent() -> None:
    """What was known of the request before it says nothing of this one."""
    with RawServer(_twice) as server:
        at = endpoint(url=server.url)
        with contextlib.closing(Sender(at)) as sender:
            first = sender.send(server.url, "", POST)
            second = sender.send(server.url, "", POST)

    assert isinstance(first, Answer)
    assert isinstance(second, NoAnswer)
    assert second.sent


@pytest.mark.parametrize("way", WAYS, ids=_name)
def test_a_connection_that_is_not_ours_is_not_believed_to_have_sent_nothing(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchanges, "watch_connections", lambda _manager: None)
    rig = Rig(
        lambda _request: CREATED,
        tls=way.tls,
        proxied=way.proxied,
        disturb=lambda _request: Cut(answer=0),
    )
    with _client(rig) as client:
        outcome = _judge(client, rig, Line())

    assert isinstance(outcome, NoAnswer)
    assert outcome.sent


def _twice(connection: socket.socket) -> None:
    """Answer one request and leave the next one, on the same connection, without an answer."""
    head = f"HTTP/1.1 201 Created\r\nContent-Length: {len(BODY)}\r\n\r\n"
    connection.sendall(head.encode() + BODY)
    connection.recv(65536)


def _stall(stall: Stall, _request: Received) -> Stall:
    return stall


def _judge(client: _Client, rig: Rig, line: Line) -> Answer | NoAnswer:
    """Send one request over this line, and compare what the client makes of it with what the server saw."""
    rig.exchanges.clear()
    rig.cut_line(line)
    outcome = client.post()
    carried_out = rig.carried_out("POST")
    if isinstance(outcome, NoAnswer):
        has_arrived = any(exchange.arrived for exchange in rig.exchanges)
        assert outcome.sent or not has_arrived, (line, outcome)
    else:
        assert carried_out == 1, (line, outcome)
    return outcome
