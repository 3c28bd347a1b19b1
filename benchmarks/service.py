"""What the embedded service costs: against the same front with bare Falcon and sqlite3, and full."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import bare_service
from benchmarks.pairs import compare, report

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = 8  # with fewer, the bare side waits for work every now and then, and its times tell that
BATCH = 400  # requests in one measurement
WAITS = 1_280  # to see who waits longest
READS = 4_000  # the same for reads by id, which a burst of a few milliseconds says nothing about
MANY = 64  # clients
ASLEEP = 12  # questions to a source that does not answer
RUNS = 9
WALKS = 3
STORED = 100_000
BASE = "/data/foundation/flowservice"
HEADERS = {
    "Authorization": "Bearer token",
    "x-api-key": "benchmark",
    "x-gw-ims-org-id": "ACME@AdobeOrg",
    "x-sandbox-name": "prod",
}


class Line:
    """One kept-alive connection that speaks just enough HTTP to cost next to nothing itself."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Send a request and return the body of its success."""
        self.send(method, path, body)
        status, length = self._file.readline(), 0
        while (line := self._file.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line[15:])
        answer = self._file.read(length)
        if not status.split()[1].startswith(b"2"):
            raise SystemExit(f"{method} {path} answered {status!r} {answer!r}")
        return answer

    def send(self, method: str, path: str, body: bytes = b"") -> None:
        """Send a request, and leave its answer."""
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Content-Length: {len(body)}",
        ]
        lines += [
            "Content-Type: application/json",
            *(f"{name}: {value}" for name, value in HEADERS.items()),
        ]
        self._socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


class Side:
    """A served application: `post` and `get` send one batch with all clients at once."""

    def __init__(self, port: int, base: str) -> None:
        self._lines = [Line(port) for _client in range(CLIENTS)]
        self._base = base
        self._port = port
        self._pool = ThreadPoolExecutor(CLIENTS)
        self.ids = [
            json.loads(self.line.ask("POST", f"{base}/connections", body("first")))[
                "id"
            ]
        ]

    @property
    def line(self) -> Line:
        """One of the connections, for requests one after the other."""
        return self._lines[0]

    def another_line(self) -> Line:
        """Return one more connection."""
        return Line(self._port)

    def post(self) -> None:
        """Create connections."""
        self._all(
            lambda line: line.ask(
                "POST", f"{self._base}/connections", body("connection")
            )
        )

    def get(self) -> None:
        """Read one connection by its id."""
        self._all(
            lambda line: line.ask("GET", f"{self._base}/connections/{self.ids[0]}"),
            READS,
        )

    def find(self) -> None:
        """List by a name that one connection has."""
        self._all(
            lambda line: line.ask(
                "GET", f"{self._base}/connections?property=name==first"
            )
        )

    def wait(self, method: str, clients: int, requests: int) -> list[float]:
        """POST or GET with so many clients at once; return the seconds that each request took, sorted."""
        lines = [Line(self._port) for _client in range(clients)]
        times: list[float] = []

        def share(line: Line) -> None:
            for _request in range(requests // clients):
                started = time.perf_counter()
                self._ask_one(line, method)
                times.append(time.perf_counter() - started)

        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(share, lines))
        return sorted(times)

    def _ask_one(self, line: Line, method: str) -> None:
        if method == "POST":
            line.ask("POST", f"{self._base}/connections", body("connection"))
        else:
            line.ask("GET", f"{self._base}/connections/{self.ids[0]}")

    def _all(self, ask: Any, requests: int = BATCH) -> None:
        def share(line: Line) -> None:
            for _request in range(requests // CLIENTS):
                ask(line)

        list(self._pool.map(share, self._lines))


def body(name: str, host: str = "acme.custhelp.com") -> bytes:
    """Return a connection to create."""
    params = {
        "host": host,
        "username": "integration",
        "password": "correct-horse-battery",
    }
    auth = {"specName": "Basic Authentication", "params": params}
    spec = {"id": "ba5126ec-c9ac-11eb-b8bc-0242ac130003", "version": "1.0"}
    return json.dumps({"name": name, "auth": auth, "connectionSpec": spec}).encode()


@contextlib.contextmanager
def ours(store: Path) -> Iterator[tuple[Side, int]]:
    """Serve the embedded service with one worker and yield it with its process id."""
    command = [
        str(Path(sys.executable).parent / "headwater"),
        "serve",
        "--port",
        "0",
        "--store",
        str(store),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if "listening on" in line)
        try:
            yield Side(int(re.findall(r":(\d+) ", line)[0]), BASE), process.pid
        finally:
            process.terminate()


@contextlib.contextmanager
def bare(store: Path) -> Iterator[Side]:
    """Serve the bare application on a store with the same tables and indexes."""
    from headwater_local_flow_service import Settings, build_app

    build_app(Settings(store=str(store))).close()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.bare_service", str(port)]
    environment = {**os.environ, bare_service.STORE: str(store)}
    with subprocess.Popen(
        command, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        _wait_for(port)
        try:
            yield Side(port, "")
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    for _attempt in range(200):
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port)),
        ):
            return
        time.sleep(0.05)
    raise SystemExit("the bare service does not answer")


def _fill(store: Path) -> None:
    """Store 100,000 connections as the service would, in one transaction."""
    import attrs

    from headwater_local_flow_service import Settings
    from headwater_local_flow_service.store.store import Record, Scope, Store
    from headwater_local_flow_service.store.tables import connections

    opened = Store(Settings(store=str(store)))
    scope = Scope(org="ACME@AdobeOrg", sandbox="prod")
    with opened.writing(alone=True) as rows:
        [first] = rows.select(connections, scope)
        for number in range(STORED):
            id = f"00000000-0000-4000-8000-{number:012x}"
            own = {
                "id": id,
                "name": f"connection {number}",
                "created_at": first.created_at - number,
                "seq": None,
            }
            rows.add(connections, Record(**attrs.asdict(first, recurse=False) | own))
    opened.close()


