"""The service in operation: health, metrics, access log, graceful end, workers that come back."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from processes import workers_of

from headwater_local_flow_service import LocalAdapter, Settings, build_app
from headwater_local_flow_service.serving import accesslog, ports
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from collections.abc import Callable

HEADERS = {
    "Authorization": "Bearer canary-token",
    "x-api-key": "desk",
    "x-gw-ims-org-id": "ACME@AdobeOrg",
}
Served = Any


def _url(root: str, path: str = "/connections") -> str:
    return f"{root}/data/foundation/flowservice{path}"


def _until(condition: Callable[[], Any]) -> Any:
    """Wait until something is so; a test that waits for ever is stopped after a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it never was so")


def test_health_says_that_the_store_answers_and_needs_no_token(service: Any) -> None:
    talker = service()
    answer = talker.session.get(
        "http+local://embedded/health", headers={"Host": "10.1.2.3:8700"}
    )
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "version": answer.json()["version"],
        "schema": tables.VERSION,
    }


def test_health_says_that_the_store_does_not_answer(
    service: Any, tmp_path: Path
) -> None:
    talker = service()
    with closing(sqlite3.connect(tmp_path / "store" / "local.db")) as database:
        database.execute(f"DROP TABLE {tables.facts.name}")
    answer = talker.session.get("http+local://embedded/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")


