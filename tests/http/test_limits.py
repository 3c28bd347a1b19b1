"""Every answer ends: too large ones, small ones that become large, a byte at a time, and lists without an end."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import time
import tracemalloc
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flowservice.wired import (
    ETAG,
    ID,
    ITEM,
    RawServer,
    endpoint,
    oauth,
    reply,
    service,
)
from hypothesis import given
from hypothesis import strategies as st
from urllib3.response import HTTPResponse
from wire.rig import Drip, Page, Rig

from headwater.errors import (
    HeadwaterError,
    SourceUnavailable,
    Unavailable,
    Unreachable,
)
from headwater.flowservice import auth, paging
from headwater.http import exchanges
from headwater.http.bodies import NotDecompressible, read_body
from headwater.http.exchanges import LARGEST_ANSWER, OverLimit
from headwater.sources import Reach, SourceHttp

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from wire.rig import Received

GOOD = json.dumps({"items": [ITEM]}).encode()
TOO_MUCH = LARGEST_ANSWER + 1
HEAD = b"HTTP/1.1 200 OK\r\n"


def _compressed(size: int, *, wbits: int = 31) -> bytes:
    """Return so many zeros, compressed; in a thousandth of the size."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, wbits)
    pieces = [compressor.compress(bytes(1024**2)) for _ in range(size // 1024**2)]
    pieces.append(compressor.compress(bytes(size % 1024**2)))
    return b"".join([*pieces, compressor.flush()])


def _drip(before: bytes, byte: bytes) -> Callable[[socket.socket], None]:
    """Begin an answer and go on with a byte at a time, until the client has had enough."""

    def behave(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(before)
            until = time.monotonic() + 30
            while time.monotonic() < until:
                connection.sendall(byte)
                time.sleep(0.02)

    return behave


DRIPS = {
    "status": _drip(b"HTTP/1.1 200 ", b"O"),
    "head": _drip(HEAD + b"X: ", b"y"),
    "continues": _drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": _drip(HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
    "chunks": _drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "until the end": _drip(HEAD + b"\r\n", b" "),
}


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an answer take no longer than its timeouts and 0.2 seconds."""
    monkeypatch.setattr(exchanges, "LONGEST_TRANSFER", 0.2)


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize("drip", DRIPS)
def test_a_drip_ends_although_no_single_read_takes_long(drip: str) -> None:
    with RawServer(DRIPS[drip]) as server:
        at = endpoint(url=server.url, connect_timeout=0.2, read_timeout=0.5)
        with (
            service(at) as (flow, pauses),
            pytest.raises(Unreachable, match="longer than 1 s in all") as caught,
        ):
            flow.connections.get(ID)

    assert caught.value.sent
    assert caught.value.remedy
    assert pauses == []


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize("proxied", [False, True])
def test_a_drip_through_tls_ends_too(proxied: bool) -> None:
    rig = Rig(_nothing, tls=True, proxied=proxied, disturb=lambda _request: Drip())
    with rig:
        at = endpoint(
            url=rig.url,
            proxy=rig.proxy,
            ca_bundle=rig.ca_bundle,
            connect_timeout=0.2,
            read_timeout=0.5,
        )
        with (
            service(at) as (flow, _pauses),
            pytest.raises(Unreachable, match="longer than 1 s in all") as caught,
        ):
            flow.connections.create({"name": "x"})

    assert caught.value.sent


def _nothing(_request: Received) -> Page:
    return Page(204)


@pytest.mark.usefixtures("hurry")
def test_a_drip_of_the_proxy_ends_too_and_has_sent_nothing() -> None:
    with RawServer(DRIPS["head"]) as proxy:
        at = endpoint(proxy=proxy.url, connect_timeout=0.2, read_timeout=0.5)
        with service(at) as (flow, _pauses), pytest.raises(Unreachable) as caught:
            flow.connections.create({"name": "x"})

    assert not caught.value.sent


@pytest.mark.usefixtures("hurry")
def test_a_drip_of_ims_ends_too() -> None:
    with RawServer(DRIPS["body"]) as server:
        at = oauth(
            url=server.url, ims_url=server.url, connect_timeout=0.2, read_timeout=0.5
        )
        with (
            service(at) as (flow, _pauses),
            pytest.raises(Unreachable, match=r"IMS at .*in all"),
        ):
            flow.connections.get(ID)


@pytest.mark.usefixtures("hurry")
def test_a_drip_of_a_source_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headwater.sources.http.TIMEOUTS", (0.2, 0.5))
    with (
        RawServer(DRIPS["body"]) as server,
        SourceHttp(server.url, reach=Reach()) as http,
        pytest.raises(SourceUnavailable, match="longer than 1 s in all"),
    ):
        http.get("/")


def test_an_answer_that_takes_its_time_within_the_limit_is_read() -> None:
    def slowly(connection: socket.socket) -> None:
        connection.sendall(HEAD + f"Content-Length: {len(GOOD)}\r\n\r\n".encode())
        for at in range(0, len(GOOD), 20):
            time.sleep(0.02)
            connection.sendall(GOOD[at : at + 20])

    with (
        RawServer(slowly) as server,
        service(endpoint(url=server.url, read_timeout=5)) as (flow, _pauses),
    ):
        assert flow.connections.get(ID).id == ID


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(
    ("encoding", "wbits"), [("gzip", 31), ("deflate", 15), ("deflate", -15)]
)
def test_a_small_answer_cannot_become_a_large_one(
    encoding: str, wbits: int, tls: bool
) -> None:
    bomb = _compressed(8 * LARGEST_ANSWER, wbits=wbits)
    page = Page(200, bomb, (("Content-Encoding", encoding),))
    with Rig(lambda _request: page, tls=tls) as rig:
        at = endpoint(url=rig.url, ca_bundle=rig.ca_bundle)
        with service(at, retries=4) as (flow, pauses):
            tracemalloc.start()
            with pytest.raises(Unreachable, match="larger than 64 MB") as caught:
                flow.connections.get(ID)
            _now, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()

    assert caught.value.remedy == "ask for less"
    assert pauses == []
    assert peak < 2.5 * LARGEST_ANSWER


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "nonsense"])
def test_what_was_not_asked_for_is_not_decompressed(encoding: str) -> None:
    twice = gzip.compress(gzip.compress(GOOD))
    with (
        RawServer(reply("200 OK", twice, f"Content-Encoding: {encoding}")) as server,
        service(endpoint(url=server.url)) as (flow, _pauses),
        pytest.raises(Unavailable, match="cannot be decompressed"),
    ):
        flow.connections.get(ID)

    assert b"Accept-Encoding: gzip, deflate\r\n" in server.requests[0]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_answer_is_not_read_to_its_end(chunked: bool) -> None:
    sent: list[int] = []

    def flood(connection: socket.socket) -> None:
        piece = bytes(1024**2)
        head, before, after = b"\r\n", b"", b""
        if chunked:
            head = b"Transfer-Encoding: chunked\r\n\r\n"
            before, after = b"100000\r\n", b"\r\n"
        with contextlib.suppress(OSError):
            connection.sendall(HEAD + head)
            for number in range(512):
                connection.sendall(before + piece + after)
                sent.append(number)

    with (
        RawServer(flood) as server,
        service(endpoint(url=server.url)) as (flow, _pauses),
        pytest.raises(Unreachable, match="larger than 64 MB"),
    ):
        flow.connections.get(ID)

    assert len(sent) < 128


def test_a_grant_of_ims_may_be_smaller_still() -> None:
    large = json.dumps({"access_token": "x" * auth.LARGEST_GRANT}).encode()
    with RawServer(reply("200 OK", large)) as server:
        at = oauth(url=server.url, ims_url=server.url)
        with (
            service(at) as (flow, _pauses),
            pytest.raises(Unreachable, match=r"IMS at .*larger than 1 MB"),
        ):
            flow.connections.get(ID)


def test_a_large_answer_to_a_create_leaves_open_what_became_of_it() -> None:
    bomb = _compressed(TOO_MUCH)
    with (
        RawServer(reply("201 Created", bomb, "Content-Encoding: gzip")) as server,
        service(endpoint(url=server.url)) as (flow, _pauses),
        pytest.raises(HeadwaterError) as caught,
    ):
        flow.connections.create({"name": "x"})

    assert isinstance(caught.value, Unreachable)
    assert caught.value.sent


def test_a_large_error_page_still_tells_its_status() -> None:
    bomb = _compressed(TOO_MUCH)
    with (
        RawServer(reply("403 Forbidden", bomb, "Content-Encoding: gzip")) as server,
        service(endpoint(url=server.url)) as (flow, _pauses),
        pytest.raises(Unavailable, match="answered 403") as caught,
    ):
        flow.connections.create({"name": "x"})

    assert caught.value.outcome_unknown


@pytest.mark.parametrize("posted", [False, True])
def test_a_list_without_an_end_is_given_up(
    monkeypatch: pytest.MonkeyPatch, posted: bool
) -> None:
    monkeypatch.setattr(paging, "MOST_PAGES", 7)

    def endless(request: Received) -> Page:
        pages.append(request.target)
        href = f"{request.path}?continuationToken={len(pages)}"
        body = {"items": [ITEM], "_links": {"next": {"href": href}}}
        return Page(200, json.dumps(body).encode())

    pages: list[str] = []
    with Rig(endless) as rig, service(endpoint(url=rig.url)) as (flow, _pauses):
        objects = flow.connections.search("") if posted else flow.connections.list()
        with pytest.raises(Unavailable, match="goes on after 7 pages") as caught:
            list(objects)

    assert len(pages) == 7
    assert "property filters" in caught.value.remedy


def test_a_list_that_ends_with_the_last_page_allowed_is_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(paging, "MOST_PAGES", 3)
    page = reply("200 OK", GOOD)
    bodies = [
        {"items": [ITEM], "_links": {"next": {"href": f"?continuationToken={number}"}}}
        for number in (1, 2)
    ]
    answers = [reply("200 OK", json.dumps(body).encode()) for body in bodies]
    with (
        RawServer(*answers, page) as server,
        service(endpoint(url=server.url)) as (flow, _pauses),
    ):
        assert len(list(flow.connections.list())) == 3


def test_configurations_without_an_end_are_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(paging, "MOST_PAGES", 3)
    body = json.dumps({"items": [{"a": 1}], "pageInfo": {"hasNext": True}}).encode()
    with (
        RawServer(*[reply("200 OK", body)] * 3) as server,
        service(endpoint(url=server.url)) as (flow, _pauses),
        pytest.raises(Unavailable, match="goes on after 3 pages"),
    ):
        list(flow.connection_specs.configs(ID))


class _Response:
    """As much of an answer as its body is read from."""

    def __init__(self, body: bytes, **headers: str) -> None:
        self.status_code = 200
        self.headers = {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        self.raw: Any = HTTPResponse(io.BytesIO(body), preload_content=False)


@given(st.lists(st.binary(max_size=400), max_size=4), st.sampled_from([31, 15, -15]))
def test_what_was_compressed_comes_out_again(members: list[bytes], wbits: int) -> None:
    """Several members in a row are one body, as gzip has it; zlib's forms are used with one."""
    if wbits != 31:
        members = members[:1]
    body = b""
    for member in members:
        compressor = zlib.compressobj(6, zlib.DEFLATED, wbits)
        body += compressor.compress(member) + compressor.flush()
    encoding = "gzip" if wbits == 31 else "deflate"
    response: Any = _Response(body, Content_Encoding=encoding)

    assert read_body(response) == b"".join(members)


@given(st.binary(max_size=200))
def test_what_is_not_compressed_is_told_or_read_but_never_fails_otherwise(
    body: bytes,
) -> None:
    response: Any = _Response(body, Content_Encoding="gzip")
    with contextlib.suppress(NotDecompressible):
        read_body(response)


def test_a_compressed_body_that_breaks_off_is_not_taken_for_a_whole_one() -> None:
    response: Any = _Response(gzip.compress(GOOD)[:-9], Content_Encoding="gzip")
    with pytest.raises(NotDecompressible):
        read_body(response)


def test_an_adapter_may_have_read_the_body_itself() -> None:
    class Plain:
        status_code = 200
        headers: dict[str, str] = {}  # noqa: RUF012 - as requests has it
        raw = None
        content = GOOD

    plain: Any = Plain()
    assert read_body(plain) == GOOD
    with pytest.raises(OverLimit):
        read_body(plain, largest=1)


def test_a_connection_is_used_again_after_an_answer_with_its_own_timeouts() -> None:
    def twice(connection: socket.socket) -> None:
        answer = HEAD + f"Content-Length: {len(GOOD)}\r\n\r\n".encode() + GOOD
        connection.sendall(answer)
        connection.recv(65536)
        connection.sendall(answer)

    with (
        RawServer(twice) as server,
        service(endpoint(url=server.url)) as (flow, _pauses),
    ):
        assert flow.connections.get(ID).etag == ETAG
        assert flow.connections.get(ID).etag == ETAG

    assert len(server.requests) == 1


def test_the_limits_are_documented_as_they_are() -> None:
    page = (Path(__file__).parents[2] / "docs" / "answers.md").read_text("utf-8")

    assert f"| {LARGEST_ANSWER // 1024**2} MB |" in page
    assert f"| {auth.LARGEST_GRANT // 1024**2} MB |" in page
    assert f"+ {exchanges.LONGEST_TRANSFER:.0f} |" in page
    assert f"| {paging.MOST_PAGES:,};" in page