def _memory(leader: int) -> float:
    """Return the largest resident size among a process's children, in MB."""
    sizes = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            text = status.read_text()
            if f"PPid:\t{leader}\n" in text:
                sizes += [
                    int(size) / 1000 for size in re.findall(r"VmRSS:\s+(\d+) kB", text)
                ]
    return max(sizes, default=0.0)


def _against_bare(folder: Path) -> None:
    with ours(folder / "ours.db") as (mine, _pid), bare(folder / "bare.db") as theirs:
        report(
            f"{BATCH} x POST /connections against one INSERT",
            compare(mine.post, theirs.post, runs=RUNS),
            1.4,
        )
        report(
            f"{READS} x GET /connections/ID against one SELECT",
            compare(mine.get, theirs.get, runs=RUNS),
            2.0,
        )
        for method in ("POST", "GET"):
            for clients in (CLIENTS, MANY):
                _report_waits(method, clients, mine)


def _report_waits(method: str, clients: int, side: Side) -> None:
    """Say how long the unlucky wait: the 99th percentile against the median, the median of some runs."""
    ratios, medians = [], []
    for _run in range(RUNS):
        times = side.wait(method, clients, WAITS)
        medians.append(statistics.median(times))
        ratios.append(_unlucky(times) / medians[-1])
    ratio = statistics.median(ratios)
    verdict = "ok" if ratio <= 5 else "OVER"
    print(
        f"{WAITS} x {method} with {clients} clients: median {statistics.median(medians) * 1000:.1f} ms, "
        f"99th percentile {ratio:.1f} times that "
        f"({min(ratios):.1f} to {max(ratios):.1f} in {RUNS} runs), limit 5: {verdict}"
    )


def _unlucky(times: list[float]) -> float:
    """Return the 99th percentile of sorted times."""
    return times[len(times) * 99 // 100]


def _against_sleepers(folder: Path) -> None:
    """Say what sources that do not answer cost those who ask for something else, one after the other."""
    with (
        ours(folder / "asleep.db") as (asleep, _pid),
        ours(folder / "idle.db") as (idle, _pid),
        socket.create_server(("127.0.0.1", 0)) as source,
    ):
        silent = f"http://127.0.0.1:{source.getsockname()[1]}"
        made = asleep.line.ask("POST", f"{BASE}/connections", body("asleep", silent))
        path = f"{BASE}/connections/{json.loads(made)['id']}/test"
        for _question in range(ASLEEP):
            asleep.another_line().send("GET", path)
        # A percentile of few requests is one of them, so those of all runs are taken together.
        disturbed: list[float] = []
        calm: list[float] = []
        for _run in range(RUNS):
            disturbed += asleep.wait("GET", 1, WAITS)
            calm += idle.wait("GET", 1, WAITS)
        ratio = _unlucky(sorted(disturbed)) / _unlucky(sorted(calm))
        print(
            f"99th percentile of {len(calm)} x GET while {ASLEEP} questions to sources sleep, against none: "
            f"ratio {ratio:.2f}, limit 2: {'ok' if ratio <= 2 else 'OVER'}"
        )


def _against_empty(folder: Path) -> None:
    with ours(folder / "full.db"):
        pass  # makes the store and its first connection
    _fill(folder / "full.db")
    with (
        ours(folder / "full.db") as (full, pid),
        ours(folder / "empty.db") as (empty, _pid),
    ):
        for what, limit in (("post", 1.3), ("get", 1.3), ("find", 2.0)):
            ratio = compare(getattr(full, what), getattr(empty, what), runs=RUNS)
            report(
                f"{READS if what == 'get' else BATCH} x {what} with {STORED:,} connections against none",
                ratio,
                limit,
            )
        _walk(full.line)
        size = _memory(pid)
        print(
            f"memory of the worker after that: {size:.0f} MB, limit 200: {'ok' if size <= 200 else 'OVER'}"
        )


def _walk(line: Line) -> None:
    """Walk all pages some times; the last fifth of a walk must take no longer than the first, give or take."""
    walks = [_one_walk(line) for _walk in range(WALKS)]
    ratio = statistics.median(last / first for first, last, _all, _pages in walks)
    seconds = statistics.median(each for _first, _last, each, _pages in walks)
    verdict = "ok" if ratio <= 1.5 else "OVER"
    pages = walks[0][-1]
    print(
        f"walking {pages} pages: {seconds:.1f} s, last fifth against first {ratio:.2f}, limit 1.5: {verdict}"
    )


def _one_walk(line: Line) -> tuple[float, float, float, int]:
    """Return the seconds of the first fifth of the pages, of the last fifth and of all, and the number of pages."""
    path, times = f"{BASE}/connections?limit=100", []
    while path:
        started = time.perf_counter()
        answer = json.loads(line.ask("GET", path))
        times.append(time.perf_counter() - started)
        href = answer["_links"].get("next", {}).get("href")
        path = f"{BASE}{href}" if href else ""
    fifth = len(times) // 5
    return sum(times[:fifth]), sum(times[-fifth:]), sum(times), len(times)


def main() -> None:
    """Print every ratio."""
    with tempfile.TemporaryDirectory() as folder:
        _against_bare(Path(folder))
        _against_sleepers(Path(folder))
        _against_empty(Path(folder))


if __name__ == "__main__":
    main()
