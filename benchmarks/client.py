"""What the client adds to bare HTTP: the same requests to the same served Flow Service, with and without Headwater."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import requests

from benchmarks.pairs import compare, report
from headwater import Endpoint, FlowService, Secret, create_connection
from headwater.create import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH = 100
BATCHES = 10  # 1,000 connections on each side
SPEC = "ba5126ec-c9ac-11eb-b8bc-0242ac130003"
CREDENTIALS = {
    "host": "acme.custhelp.com",
    "username": "integration",
    "password": "correct-horse-battery",
}
BASE = "/data/foundation/flowservice"


@contextlib.contextmanager
def served() -> Iterator[str]:
    """Run ``headwater serve`` on a free port with a fresh store and yield its URL."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            str(Path(sys.executable).parent / "headwater"),
            "serve",
            "--port",
            "0",
        ]
        environment = {
            **os.environ,
            "HEADWATER_LOCAL_STORE": str(Path(folder) / "local.db"),
        }
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment
        ) as process:
            assert process.stdout is not None
            line = next(line for line in process.stdout if "listening on" in line)
            try:
                yield re.findall(r"http://[0-9.:]+", line)[0]
            finally:
                process.terminate()


class Bare:
    """The same requests with a plain Session and nothing else."""

    def __init__(self, url: str, org_id: str) -> None:
        self._url = url + BASE
        self._session = requests.Session()
        self._session.headers.update(
            {
                "Authorization": "Bearer token",
                "x-api-key": "benchmark",
                "x-gw-ims-org-id": org_id,
                "x-sandbox-name": "prod",
            }
        )

    def post(self, name: str) -> str:
        """Create a connection and return its id."""
        body = {
            "name": name,
            "auth": {"specName": "Basic Authentication", "params": CREDENTIALS},
            "connectionSpec": {"id": SPEC, "version": "1.0"},
        }
        answer = self._session.post(self._url + "/connections", json=body, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["id"])

    def read(self, id: str) -> None:
        """Read a connection, as proving a create does."""
        answer = self._session.get(f"{self._url}/connections/{id}", timeout=30)
        answer.raise_for_status()

    def look_up(self) -> None:
        """List the connections of the specification, page by page, as looking a name up does."""
        path: str | None = "/connections"
        parameters: dict[str, Any] | None = {
            "property": f"connectionSpec.id=={SPEC}",
            "limit": 100,
        }
        while path:
            answer = self._session.get(self._url + path, params=parameters, timeout=30)
            answer.raise_for_status()
            path, parameters = answer.json()["_links"].get("next", {}).get("href"), None

    def close(self) -> None:
        """Close the session."""
        self._session.close()


def _service(url: str, org_id: str) -> FlowService:
    return FlowService(
        Endpoint(
            url=url,
            org_id=org_id,
            sandbox="prod",
            api_key="benchmark",
            access_token=Secret("token"),
        )
    )


def _ensuring(url: str, folder: Path) -> None:
    """Every batch has an organization of its own, so that both sides look names up among as many connections.

    The bare side sends the same requests, and puts two lines on disk as the journal of creates does.
    """
    organizations = (f"batch{number}@AdobeOrg" for number in itertools.count())

    def ours() -> None:
        with _service(url, next(organizations)) as service:
            for number in range(BATCH):
                name = f"connection {number}"
                create_connection(
                    "oracle-service-cloud",
                    name=name,
                    credentials=CREDENTIALS,
                    service=service,
                    journal=Journal(folder / "journal"),
                )

    def theirs() -> None:
        with (
            contextlib.closing(Bare(url, next(organizations))) as bare,
            (folder / "lines").open("ab") as lines,
        ):
            for number in range(BATCH):
                bare.look_up()
                _write_line(lines, f"connection {number}")
                id = bare.post(f"connection {number}")
                bare.read(id)
                _write_line(lines, id)
                bare.look_up()

    ratio = compare(ours, theirs, runs=BATCHES)
    report(f"{BATCH * BATCHES} x create_connection, in batches of {BATCH}", ratio, 1.3)


def _write_line(file: BinaryIO, text: str) -> None:
    file.write(f"{text}\n".encode())
    file.flush()
    os.fsync(file.fileno())


def _posting(url: str) -> None:
    bare, service = Bare(url, "bare-post@AdobeOrg"), _service(url, "ours-post@AdobeOrg")
    payload = {
        "name": "connection",
        "auth": {
            "specName": "Basic Authentication",
            "params": {**CREDENTIALS, "password": Secret("correct-horse")},
        },
        "connectionSpec": {"id": SPEC, "version": "1.0"},
    }

    def ours() -> None:
        for _ in range(BATCH):
            service.connections.create(payload)

    def theirs() -> None:
        for _ in range(BATCH):
            bare.post("connection")

    with service, contextlib.closing(bare):
        ratio = compare(ours, theirs, runs=BATCHES)
    report(
        f"{BATCH * BATCHES} x connections.create, in batches of {BATCH}", ratio, 1.25
    )


def main() -> None:
    """Print both ratios."""
    with served() as url, tempfile.TemporaryDirectory() as folder:
        _ensuring(url, Path(folder))
        _posting(url)


if __name__ == "__main__":
    main()
