"""Real sockets that refuse, reset, hang and break off: whether the request can have arrived is told rightly."""

from __future__ import annotations

import json
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import requests
import urllib3
from flowservice.wired import (
    CANARY,
    ETAG,
    ID,
    ITEM,
    RawServer,
    endpoint,
    everything_shown,
    hang,
    raw,
    refused_port,
    reply,
    reset,
    service,
)

from headwater.errors import InvalidInput, NotFound, Rejected, Unavailable, Unreachable
from headwater.flowservice import FlowService
from headwater.http.no_answer import classify_failure, unwritable_request
from headwater.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = reply("200 OK", json.dumps({"items": [ITEM]}).encode())
CREATED = reply("201 Created", json.dumps({"id": ID, "etag": ETAG}).encode())
TRUNCATED = raw(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"items"')
BROKEN_CHUNKS = raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
NO_HTTP = raw(b"what?\r\n\r\n")
SILENT = raw(b"")


def _create(server: RawServer, **changes: Any) -> BaseException:
    with (
        service(endpoint(url=server.url, **changes)) as (flow, pauses),
        pytest.raises((Unreachable, Unavailable)) as caught,
    ):
        flow.connections.create(
            {"name": "x", "auth": {"params": {"password": Secret(CANARY)}}}
        )
    assert pauses == []
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert CANARY not in everything_shown(caught.value)
    return caught.value


@pytest.mark.parametrize(
    "behaviour", [reset, TRUNCATED, BROKEN_CHUNKS, NO_HTTP, SILENT]
)
def test_a_post_that_breaks_off_may_have_arrived_and_is_sent_once(
    behaviour: Callable[..., None],
) -> None:
    with RawServer(behaviour, CREATED) as server:
        error = _create(server)

    assert isinstance(error, Unreachable)
    assert error.sent
    assert len(server.requests) == 1


def test_a_post_without_an_answer_in_time_may_have_arrived() -> None:
    with RawServer(hang) as server:
        error = _create(server, read_timeout=0.1)

    assert isinstance(error, Unreachable)
    assert error.sent
    assert "read_timeout" in str(error)


def test_a_refused_connection_proves_that_nothing_was_sent() -> None:
    with (
        service(endpoint(url=f"http://127.0.0.1:{refused_port()}")) as (flow, _pauses),
        pytest.raises(Unreachable) as caught,
    ):
        flow.connections.create({"name": "x"})

    assert not caught.value.sent
    assert caught.value.host in str(caught.value)


def test_a_name_that_does_not_resolve_proves_that_nothing_was_sent_and_is_not_repeated() -> (
    None
):
    with (
        service(endpoint(url="https://no-such-host.invalid")) as (flow, pauses),
        pytest.raises(Unreachable, match="cannot be resolved") as caught,
    ):
        flow.connections.get(ID)

    assert not caught.value.sent
    assert pauses == []


def test_a_refusing_proxy_proves_that_nothing_was_sent() -> None:
    at = endpoint(
        url="https://platform.example.com",
        proxy=f"http://u:{CANARY}@127.0.0.1:{refused_port()}",
    )
    with (
        service(at) as (flow, _pauses),
        pytest.raises(Unreachable, match="the proxy cannot be used") as caught,
    ):
        flow.connections.create({"name": "x"})

    assert not caught.value.sent
    assert CANARY not in everything_shown(caught.value)


def test_a_proxy_that_does_not_open_the_tunnel_proves_that_nothing_was_sent() -> None:
    with (
        RawServer(reply("407 Proxy Authentication Required")) as proxy,
        service(endpoint(url="https://platform.example.com", proxy=proxy.url)) as (
            flow,
            _pauses,
        ),
        pytest.raises(Unreachable, match="the proxy cannot be used") as caught,
    ):
        flow.connections.create({"name": "x"})

    assert not caught.value.sent
    assert proxy.requests[0].startswith(b"CONNECT platform.example.com:443 ")


def test_a_port_without_tls_is_said_to_be_one() -> None:
    with (
        RawServer(NO_HTTP, reads=False) as server,
        service(endpoint(url=server.url.replace("http:", "https:"))) as (flow, _pauses),
        pytest.raises(Unreachable, match="TLS"),
    ):
        flow.connections.create({"name": "x"})


@pytest.mark.parametrize(
    "behaviour", [reset, TRUNCATED, BROKEN_CHUNKS, NO_HTTP, SILENT]
)
def test_a_get_that_breaks_off_is_repeated(behaviour: Callable[..., None]) -> None:
    with (
        RawServer(behaviour, behaviour, GOOD) as server,
        service(endpoint(url=server.url)) as (flow, pauses),
    ):
        assert flow.connections.get(ID).name == "Support desk"

    assert len(server.requests) == 3
    assert len(pauses) == 2


def test_a_get_without_an_answer_in_time_is_repeated() -> None:
    with (
        RawServer(hang, GOOD) as server,
        service(endpoint(url=server.url, read_timeout=0.1)) as (flow, _pauses),
    ):
        assert flow.connections.get(ID).id == ID


def test_a_refused_connection_is_repeated_for_a_get_and_stays_not_sent() -> None:
    with (
        service(endpoint(url=f"http://127.0.0.1:{refused_port()}"), retries=2) as (
            flow,
            pauses,
        ),
        pytest.raises(Unreachable) as caught,
    ):
        flow.connections.get(ID)

    assert not caught.value.sent
    assert len(pauses) == 2


def test_what_may_have_arrived_once_stays_so_when_the_last_attempt_is_refused() -> None:
    with (
        RawServer(reset) as server,
        FlowService(
            endpoint(url=server.url), retries=1, sleep=lambda _seconds: server.close()
        ) as flow,
        pytest.raises(Unreachable, match="refused") as caught,
    ):
        flow.connections.delete(ID)

    assert caught.value.sent


def test_an_error_status_counts_although_its_body_breaks_off() -> None:
    with (
        RawServer(
            raw(b"HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\n{")
        ) as server,
        service(endpoint(url=server.url)) as (flow, _pauses),
        pytest.raises(NotFound),
    ):
        flow.connections.get(ID)


def test_a_body_that_cannot_be_decompressed_is_an_unreadable_success() -> None:
    with RawServer(
        reply("201 Created", b"no gzip", "Content-Encoding: gzip")
    ) as server:
        error = _create(server)

    assert isinstance(error, Unavailable)
    assert error.status == 201
    assert "cannot be decompressed" in error.message


def test_a_broken_location_is_still_a_redirect() -> None:
    with (
        RawServer(
            raw(
                b"HTTP/1.1 302 Found\r\nLocation: http://[x\r\nContent-Length: 0\r\n\r\n"
            )
        ) as server,
        service(endpoint(url=server.url)) as (flow, _pauses),
        pytest.raises(Rejected, match="unreadable address"),
    ):
        flow.connections.get(ID)


def test_proxy_variables_do_not_capture_local_traffic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{refused_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    with (
        RawServer(GOOD) as server,
        service(endpoint(url=server.url)) as (flow, _pauses),
    ):
        assert flow.connections.get(ID).id == ID


def test_netrc_does_not_replace_our_token(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login u password p\n")
    monkeypatch.setenv("NETRC", str(netrc))

    with (
        RawServer(GOOD) as server,
        service(endpoint(url=server.url)) as (flow, _pauses),
    ):
        flow.connections.get(ID)

    assert b"Authorization: Bearer token-" in server.requests[0]
    assert b"Basic" not in server.requests[0]


def test_cookies_are_not_kept() -> None:
    cookie = reply("200 OK", json.dumps({"items": [ITEM]}).encode(), "Set-Cookie: a=b")
    with (
        RawServer(cookie, GOOD) as server,
        service(endpoint(url=server.url)) as (flow, _pauses),
    ):
        flow.connections.get(ID)
        flow.connections.get(ID)

    assert b"Cookie" not in server.requests[1]


def test_a_certificate_that_cannot_be_verified_proves_that_nothing_was_sent() -> None:
    reason = ssl.SSLCertVerificationError("canary")
    wrapped = urllib3.exceptions.MaxRetryError(
        None,  # type: ignore[arg-type]
        "/canary",
        urllib3.exceptions.SSLError(reason),
    )

    seen = classify_failure(requests.exceptions.SSLError(wrapped), "h")

    assert (seen.sent, seen.passing) == (False, False)
    assert "ca_bundle" in seen.remedy


@pytest.mark.parametrize(
    "error",
    [RuntimeError("canary"), KeyError("canary"), OSError("canary"), MemoryError()],
)
def test_an_exception_nobody_knows_may_have_sent_and_is_not_repeated(
    error: Exception,
) -> None:
    seen = classify_failure(error, "h")

    assert (seen.sent, seen.passing) == (True, False)
    assert "canary" not in seen.what


def test_a_remedy_speaks_of_what_users_gave() -> None:
    refused = requests.exceptions.ConnectTimeout("canary")

    assert "check the URL," in classify_failure(refused, "h").remedy
    assert "check the host," in classify_failure(refused, "h", address="host").remedy


def test_what_was_never_written_was_not_sent() -> None:
    seen = unwritable_request(ValueError("canary"), "h")

    assert not seen.sent
    assert "canary" not in seen.what


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_ca_bundle_that_cannot_be_used_is_told_at_once(
    tmp_path: Any, content: str | None
) -> None:
    path = tmp_path / "canary.pem"
    if content is not None:
        path.write_text(content)

    with (
        pytest.raises(InvalidInput, match=r"^ca_bundle") as caught,
        service(endpoint(ca_bundle=str(path))),
    ):
        pass

    assert caught.value.__context__ is None


def test_a_ca_bundle_of_the_environment_is_told_by_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))

    with pytest.raises(InvalidInput, match="REQUESTS_CA_BUNDLE"), service():
        pass
