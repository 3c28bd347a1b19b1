"""The front of a worker, attacked over real sockets: nobody who is slow, breaks off or lies holds the others."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Served = Any  # the fixture `served`
Connect = Any  # the fixture `connect`
CONNECTIONS = b"/data/foundation/flowservice/connections"
HOST = b"Host: localhost\r\n"
HEADERS = (
    b"Authorization: Bearer x\r\nx-api-key: key\r\nx-gw-ims-org-id: ACME@AdobeOrg\r\n"
    b"Content-Type: application/json\r\n"
)
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def _post(extra: bytes, body: bytes = b"") -> bytes:
    head = b"POST " + CONNECTIONS + b" HTTP/1.1\r\n" + HOST + HEADERS + extra
    return head + b"\r\n" + body


def _get(path: bytes = CONNECTIONS, *, method: bytes = b"GET") -> bytes:
    return method + b" " + path + b" HTTP/1.1\r\n" + HOST + HEADERS + b"\r\n"


def _length(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n" % len(body)


def _chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


class Line:
    """One connection, on which bytes are sent and answers are read."""

    def __init__(self, root: str, *, narrow: bool = False) -> None:
        host, port = root.removeprefix("http://").split(":")
        self.socket = socket.socket()
        self.socket.settimeout(30)
        if narrow:  # hardly anything fits between the two sides
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect((host, int(port)))
        self._file = self.socket.makefile("rb")

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self.socket.close()

    def send(self, *pieces: bytes) -> None:
        """Send bytes as they are."""
        for piece in pieces:
            self.socket.sendall(piece)

    def answer(self, *, bodiless: bool = False) -> tuple[int, dict[str, str], bytes]:
        """Read one answer: status, headers, body."""
        status = int(self._file.readline().split()[1])
        headers = {}
        while line := self._file.readline().strip():
            name, _colon, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        length = 0 if bodiless else int(headers.get("content-length", 0))
        return status, headers, self._file.read(length)

    def read_to_its_end(self) -> None:
        """Read until the other side closes. Raises `ConnectionResetError` where that was before all was sent."""
        while self.socket.recv(65_536):
            pass

    def is_closed(self) -> bool:
        """Say whether the other side closes, waiting for it as long as the socket's timeout."""
        try:
            return self._file.read(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True


@pytest.fixture(scope="module")
def root(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a service that the tests of this module share."""
    with served(tmp_path_factory.mktemp("front"), "--access-log") as (_process, root):
        yield root


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return a function that opens a `Line`; all of them are closed in the end."""
    lines: list[Line] = []

    def open_one(root: str, *sent: bytes, narrow: bool = False) -> Line:
        lines.append(Line(root, narrow=narrow))
        lines[-1].send(*sent)
        return lines[-1]

    yield open_one
    for line in lines:
        line.close()


@pytest.fixture
def body(oracle: Any) -> bytes:
    """Return the body of a connection to create."""
    return json.dumps(oracle()).encode()


def _count(connect: Connect, root: str) -> int:
    status, _headers, text = connect(root, _get(CONNECTIONS + b"?limit=100")).answer()
    assert status == 200
    return len(json.loads(text)["items"])


def test_forty_slow_bodies_delay_nobody_and_are_answered(
    connect: Connect, root: str
) -> None:
    endpoint = b"POST /ims/token/v3 HTTP/1.1\r\n" + HOST
    silent = [connect(root, endpoint, b"Content-Length: 9\r\n\r\n") for _ in range(20)]
    dripping = [connect(root, _post(b"Content-Length: 900\r\n")) for _ in range(20)]
    over = threading.Event()

    def drip() -> None:
        while not over.wait(1):
            for line in dripping:
                try:
                    line.send(b" ")
                except OSError:
                    return

    threading.Thread(target=drip, daemon=True).start()
    began = time.monotonic()
    for _request in range(50):
        assert connect(root, _get()).answer()[0] == 200
    assert time.monotonic() - began < 5  # before, for as long as the slow ones wanted
    for line in [*silent, *dripping]:
        status, headers, text = line.answer()
        assert (status, headers["connection"]) == (408, "close")
        assert json.loads(text)["type"].endswith("CONNECTOR-1006-408")
        assert line.is_closed()
    assert time.monotonic() - began < 25
    over.set()


def test_bytes_one_at_a_time_are_a_request(
    connect: Connect, root: str, body: bytes
) -> None:
    line = connect(root)
    line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in _post(_length(body), body):
        line.send(bytes([byte]))
    assert line.answer()[0] == 201


def test_who_does_not_finish_a_request_line_or_headers_is_hung_up_on(
    connect: Connect, root: str
) -> None:
    unfinished = (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\n")
    lines = [connect(root, sent) for sent in unfinished]
    assert [line.is_closed() for line in lines] == [True] * len(lines)


def test_a_body_may_come_in_chunks_and_requests_one_behind_the_other(
    connect: Connect, root: str, body: bytes
) -> None:
    chunked = _post(CHUNKED, _chunks(body[:9], body[9:]) + b"0\r\n\r\n")
    line = connect(root, chunked + _post(_length(body), body) + _get())
    assert [line.answer()[0] for _request in range(3)] == [201, 201, 200]


def test_a_body_is_awaited_where_the_client_expects_to_be_told_so(
    connect: Connect, root: str, body: bytes
) -> None:
    line = connect(root, _post(_length(body) + b"Expect: 100-continue\r\n"))
    assert line.answer()[0] == 100
    line.send(body)
    assert line.answer()[0] == 201


@pytest.mark.parametrize(
    "sent",
    [
        _post(b"Content-Length: 1048577\r\nExpect: 100-continue\r\n"),
        _post(b"Content-Length: 1048577\r\n", b"x" * 1_048_577),
        _post(b"Content-Length: 99999999999999\r\n"),
        _post(CHUNKED, _chunks(b"x" * 600_000, b"x" * 600_000)),
    ],
)
def test_too_large_a_body_is_refused_before_it_is_read(
    connect: Connect, root: str, sent: bytes
) -> None:
    line = connect(root)
    line.send(sent)
    status, headers, text = line.answer()
    assert status == 413
    report = json.loads(text)["report"]
    assert report["request-id"] == headers["x-request-id"]


@pytest.mark.parametrize("by", ["length", "chunks"])
def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one(
    connect: Connect, root: str, body: bytes, by: str
) -> None:
    before = _count(connect, root)
    whole = {
        "length": _post(b"Content-Length: %d\r\n" % (len(body) + 1), body),
        "chunks": _post(CHUNKED, _chunks(body)),
    }
    line = connect(root, whole[by])
    line.socket.shutdown(socket.SHUT_WR)
    status, _headers, text = line.answer()
    assert (status, json.loads(text)["errorMessage"]) == (
        400,
        "the body broke off before its end",
    )
    gone = connect(root, whole[by])
    gone.close()
    assert _count(connect, root) == before


def test_heads_are_answered_without_a_body(connect: Connect, root: str) -> None:
    line = connect(root, _get(b"/health", method=b"HEAD") + _get())
    assert line.answer(bodiless=True)[0] == 405
    assert line.answer()[0] == 200


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"", 421),
        (b"Host: \r\n", 421),
        (b"Host: [\r\n", 421),
        (b"Host: localhost\r\nHost: evil.example\r\n", 421),
        (b"Host: localhost\r\n", 200),
    ],
)
def test_the_name_it_is_asked_by_is_the_one_that_was_sent(
    connect: Connect, root: str, head: bytes, status: int
) -> None:
    sent = b"GET " + CONNECTIONS + b" HTTP/1.0\r\n" + head + HEADERS + b"\r\n"
    assert connect(root, sent).answer()[0] == status