def test_an_access_line_names_who_asked_and_nothing_that_was_sent(
    service: Any,
    oracle: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = build_app(
        Settings(store=service().app.store.label), outer=[accesslog.AccessLog()]
    )
    session = requests.Session()
    session.mount("http+local://", LocalAdapter(app=app))
    with caplog.at_level("INFO", logger="headwater.access"):
        url = "http+local://embedded/data/foundation/flowservice/connections"
        made = session.post(url + "?canary-query=1", json=oracle(), headers=HEADERS)
        made = session.post(
            url, json=oracle(), headers=HEADERS | {"x-request-id": "mine"}
        )
        session.get(url, headers={"Authorization": "Bearer canary-token"})
        session.get("http+local://embedded/data/foundation/flowservice/a%0A{canary}")
    app.close()
    lines = [
        json.loads(record.getMessage())
        for record in caplog.records
        if record.name == "headwater.access"
    ]
    assert [line["status"] for line in lines] == [201, 201, 403, 403]
    assert lines[1] | {"time": "", "ms": 0} == {
        "time": "",
        "request": "mine",
        "method": "POST",
        "path": "/data/foundation/flowservice/connections",
        "status": 201,
        "ms": 0,
        "client": "desk",
        "org": "ACME@AdobeOrg",
        "sandbox": "prod",
    }
    assert made.headers["x-request-id"] == "mine"
    assert lines[1]["ms"] > 0
    assert "client" not in lines[2]  # the gateway did not let it in
    text = "".join(record.getMessage() for record in caplog.records)
    for sent in ("canary-token", "canary-query", "correct-horse-battery", "\n"):
        assert sent not in text


@pytest.mark.skipif(
    sys.platform != "linux", reason="reads the worker processes from /proc"
)
def test_metrics_add_up_over_workers_and_a_killed_worker_comes_back(
    served: Served, tmp_path: Path
) -> None:
    with served(tmp_path, "--workers", "2", "--metrics-port", "0") as (process, root):
        line = process.stdout.readline()
        assert line.startswith("metrics on http://127.0.0.1:")
        metrics = line.removeprefix("metrics on ").strip()
        workers = _until(
            lambda: len(workers_of(process.pid)) >= 2 and workers_of(process.pid)
        )
        for _ in range(20):
            assert requests.get(f"{root}/health", timeout=10).status_code == 200
        _until(lambda: _sum(metrics, "granian_requests_handled") == 20)
        assert _sum(metrics, "granian_workers_spawns") == 2
        victim = next(
            worker for worker in workers if b"resource_tracker" not in _command(worker)
        )
        os.kill(victim, signal.SIGKILL)
        _until(lambda: _sum(metrics, "granian_workers_respawns_for_err") == 1)
        _until(lambda: _answers(root))


@pytest.mark.skipif(
    sys.platform != "linux", reason="reads the worker processes from /proc"
)
def test_workers_that_are_killed_as_soon_as_they_are_back_come_back(
    served: Served, tmp_path: Path
) -> None:
    with served(tmp_path, "--workers", "2") as (process, root):
        for _ in range(4):
            for worker in workers_of(process.pid):
                if b"resource_tracker" not in _command(worker):
                    os.kill(worker, signal.SIGKILL)
            _until(lambda: _answers(root))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def _command(id: int) -> bytes:
    return Path(f"/proc/{id}/cmdline").read_bytes()


def _answers(root: str) -> bool:
    try:
        return requests.get(f"{root}/health", timeout=10).status_code == 200
    except requests.RequestException:
        return False


def _sum(url: str, name: str) -> float:
    lines = requests.get(url, timeout=10).text.splitlines()
    return sum(
        float(line.split()[-1])
        for line in lines
        if line.startswith((f"{name} ", f"{name}{{"))
    )


def test_a_request_in_flight_is_finished_before_the_end(
    served: Served, tmp_path: Path, oracle: Any
) -> None:
    answers: list[requests.Response] = []
    database = tmp_path / "store" / "local.db"
    with (
        served(tmp_path, "--metrics-port", "0") as (process, root),
        closing(sqlite3.connect(database)) as other,
    ):
        metrics = process.stdout.readline().removeprefix("metrics on ").strip()
        _until(lambda: _sum(metrics, "granian_connections_active") == 0)
        # the request waits for this writer, five seconds at most
        other.execute("BEGIN IMMEDIATE")

        def create() -> None:
            answers.append(
                requests.post(_url(root), json=oracle(), headers=HEADERS, timeout=30)
            )

        request = threading.Thread(target=create)
        request.start()
        _until(lambda: _sum(metrics, "granian_connections_active") == 1)
        process.send_signal(signal.SIGTERM)
        host, port = root.removeprefix("http://").split(":")
        _until(lambda: not ports.answers(host, int(port)))
        other.rollback()
        request.join(timeout=30)
        assert process.wait(timeout=30) == 0
    assert [answer.status_code for answer in answers] == [201]
    with served(tmp_path) as (process, root):
        assert requests.get(
            _url(root, f"/connections/{answers[0].json()['id']}"),
            headers=HEADERS,
            timeout=10,
        ).ok


def test_a_settings_file_says_it_all(
    served: Served, tmp_path: Path, oracle: Any
) -> None:
    (tmp_path / "serve.toml").write_text(
        'workers = 2\naccess_log = true\nsandboxes = ["stage"]\n'
        "[strictness]\nlegacy_errors = true\ndelete_status = 202\n"
        '[[clients]]\nid = "desk"\nsecret = "env:DESK_SECRET"\norganizations = ["ACME@AdobeOrg"]\n'
    )
    with served(
        tmp_path, "--settings", str(tmp_path / "serve.toml"), DESK_SECRET="open-sesame"
    ) as (process, root):
        form = {
            "grant_type": "client_credentials",
            "client_id": "desk",
            "client_secret": "open-sesame",
        }
        token = requests.post(
            f"{root}/ims/token/v3", data=form | {"scope": "openid"}, timeout=10
        ).json()
        headers = HEADERS | {
            "Authorization": f"Bearer {token['access_token']}",
            "x-sandbox-name": "stage",
        }
        made = requests.post(_url(root), json=oracle(), headers=headers, timeout=10)
        one = _url(root, f"/connections/{made.json()['id']}")
        assert requests.delete(one, headers=headers, timeout=10).status_code == 202
        gone = requests.get(one, headers=headers, timeout=10)
        assert (gone.status_code, sorted(gone.json())) == (
            404,
            ["errorDetails", "errorMessage"],
        )
        assert requests.get(_url(root), headers=HEADERS, timeout=10).status_code == 401
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    logged = [
        json.loads(line) for line in (tmp_path / "stderr").read_text().splitlines()
    ]
    assert [line["status"] for line in logged] == [200, 201, 202, 404, 401]


@pytest.mark.parametrize("pause", [0.0, 0.05, 0.1, 0.2])
def test_workers_that_are_still_starting_stop_at_once(
    served: Served, tmp_path: Path, pause: float
) -> None:
    with served(tmp_path, "--workers", "2", "--access-log") as (process, _root):
        time.sleep(pause)  # the first one answers, the other need not yet
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0
    assert (tmp_path / "stderr").read_text() == ""


@pytest.mark.skipif(
    sys.platform != "linux", reason="reads the worker processes from /proc"
)
def test_every_line_is_json_where_the_access_log_is(
    served: Served, tmp_path: Path
) -> None:
    with served(tmp_path, "--access-log") as (process, root):
        [worker] = workers_of(process.pid)
        os.kill(worker, signal.SIGKILL)
        _until(lambda: _answers(root))
    lines = (tmp_path / "stderr").read_text().splitlines()
    logged = [json.loads(line) for line in lines]
    said = [line for line in logged if "level" in line]
    assert [line["message"] for line in said] == ["Unexpected exit from worker-1"]


def test_a_worker_that_does_not_stop_is_ended_and_that_is_said(
    served: Served, tmp_path: Path
) -> None:
    with served(tmp_path, "--access-log") as (process, _root):
        [worker] = workers_of(process.pid)
        os.kill(worker, signal.SIGSTOP)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    [line] = (tmp_path / "stderr").read_text().splitlines()
    assert "has not stopped in time" in json.loads(line)["message"]
