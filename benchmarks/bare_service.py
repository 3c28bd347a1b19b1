"""The other side of `benchmarks.service`: the same front and Falcon, and one sqlite3 statement for each request.

No checks, no encryption, no audit, no error bodies: what serving and storing cost at the least.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
import uuid
from typing import Any

import falcon

from headwater_local_flow_service import Settings
from headwater_local_flow_service.serving import serving
from headwater_local_flow_service.serving.front import Front

STORE = "BENCHMARK_STORE"
_local = threading.local()


def serve(port: int) -> None:
    """Serve until terminated, as `headwater serve` does."""
    serving.build_server(
        "benchmarks.bare_service:application", "127.0.0.1", port
    ).serve()


def application() -> Front:
    """Return the application of one worker, behind the front of the service."""
    app: falcon.App[Any, Any] = falcon.App()
    app.add_route("/connections", _Rows())
    app.add_route("/connections/{id}", _Row())
    return Front(app, Settings(store=os.environ[STORE]))


class _Rows:
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        document = req.bounded_stream.read().decode()
        id = str(uuid.uuid4())
        row = {**_ROW, "id": id, "document": document}
        columns = ", ".join(row)
        database = _database()
        database.execute("BEGIN IMMEDIATE")
        database.execute(
            f"INSERT INTO headwater_connections ({columns}) VALUES ({', '.join('?' * len(row))})",
            tuple(row.values()),
        )
        database.execute("COMMIT")
        resp.status = falcon.HTTP_201
        resp.media = {"id": id}


class _Row:
    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:  # noqa: ARG002
        [document] = (
            _database()
            .execute("SELECT document FROM headwater_connections WHERE id = ?", (id,))
            .fetchone()
        )
        resp.media = {"items": [json.loads(document)]}


_ROW = {
    "org": "ACME@AdobeOrg",
    "sandbox": "prod",
    "name": "connection",
    "spec_id": "ba5126ec-c9ac-11eb-b8bc-0242ac130003",
    "state": "enabled",
    "etag": '"6802064a-0000-0200-0000-6387c6b90000"',
    "created_at": 1668637963851,
    "updated_at": 1668637963851,
    "created_by": "benchmark",
    "updated_by": "benchmark",
    "secrets": bytes(120),
}


def _database() -> sqlite3.Connection:
    if not hasattr(_local, "database"):
        _local.database = sqlite3.connect(
            os.environ[STORE], isolation_level=None, timeout=5
        )
        for pragma in (
            "busy_timeout = 5000",
            "journal_mode = WAL",
            "synchronous = FULL",
        ):
            _local.database.execute(f"PRAGMA {pragma}")
    database: sqlite3.Connection = _local.database
    return database


if __name__ == "__main__":
    serve(int(sys.argv[1]))
