"""A client's connection is found among the descriptors of the process, whatever version of IP it speaks."""

from __future__ import annotations

import socket
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from headwater_local_flow_service.serving.sending import Sender

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the kernel of Linux is asked"
)


@pytest.mark.parametrize(
    ("listening", "asked", "shown"),
    [
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("::1", "::1", "[::1]"),
        ("::", "127.0.0.1", "[::ffff:127.0.0.1]"),
    ],
)
def test_the_connection_of_a_request_is_found(
    listening: str, asked: str, shown: str
) -> None:
    family = socket.AF_INET6 if ":" in listening else socket.AF_INET
    is_dual = listening == "::"
    with (
        socket.create_server(
            (listening, 0), family=family, dualstack_ipv6=is_dual
        ) as server,
        socket.create_connection((asked, server.getsockname()[1])) as client,
        server.accept()[0] as accepted,
    ):
        scope: Any = SimpleNamespace(
            method="GET",
            client=f"{shown}:{client.getsockname()[1]}",
            server=f"{shown}:{server.getsockname()[1]}",
        )
        sender = Sender()
        for _answer in range(2):  # looked for, and remembered
            sending = sender.begin(scope, 100_000, may_refuse=True)
            assert sending is not None
            assert sending.connection.getpeername() == accepted.getpeername()
            sending.connection.close()
