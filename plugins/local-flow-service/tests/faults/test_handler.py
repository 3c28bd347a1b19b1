"""Requests as they come off the wire: whole ones are answered, the others are refused in words or not at all."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from headwater_local_flow_service.faults.rules import BASE

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater_local_flow_service.testing import LocalFlowService


def _talk(service: LocalFlowService, *parts: bytes, end: bool = False) -> bytes:
    """Send the parts and return everything that comes back until the server closes; `end` closes our side first."""
    host, port = service.serve().removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        for part in parts:
            connection.sendall(part)
        if end:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def _head(service: LocalFlowService, method: str, *more: str) -> bytes:
    headers = {
        "Host": "localhost",
        "Content-Type": "application/json",
        **service.headers,
    }
    lines = [
        f"{method} {BASE}/connections HTTP/1.1",
        *(f"{name}: {value}" for name, value in headers.items()),
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_a_body_in_chunks_is_read_whole(
    flow_service: LocalFlowService, oracle: Callable[..., Any]
) -> None:
    body = json.dumps(oracle()).encode()
    cut = len(body) // 2
    chunks = [
        b"%x;note=1\r\n%s\r\n" % (len(part), part) for part in (body[:cut], body[cut:])
    ]
    answer = _talk(
        flow_service,
        _head(flow_service, "POST", "Transfer-Encoding: chunked"),
        *chunks,
        b"0\r\n\r\n",
    )
    assert _status(answer) == 201


@pytest.mark.parametrize(
    ("header", "body", "status"),
    [
        ("Content-Length: many", b"", 400),
        ("Content-Length: -1", b"", 400),
        ("Content-Length: 99999999999999999999", b"", 413),
        ("Content-Length: 16777217", b"", 413),
        ("Transfer-Encoding: chunked", b"-1\r\n", 400),
        ("Transfer-Encoding: chunked", b"\r\n", 400),
        ("Transfer-Encoding: chunked", b"fffffff\r\n", 413),
        ("X-Long: " + "x" * 70_000, b"", 431),
    ],
)
def test_what_cannot_be_read_is_refused_in_the_services_shape(
    flow_service: LocalFlowService, header: str, body: bytes, status: int
) -> None:
    answer = _talk(flow_service, _head(flow_service, "POST", header), body)
    assert _status(answer) == status
    assert (
        json.loads(answer.split(b"\r\n\r\n", 1)[1])["errorMessage"]
        == "the request cannot be read"
    )


def test_no_http_is_refused_and_not_repeated(flow_service: LocalFlowService) -> None:
    answer = _talk(flow_service, b"hunter2 hunter2 hunter2 hunter2\r\n\r\n")
    assert b"hunter2" not in answer
    assert b"the request cannot be read" in answer
    assert (
        _status(_talk(flow_service, b"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        == 501
    )


def test_half_a_request_is_no_request(
    flow_service: LocalFlowService, oracle: Callable[..., Any]
) -> None:
    body = json.dumps(oracle()).encode()
    head = _head(flow_service, "POST", f"Content-Length: {len(body)}")
    assert _talk(flow_service, head, body[:-1], end=True) == b""
    assert flow_service.client.connections.list(limit=1) is not None
    assert list(flow_service.client.connections.list()) == []
    assert _status(_talk(flow_service, head, body)) == 201


def test_a_connection_that_says_nothing_does_not_keep_the_service_from_stopping(
    flow_service: LocalFlowService,
) -> None:
    host, port = flow_service.serve().removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as silent:
        # by now the silent one has been accepted
        flow_service.session().get(flow_service.serve())
        started = time.monotonic()
        flow_service.close()
        assert time.monotonic() - started < 20
        assert silent.recv(1) == b""


def test_stopping_ends_a_hang_with_the_client_still_there(
    flow_service: LocalFlowService,
) -> None:
    flow_service.faults({"fault": "hang", "seconds": 3600})
    heard: list[bytes] = []
    client = threading.Thread(
        target=lambda: heard.append(_talk(flow_service, _head(flow_service, "GET")))
    )
    client.start()
    while flow_service.struck == (0,):
        time.sleep(0.01)
    flow_service.settle()
    client.join(20)
    assert heard == [b""]
