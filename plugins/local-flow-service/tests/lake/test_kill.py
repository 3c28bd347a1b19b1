"""Workers killed while they take and promote batches: no half-stored batch, and no row twice."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from processes import workers_of

if TYPE_CHECKING:
    from pathlib import Path

LONG = bool(os.environ.get("HEADWATER_TEST_FULL"))
BATCHES = 40 if LONG else 8
KILLS = 25 if LONG else 5
ROWS = 2_000
HEADERS = {
    "Authorization": "Bearer x",
    "x-api-key": "key",
    "x-gw-ims-org-id": "ACME@AdobeOrg",
    "x-sandbox-name": "prod",
}
# Leases of a second: whoever goes on need not be waited for.
PROGRAM = """
from headwater_local_flow_service.lake import promoter
promoter.LEASE_SECONDS = 1.0
promoter.LOOK_SECONDS = 0.3
promoter.RETRY_SECONDS = 0.3
promoter.MOST_ATTEMPTS = 1000
from headwater_local_flow_service.commands import serve
serve()
"""


class Patient:
    """A client that asks again where a worker was killed under it."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update(HEADERS)

    def send(self, method: str, url: str, **rest: Any) -> requests.Response:
        headers = rest.pop("headers", None)
        until = time.monotonic() + 60
        while True:
            with contextlib.suppress(requests.RequestException):
                answer = self.session.request(
                    method, url, headers=headers, timeout=30, **rest
                )
                if answer.status_code < 500:
                    return answer
            assert time.monotonic() < until, "the service does not come back"
            time.sleep(0.05)

    def get(self, url: str, **rest: Any) -> requests.Response:
        return self.send("GET", url, **rest)

    def post(self, url: str, **rest: Any) -> requests.Response:
        return self.send("POST", url, **rest)


def test_killed_workers_leave_every_batch_whole_and_no_row_twice(
    served: Any, tmp_path: Path, desk_of: Any, lines: Any
) -> None:
    pytest.importorskip("pyarrow", reason="what reads and writes Parquet is missing")
    with served(tmp_path, "--workers", "2", program=PROGRAM) as (process, root):
        desk = desk_of(Patient(), root)
        over = threading.Event()

        def kill() -> None:
            for _kill in range(KILLS):
                if over.wait(random.uniform(0.2, 0.7)):
                    return
                for worker in workers_of(process.pid)[:1]:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(worker, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        batches = []
        for number in range(BATCHES):
            batch = desk.create()["id"]
            content = lines(
                [{"id": f"{number}-{row}", "n": row} for row in range(ROWS)]
            )
            assert desk.put(batch, "rows.json", content).status_code in (200, 201)
            assert desk.act(batch, "COMPLETE").status_code == 200
            batches.append(batch)
        killer.join()
        over.set()
        found = [desk.wait(batch, seconds=90) for batch in batches]
        assert [batch["status"] for batch in found] == ["success"] * BATCHES
        files = {}
        for batch in batches:
            listed = desk.talker.get(f"{desk.exports}/batches/{batch}/files").json()
            files[batch] = [int(file["records"]) for file in listed["data"]]
        assert all(sum(records) == ROWS for records in files.values()), files
        assert _ids(tmp_path) == BATCHES * ROWS


def _ids(folder: Path) -> int:
    """Return how many rows there are in the files that rows of the store name, each once."""
    import sqlite3

    from pyarrow import parquet

    lake = folder / "store" / "local.db-lake"
    with contextlib.closing(sqlite3.connect(folder / "store" / "local.db")) as store:
        keys = store.execute(
            "SELECT key FROM headwater_batch_files WHERE role = 'output'"
        ).fetchall()
    ids: list[str] = []
    for (key,) in keys:
        [path] = lake.glob(f"*/{key}")
        ids += parquet.read_table(path, columns=["id"])["id"].to_pylist()
    assert len(set(ids)) == len(ids)
    return len(ids)