def test_a_path_is_decoded_once(connect: Connect, root: str) -> None:
    assert connect(root, _get(CONNECTIONS.replace(b"c", b"%63"))).answer()[0] == 200
    assert connect(root, _get(CONNECTIONS.replace(b"c", b"%2563"))).answer()[0] == 404


@pytest.mark.parametrize("parameters", [5_000, 50_000])
def test_thousands_of_unknown_parameters_are_refused_in_few_words(
    connect: Connect, root: str, parameters: int
) -> None:
    query = b"&".join(b"canary%d" % number for number in range(parameters))
    status, _headers, text = connect(root, _get(CONNECTIONS + b"?" + query)).answer()
    assert status in (400, 431)
    assert len(text) < 1_000


def test_larger_bodies_than_fit_into_memory_are_told_to_come_back(
    connect: Connect, root: str, body: bytes
) -> None:
    # Each lacks its last byte, so each is held.
    held = [
        connect(root, _post(b"Content-Length: 1048576\r\n", b" " * 1_048_575))
        for _ in range(80)
    ]
    deadline = time.monotonic() + 8  # before those that are held are late
    refused: set[socket.socket] = set()
    while len(refused) < 10 and time.monotonic() < deadline:
        refused |= {*select.select([line.socket for line in held], [], [], 1)[0]}
    answers = [line.answer() for line in held if line.socket in refused]
    assert {(status, facts["retry-after"]) for status, facts, _text in answers} == {
        (503, "1")
    }
    assert len(answers) >= 10
    assert connect(root, _post(_length(body), body)).answer()[0] == 201
    for line in held:
        line.close()
    large = b" " * 1_000_000 + body
    deadline = time.monotonic() + 20
    while connect(root, _post(_length(large), large)).answer()[0] != 201:
        assert time.monotonic() < deadline


