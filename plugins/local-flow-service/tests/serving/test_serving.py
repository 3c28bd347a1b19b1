"""``headwater serve`` for real: a process, a port, a signal."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from headwater.errors import InvalidInput, Unreachable
from headwater_local_flow_service import Settings
from headwater_local_flow_service.serving import clients, options, ports, serving

if TYPE_CHECKING:
    from pathlib import Path

Served = Any  # the fixture `served`
HEADERS = {
    "Authorization": "Bearer x",
    "x-api-key": "key",
    "x-gw-ims-org-id": "ACME@AdobeOrg",
}


def _url(root: str, path: str) -> str:
    return f"{root}/data/foundation/flowservice{path}"


def test_what_was_acknowledged_survives_a_kill(
    served: Served, tmp_path: Path, oracle: Any
) -> None:
    with served(tmp_path) as (process, root):
        made = requests.post(
            _url(root, "/connections/"), json=oracle(), headers=HEADERS, timeout=10
        )
        assert made.status_code == 201
        os.killpg(process.pid, signal.SIGKILL)
    with served(tmp_path) as (process, root):
        answer = requests.get(
            _url(root, f"/connections/{made.json()['id']}"), headers=HEADERS, timeout=10
        )
        assert answer.json()["items"][0]["etag"] == made.json()["etag"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_workers_end_when_their_parent_is_killed(
    served: Served, tmp_path: Path
) -> None:
    with served(tmp_path, "--workers", "2") as (process, root):
        process.kill()
        process.wait(timeout=30)
        host, port = root.removeprefix("http://").split(":")
        deadline = time.monotonic() + 30
        while ports.answers(host, int(port)) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not ports.answers(host, int(port))


def test_clients_fetch_tokens_and_nothing_secret_is_logged(
    served: Served, tmp_path: Path, oracle: Any
) -> None:
    options = (
        "--strict",
        "--client",
        "desk=ACME@AdobeOrg",
        "--sandbox",
        "stage",
        "--access-log",
    )
    with served(tmp_path, *options, HEADWATER_SERVE_CLIENT_SECRET="open-sesame") as (
        process,
        root,
    ):
        form = {
            "grant_type": "client_credentials",
            "client_id": "desk",
            "client_secret": "open-sesame",
            "scope": "openid",
        }
        token = requests.post(f"{root}/ims/token/v3", params=form, timeout=10).json()[
            "access_token"
        ]
        headers = HEADERS | {
            "Authorization": f"Bearer {token}",
            "x-api-key": "desk",
            "x-sandbox-name": "stage",
        }
        made = requests.post(
            _url(root, "/connections"), json=oracle(), headers=headers, timeout=10
        )
        assert made.status_code == 201
        assert (
            requests.get(
                _url(root, "/connections"), headers=HEADERS, timeout=10
            ).status_code
            == 401
        )
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    logged = (tmp_path / "stderr").read_text()
    lines = [json.loads(line) for line in logged.splitlines()]
    seen = [
        (line["method"], line["path"], line["status"], line.get("client"))
        for line in lines
    ]
    assert ("POST", "/ims/token/v3", 200, None) in seen
    assert ("POST", "/data/foundation/flowservice/connections", 201, "desk") in seen
    for secret in ("open-sesame", token, "correct-horse-battery"):
        assert secret not in logged


@pytest.mark.parametrize("signal_sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_of_the_whole_group_ends_it_in_peace(
    served: Served, tmp_path: Path, signal_sent: signal.Signals
) -> None:
    with served(tmp_path, "--host", "localhost", shown="localhost") as (process, _root):
        os.killpg(process.pid, signal_sent)
        assert process.wait(timeout=30) == 0
    assert (
        tmp_path / "stderr"
    ).read_text() == ""  # granian says when it had to kill a worker


def test_a_name_that_leads_nowhere_is_said(tmp_path: Path) -> None:
    settings = Settings(store=str(tmp_path / "a.db"))
    with pytest.raises(Unreachable, match="cannot be resolved"):
        serving.run(
            settings, options.Listening(host="nowhere.invalid", port=0), tell=print
        )


def test_a_taken_port_is_said_and_nothing_is_made(
    served: Served, tmp_path: Path
) -> None:
    with served(tmp_path) as (_process, root):
        port = int(root.rsplit(":", 1)[1])
        settings = Settings(store=str(tmp_path / "second" / "local.db"))
        with pytest.raises(Unreachable, match=f"port {port}") as raised:
            serving.run(settings, options.Listening(port=port), tell=print)
        assert "--port" in raised.value.remedy
        assert not (tmp_path / "second").exists()


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.0.2.1", "desk.example", "localhost.example"]
)
def test_it_stays_on_this_machine_without_clients(host: str) -> None:
    with pytest.raises(InvalidInput, match="no client is configured"):
        options.settings_for(host=host)


def test_off_loopback_it_answers_to_the_names_it_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(clients.SECRET_VARIABLE, "s")
    settings = options.settings_for(
        host="192.0.2.1", clients=["desk=ACME@AdobeOrg"], names=["Flow.Example"]
    )
    assert settings.hosts == ("192.0.2.1", "flow.example")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"]
)
def test_on_loopback_it_answers_to_its_usual_names(host: str) -> None:
    assert set(options.settings_for(host=host).hosts) >= {
        "localhost",
        "127.0.0.1",
        "::1",
        host.strip("[]"),
    }


def test_a_client_needs_a_secret_and_no_secret_is_taken_from_the_command_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="not its secret"):
        options.settings_for(host="127.0.0.1", clients=["desk"])
    for plain in ("desk=open-sesame", "desk=literal:open-sesame", "open-sesame"):
        with pytest.raises(InvalidInput) as raised:
            options.settings_for(host="127.0.0.1", clients=["desk"], secrets=[plain])
        assert "open-sesame" not in str(raised.value)
    with pytest.raises(InvalidInput, match="no --client names"):
        options.settings_for(
            host="127.0.0.1", clients=["desk"], secrets=["other=env:PATH"]
        )
    monkeypatch.setenv(clients.SECRET_VARIABLE, "from-the-environment")
    for none in ("desk", "desk=", "desk=,"):
        with pytest.raises(InvalidInput, match="no organizations"):
            options.settings_for(host="127.0.0.1", clients=[none])
    (tmp_path / "secret").write_text("from-a-file\n")
    given: dict[str, Any] = {
        "clients": ["a=X@AdobeOrg,Y@AdobeOrg", "b=Z@AdobeOrg"],
        "secrets": [f"a=file:{tmp_path}/secret"],
    }
    first, second = options.settings_for(host="127.0.0.1", **given).clients
    assert (first.secret.reveal(), first.organizations) == (
        "from-a-file",
        ("X@AdobeOrg", "Y@AdobeOrg"),
    )
    assert (second.secret.reveal(), second.organizations) == (
        "from-the-environment",
        ("Z@AdobeOrg",),
    )
