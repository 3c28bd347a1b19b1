"""Files sent to a worker over real sockets: on disk as they come, refused beforehand, gone where they break off.

Each bound is made small enough to be reached within seconds.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytest.importorskip("pyarrow", reason="what reads and writes Parquet is missing")

Served = Any  # the fixture `served`
CALLER = {
    "Authorization": "Bearer x",
    "x-api-key": "key",
    "x-gw-ims-org-id": "ACME@AdobeOrg",
    "x-sandbox-name": "prod",
}
BINARY = {"Content-Type": "application/octet-stream"}
# Bounds that can be reached within seconds.
PROGRAM = """
from headwater_local_flow_service.serving import uploads
uploads.WINDOW = 1
uploads._LEAST = 64_000
uploads._MOST = 45
from headwater_local_flow_service.lake import uploads as lake
lake.LARGEST_FILE = uploads._RULES[0][1]["PUT"] = 4 << 20
from headwater_local_flow_service.commands import serve
serve()
"""
LARGEST = 4 << 20


@attrs.frozen
class Site:
    """A service with one data set and one batch that is loading."""

    root: str
    session: requests.Session
    data_set: str
    batch: str
    incoming: Path

    @property
    def platform(self) -> str:
        return f"{self.root}/data/foundation"

    def path_of(self, name: str, batch: str = "") -> str:
        folder = f"/data/foundation/import/batches/{batch or self.batch}"
        return f"{folder}/datasets/{self.data_set}/files/{name}"

    def put(self, name: str, content: Any, **rest: Any) -> requests.Response:
        return self.session.put(
            self.root + self.path_of(name), data=content, headers=BINARY, **rest
        )

    def spooled(self) -> list[str]:
        """Return the files that are on their way."""
        if not self.incoming.is_dir():
            return []
        return [path.name for path in self.incoming.iterdir()]

    def settle(self, count: int = 0) -> None:
        """Wait until so many files are on their way."""
        until = time.monotonic() + 15
        while len(self.spooled()) != count:
            assert time.monotonic() < until, self.spooled()
            time.sleep(0.02)

    def open(self, name: str, *headers: str, body: bytes = b"", batch: str = "") -> socket.socket:  # fmt: skip
        """Begin an upload by hand."""
        host, port = self.root.removeprefix("http://").split(":")
        line = socket.create_connection((host, int(port)), timeout=30)
        head = [f"PUT {self.path_of(name, batch)} HTTP/1.1", "Host: localhost"]
        head += [f"{name}: {value}" for name, value in (CALLER | BINARY).items()]
        line.sendall("\r\n".join([*head, *headers, "", ""]).encode() + body)
        return line


@pytest.fixture(scope="module")
def site(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("uploads")
    with served(folder, program=PROGRAM) as (_process, root):
        session = requests.Session()
        session.trust_env = False
        session.headers.update(CALLER)
        platform = f"{root}/data/foundation"
        schema = {
            "title": "t",
            "type": "object",
            "allOf": [{"$ref": "https://ns.adobe.com/xdm/data/adhoc"}],
            "properties": {"id": {"type": "string"}},
        }
        made = session.post(f"{platform}/schemaregistry/tenant/schemas", json=schema)
        body = {"name": "d", "schemaRef": {"id": made.json()["$id"]}}
        [reference] = session.post(f"{platform}/catalog/dataSets", json=body).json()
        data_set = reference.rpartition("/")[2]
        body = {"datasetId": data_set, "inputFormat": {"format": "json"}}
        batch = session.post(f"{platform}/import/batches", json=body).json()["id"]
        incoming = folder / "store" / "local.db-lake" / ".incoming"
        yield Site(root, session, data_set, batch, incoming)


@pytest.fixture
def lines() -> Iterator[Callable[[socket.socket], socket.socket]]:
    """Return a function that keeps a connection, to be closed in the end."""
    kept: list[socket.socket] = []

    def keep(line: socket.socket) -> socket.socket:
        kept.append(line)
        return line

    yield keep
    for line in kept:
        line.close()


def _status(line: socket.socket) -> int:
    return int(line.makefile("rb").readline().split()[1])


def test_files_of_any_framing_are_taken(site: Site) -> None:
    assert site.put("a.json", b"{}").status_code == 201
    assert site.put("a.json", iter([b"{", b"}"])).status_code == 200
    assert site.put("empty.json", b"").status_code == 201
    site.settle()


def test_the_largest_file_is_taken_and_a_larger_one_refused_in_either_framing(
    site: Site,
) -> None:
    assert site.put("large.json", bytes(LARGEST)).status_code == 201
    answer = site.put("larger.json", bytes(LARGEST + 1))
    assert answer.status_code == 413
    assert "action=INITIALIZE" in answer.json()["message"]
    pieces = iter([bytes(1 << 20)] * 5)
    assert site.put("larger.json", pieces).status_code == 413
    site.settle()


def test_who_asks_before_sending_is_told_to_go_on(site: Site, lines: Any) -> None:
    expecting = ("Expect: 100-continue", "Content-Length: 2")
    line = lines(site.open("asked.json", *expecting))
    answers = line.makefile("rb")
    assert answers.readline().split()[1] == b"100"
    answers.readline()
    line.sendall(b"{}")
    assert answers.readline().split()[1] == b"201"


def test_who_may_not_send_is_refused_before_a_byte_of_the_body(
    site: Site, lines: Any
) -> None:
    expecting = ("Expect: 100-continue", "Content-Length: 1000000")
    assert _status(lines(site.open("a", *expecting, batch="none"))) == 404
    too_large = ("Expect: 100-continue", "Content-Length: 999999999999")
    assert _status(lines(site.open("a", *too_large))) == 413
    answer = site.session.put(
        site.root + site.path_of("a"),
        data=bytes(1 << 20),
        headers=BINARY | {"Authorization": ""},
    )
    assert answer.status_code in (401, 403)
    assert site.spooled() == []


def test_a_file_that_breaks_off_leaves_nothing(site: Site, lines: Any) -> None:
    for framing in ("Content-Length: 3000000", "Transfer-Encoding: chunked"):
        line = lines(site.open("broken.json", framing, body=b"fffff\r\n" + b"x" * 9999))
        site.settle(1)
        line.close()
        site.settle()
    found = site.session.head(site.root + site.path_of("broken.json"))
    assert found.status_code == 404


def test_a_file_that_comes_too_slowly_is_given_up(site: Site, lines: Any) -> None:
    line = lines(site.open("slow.json", "Content-Length: 3000000", body=b"x"))
    began = time.monotonic()
    assert _status(line) == 408
    assert time.monotonic() - began < 10
    site.settle()


def test_one_that_keeps_its_pace_has_no_deadline(site: Site, lines: Any) -> None:
    size = 400_000
    line = lines(site.open("steady.json", f"Content-Length: {size}"))
    for _piece in range(10):
        line.sendall(bytes(size // 10))
        time.sleep(0.25)
    assert _status(line) == 201


def test_forty_slow_files_delay_nobody(site: Site, lines: Any) -> None:
    over = threading.Event()
    slow = [
        lines(site.open(f"slow{n}.json", "Content-Length: 3000000")) for n in range(40)
    ]

    def drip() -> None:
        while not over.wait(0.3):
            for line in slow:
                try:
                    line.sendall(bytes(40_000))
                except OSError:
                    return

    site.settle(40)
    threading.Thread(target=drip, daemon=True).start()
    times = []
    for number in range(30):
        began = time.monotonic()
        found = site.session.get(f"{site.platform}/catalog/batches/{site.batch}")
        assert found.status_code == 200
        if number % 10 == 0:
            assert site.put(f"quick{number}.json", b"{}").status_code == 201
        times.append(time.monotonic() - began)
    over.set()
    assert sorted(times)[15] < 0.2, sorted(times)
    for line in slow:
        line.close()
    site.settle()


def test_more_files_at_once_than_may_are_told_when_to_come_again(
    site: Site, lines: Any
) -> None:
    for number in range(45):
        lines(site.open(f"many{number}.json", "Content-Length: 3000000", body=b"x"))
    site.settle(45)
    answer = site.put("one-more.json", b"{}")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_file_is_never_whole_in_memory(served: Served, tmp_path: Path) -> None:
    import subprocess

    with served(tmp_path) as (process, root):
        session = requests.Session()
        session.trust_env = False
        session.headers.update(CALLER)
        platform = f"{root}/data/foundation"
        schema = {
            "title": "t",
            "type": "object",
            "allOf": [{"$ref": "https://ns.adobe.com/xdm/data/adhoc"}],
        }
        made = session.post(f"{platform}/schemaregistry/tenant/schemas", json=schema)
        body = {"name": "d", "schemaRef": {"id": made.json()["$id"]}}
        [reference] = session.post(f"{platform}/catalog/dataSets", json=body).json()
        data_set = reference.rpartition("/")[2]
        batch = session.post(
            f"{platform}/import/batches",
            json={"datasetId": data_set, "inputFormat": {"format": "json"}},
        ).json()["id"]
        url = f"{platform}/import/batches/{batch}/datasets/{data_set}/files"
        session.put(f"{url}/first", data=b"{}", headers=BINARY)
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(process.pid)],
            capture_output=True,
            text=True,
            check=True,
        )
        worker = int(listed.stdout.split()[0])
        before = _peak(worker)
        pieces = (bytes(1 << 20) for _piece in range(128))
        assert (
            session.put(f"{url}/large", data=pieces, headers=BINARY).status_code == 201
        )
        assert _peak(worker) - before < 24 << 10


def _peak(process: int) -> int:
    """Return the most memory that a process has had, in KiB."""
    from pathlib import Path

    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    raise AssertionError
