"""An object store of a test's own: moto's server, started on a free port. Skips where it cannot be installed."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import attrs
import pytest
import requests
from outside.parts import python_with
from servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "headwater-test"


@attrs.frozen
class ObjectStore:
    """A server that speaks S3, and what obstore must be told to reach it."""

    process: subprocess.Popen[bytes]
    endpoint: str

    @property
    def options(self) -> dict[str, str]:
        return {
            "endpoint": self.endpoint,
            "access_key_id": "test",
            "secret_access_key": "not-a-real-secret",
            "region": "us-east-1",
        }

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def running() -> Iterator[ObjectStore]:
    """Run a server with one empty bucket."""
    pytest.importorskip("obstore", reason="files in an object store need obstore")
    python = python_with("moto[server]>=5,<6")
    port = free_port()
    process = subprocess.Popen(
        [python, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    store = ObjectStore(process, f"http://127.0.0.1:{port}")
    try:
        _make_bucket(store)
        yield store
    finally:
        store.stop()


def _make_bucket(store: ObjectStore) -> None:
    until = time.monotonic() + 60
    session = requests.Session()
    session.trust_env = False
    while True:
        with suppress(requests.RequestException):
            session.put(f"{store.endpoint}/{BUCKET}", timeout=5).raise_for_status()
            return
        assert time.monotonic() < until, "moto's server does not answer"
        time.sleep(0.1)