@pytest.fixture
def with_large_objects(
    connect: Connect, served: Served, tmp_path: Path, oracle: Any
) -> Iterator[tuple[int, str]]:
    """Return the id of the process and the URL of a service with a connection of 50 kB, and later ones of 1 MB."""
    with served(tmp_path) as (process, root):
        for size in [50_000, *[1_000_000] * 8]:
            made = json.dumps(oracle() | {"description": "z" * size}).encode()
            assert connect(root, _post(_length(made), made)).answer()[0] == 201
        yield process.pid, root


ALL = _get(CONNECTIONS + b"?limit=100")
ONE = _get(CONNECTIONS + b"?limit=1&orderby=-createdAt")
SMALL = _get(CONNECTIONS + b"?limit=1&orderby=createdAt")


def _memory(process: int) -> int:
    """Return the megabytes that the workers of a service hold."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    status = [Path(f"/proc/{child}/status").read_text() for child in children]
    return sum(int(text.split("VmRSS:")[1].split()[0]) for text in status) // 1024


def _is_hung_up(line: Line) -> bool:
    """Say whether the other side has ended a connection, without reading what it has sent."""
    poll = select.poll()
    poll.register(line.socket, select.POLLHUP)
    return bool(poll.poll(0))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux is asked")
def test_answers_that_nobody_reads_are_bounded_and_given_up(
    connect: Connect, with_large_objects: tuple[int, str]
) -> None:
    process, root = with_large_objects
    assert len(connect(root, ALL).answer()[2]) > 4_000_000
    before = _memory(process)
    silent = [connect(root, narrow=True) for _ in range(100)]
    # One at a time: that many at once wait for a thread.
    for line in silent:
        line.send(ALL)
    assert len(connect(root, SMALL).answer()[2]) < 64_000
    many_small = connect(root, SMALL * 100, narrow=True)
    dripping = connect(root, ONE, narrow=True)
    honest = connect(root, ONE, narrow=True)
    over = threading.Event()

    def drip() -> None:
        with contextlib.suppress(OSError):
            while not over.wait(0.2) and dripping.socket.recv(1000):
                pass

    threading.Thread(target=drip, daemon=True).start()
    read = 0
    while read < 1_000_000:  # in some 12 seconds
        read += len(honest.socket.recv(8_000))
        time.sleep(0.1)
        assert _memory(process) - before < 300  # before, 5 MB for each
    _until(lambda: _is_hung_up(dripping))
    over.set()
    # Whoever reads at last is told.
    with pytest.raises(ConnectionResetError):
        many_small.read_to_its_end()
    refused = [line for line in silent if not _is_hung_up(line)]
    answers = [line.answer() for line in refused]
    assert {(status, facts["retry-after"]) for status, facts, _text in answers} <= {
        (503, "1")
    }
    assert connect(root, ALL).answer()[0] == 200


LIMITED = """import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
from headwater_local_flow_service.commands import serve
serve()
"""


def test_more_sockets_than_descriptors_are_survived(
    connect: Connect, served: Served, tmp_path: Path
) -> None:
    with served(tmp_path, program=LIMITED) as (_process, root):
        lines = [connect(root, b"GET ") for _ in range(200)]
        time.sleep(0.5)
        # Those that are open can be used, and what they ask for can be opened.
        lines[0].send(CONNECTIONS, b" HTTP/1.1\r\n", HOST, HEADERS, b"\r\n")
        assert lines[0].answer()[0] == 200
        for line in lines:
            line.close()
        assert requests.get(f"{root}/health", timeout=20).json()["status"] == "ok"
        errors = (tmp_path / "stderr").read_text()
        assert "Too many open files" not in errors


@pytest.fixture
def silent_source() -> Iterator[tuple[str, list[socket.socket]]]:
    """Return the URL of a source that accepts connections and never says a word, and those connections."""
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    held.append(server.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", held
        server.shutdown(socket.SHUT_RDWR)
    for connection in held:
        connection.close()


def test_a_source_that_never_answers_delays_nobody_else(
    connect: Connect,
    served: Served,
    tmp_path: Path,
    oracle: Any,
    silent_source: tuple[str, list[socket.socket]],
) -> None:
    url, held = silent_source
    (tmp_path / "serve.toml").write_text("source_timeout = 4\n")
    with served(tmp_path, "--settings", str(tmp_path / "serve.toml")) as (_, root):
        asked = oracle()
        asked["auth"]["params"]["host"] = url
        body = json.dumps(asked).encode()
        made = json.loads(connect(root, _post(_length(body), body)).answer()[2])
        one = CONNECTIONS + b"/" + made["id"].encode()
        began = time.monotonic()
        asking = [connect(root, _get(one + b"/test")) for _ in range(12)]
        asking += [
            connect(root, _get(one + b"/explore?objectType=root")) for _ in range(4)
        ]
        _until(lambda: len(held) == 16)
        times = []
        for _request in range(100):
            before = time.monotonic()
            assert connect(root, _get(one)).answer()[0] == 200
            times.append(time.monotonic() - before)
        assert max(times) < 1  # before, as long as the source was waited for
        refused = connect(root, _get(one + b"/test")).answer()
        assert (refused[0], refused[1]["retry-after"]) == (503, "1")
        for line in asking:
            status, _headers, text = line.answer()
            assert status == 408
            assert (
                "has not returned within 4 seconds" in json.loads(text)["errorMessage"]
            )
        assert 3 < time.monotonic() - began < 20
        # The threads are held for as long as the source holds them, and no longer.
        assert connect(root, _get(one + b"/test")).answer()[0] == 503
        for connection in held:
            connection.shutdown(socket.SHUT_RDWR)
        _until(lambda: connect(root, _get(one + b"/test")).answer()[0] == 408)


def test_health_is_told_in_time_whatever_the_store_and_all_threads_do(
    connect: Connect, served: Served, tmp_path: Path, own_schema: dict[str, Any]
) -> None:
    import psycopg

    store = own_schema["store"]
    with (
        served(
            tmp_path,
            "--metrics-port",
            "0",
            store=store,
            HEADWATER_LOCAL_KEY=own_schema["key"].reveal(),
        ) as (process, root),
        psycopg.connect(store) as other,
    ):
        metrics = process.stdout.readline().removeprefix("metrics on ").strip()
        assert requests.get(f"{root}/health", timeout=10).status_code == 200
        other.execute(f"LOCK {tables.facts.name}, {tables.connections.name}")
        lines = [connect(root, _get()) for _ in range(60)]
        for _ask in range(3):
            began = time.monotonic()
            answer = requests.get(f"{root}/health", timeout=10)
            assert time.monotonic() - began < 3
            assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
            assert answer.json()["reason"].startswith("the store does not answer")
            assert requests.get(metrics, timeout=10).status_code == 200
        other.rollback()
        assert {line.answer()[0] for line in lines} <= {200, 503}
        _until(lambda: requests.get(f"{root}/health", timeout=10).status_code == 200)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_the_front_refuses_is_in_the_access_log(
    connect: Connect, served: Served, tmp_path: Path
) -> None:
    with served(tmp_path, "--access-log") as (process, root):
        sent = _post(b"Content-Length: 1048577\r\nx-request-id: mine\r\n")
        assert connect(root, sent).answer()[0] == 413
        process.terminate()
        assert process.wait(timeout=30) == 0
    [line] = (tmp_path / "stderr").read_text().splitlines()
    assert json.loads(line) | {"time": "", "ms": 0} == {
        "time": "",
        "request": "mine",
        "method": "POST",
        "path": CONNECTIONS.decode(),
        "status": 413,
        "ms": 0,
    }
