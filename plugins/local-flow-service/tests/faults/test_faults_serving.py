"""``headwater serve --faults FILE`` for real, and what is refused before it listens."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import requests

from headwater.errors import InvalidInput, Unreachable
from headwater_local_flow_service import Settings
from headwater_local_flow_service.app import build_app
from headwater_local_flow_service.faults import Faults, FaultServer, Plan, serving
from headwater_local_flow_service.faults.rules import BASE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PROGRAM = "from headwater_local_flow_service.commands import serve; serve()"
HEADERS = {
    "Authorization": "Bearer x",
    "x-api-key": "key",
    "x-gw-ims-org-id": "ACME@AdobeOrg",
}
INLET = "c0ffee00" * 8
RULES = '[[rules]]\nfault = "commit-then-reset"\nmethod = "POST"\npath = "/connections"\ntimes = 1\n'


@contextmanager
def _served(
    tmp_path: Path, *options: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    (tmp_path / "faults.toml").write_text(RULES)
    store = ("--store", str(tmp_path / "store" / "local.db"))
    with (tmp_path / "stderr").open("w") as errors:
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                PROGRAM,
                "--port",
                "0",
                *store,
                "--faults",
                str(tmp_path / "faults.toml"),
                *options,
            ],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ,
        )
    try:
        assert process.stdout is not None
        found = re.fullmatch(
            r"listening on (http://\S+) \(store .*\)\n", process.stdout.readline()
        )
        assert found, (tmp_path / "stderr").read_text()
        assert (
            process.stdout.readline()
            == f"failing on purpose: 1 rules, to be replaced with PUT {found[1]}/_faults\n"
        )
        yield process, found[1]
    finally:
        process.kill()
        process.communicate(timeout=30)


@pytest.mark.parametrize("signal_sent", [signal.SIGINT, signal.SIGTERM])
def test_the_command_fails_as_told_logs_it_and_stops_in_peace(
    tmp_path: Path, oracle: Callable[..., Any], signal_sent: signal.Signals
) -> None:
    with _served(tmp_path, "--access-log") as (process, root):
        url = f"{root}{BASE}/connections"
        with pytest.raises(requests.ConnectionError):
            requests.post(url, json=oracle(), headers=HEADERS, timeout=10)
        assert (
            len(
                requests.get(
                    url, headers=HEADERS, params={"limit": "7"}, timeout=10
                ).json()["items"]
            )
            == 1
        )
        for path in ("/collection/", "/collection/batch/", "/collectio%6e/"):
            requests.post(f"{root}{path}{INLET}", json={}, timeout=10)
        requests.put(f"{root}/_faults", json={"rules": [{"fault": "hang"}]}, timeout=10)
        with pytest.raises(requests.ReadTimeout):
            requests.get(url, headers=HEADERS, timeout=0.2)
        process.send_signal(signal_sent)
        assert process.wait(timeout=30) == 0
    logged = (tmp_path / "stderr").read_text()
    assert f'"POST {BASE}/connections" - ' in logged
    assert "fault commit-then-reset" in logged
    assert "limit" not in logged
    assert logged.count(f"{INLET[:8]}...") == 3
    assert INLET not in logged
    assert "correct-horse" not in logged


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "desk.example"])
def test_it_never_leaves_this_machine(tmp_path: Path, host: str) -> None:
    with pytest.raises(InvalidInput, match="this machine only") as raised:
        serving.plan_for(tmp_path / "missing.toml", host=host, workers=1)
    assert "--faults" in raised.value.remedy
    with pytest.raises(InvalidInput, match="this machine only"):
        FaultServer(lambda _environ, _start: [], Faults(), host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_it_listens_on_every_address_of_this_machine(tmp_path: Path, host: str) -> None:
    if host == "::1" and not _has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    app = build_app(Settings(store=str(tmp_path / "local.db")))
    with FaultServer(app, Faults(), host=host) as server:
        assert (
            requests.get(
                f"{server.url}{BASE}/connections", headers=HEADERS, timeout=10
            ).status_code
            == 200
        )
    app.close()


def test_several_processes_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="one process"):
        serving.plan_for(tmp_path / "missing.toml", host="127.0.0.1", workers=2)
    with pytest.raises(InvalidInput, match="there is no file"):
        serving.plan_for(tmp_path / "missing.toml", host="127.0.0.1", workers=1)


def test_a_taken_port_is_said_and_the_store_is_let_go(tmp_path: Path) -> None:
    settings = Settings(store=str(tmp_path / "local.db"))
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(
            Unreachable, match=f"cannot listen on 127.0.0.1 port {port}"
        ) as raised:
            serving.run(
                settings,
                Plan(),
                host="127.0.0.1",
                port=port,
                access_log=False,
                tell=print,
            )
    assert "--port" in raised.value.remedy


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True
