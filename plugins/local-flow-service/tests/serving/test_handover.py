"""Workers get their settings and no other process does: not through the environment, and not on a command line."""

from __future__ import annotations

import base64
import multiprocessing
import os
import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from headwater.secret import Secret
from headwater_local_flow_service import Client, Settings, Strictness
from headwater_local_flow_service.serving import handover

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = base64.b64encode(b"k" * 32).decode()
CANARIES = (KEY, "canary-secret-1", "canary-former-2")


def _settings(tmp_path: Path) -> Settings:
    return Settings(
        store="x",
        key=Secret("k"),
        key_file=tmp_path / "key",
        clients=[
            Client(
                id="a",
                secret=Secret("s"),
                former_secret=Secret("f"),
                organizations=["ACME@AdobeOrg"],
            ),
            Client(id="b", secret=Secret("t"), organizations=["ACME@AdobeOrg"]),
        ],
        strictness=Strictness.strict(),
        sandboxes=["one"],
        hosts=["h"],
        proxies=["127.0.0.1"],
        largest_body=5,
    )


def test_workers_get_the_same_settings(tmp_path: Path) -> None:
    given = _settings(tmp_path)
    handover.hand_over(given, access_log=True)
    carried = pickle.loads(pickle.dumps(handover.loader()))
    assert carried.settings == given
    assert (carried.access_log, carried.parent) == (True, os.getpid())
    for name in "secret", "former_secret":
        for client in carried.settings.clients:
            assert isinstance(getattr(client, name), (Secret, type(None)))
    assert "canary" not in repr(
        handover.Handover(
            settings=Settings(store="x", key=Secret("canary")),
            access_log=False,
            parent=1,
        )
    )


def _find(loader: Callable[[str], Any], found: Any) -> None:
    loader("time:monotonic")
    found.put((handover.take_over().clients[1].secret.reveal(), _environment()))


def _environment() -> str:
    path = Path("/proc/self/environ")
    return path.read_text() if path.exists() else repr(os.environ)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_worker_started_either_way_has_them_and_its_environment_has_not(
    tmp_path: Path, method: str
) -> None:
    handover.hand_over(_settings(tmp_path))
    context: Any = multiprocessing.get_context(method)
    found = context.Queue()
    worker = context.Process(target=_find, args=(handover.loader(), found))
    worker.start()
    secret, environment = found.get(timeout=60)
    worker.join(60)
    assert secret == "t"
    assert "AdobeOrg" not in environment


def test_variables_that_hold_a_secret_are_wiped_and_others_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANYTHING", "canary-secret-1\n")
    monkeypatch.setenv("SOMETHING", "canary-secret-12")
    client = Client(
        id="a", secret=Secret("canary-secret-1"), organizations=["A@AdobeOrg"]
    )
    handover.hand_over(Settings(store="x", clients=[client]))
    assert "ANYTHING" not in os.environ
    assert os.environ["SOMETHING"] == "canary-secret-12"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_process_of_a_service_shows_a_secret(
    served: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "serve.toml"
    file.write_text(
        "workers = 2\n"
        '[[clients]]\nid = "desk"\nsecret = "env:DESK"\nformer_secret = "env:FORMER"\n'
        'organizations = ["ACME@AdobeOrg"]\n'
    )
    variables = {
        "HEADWATER_LOCAL_KEY": KEY,
        "DESK": "canary-secret-1",
        "FORMER": "canary-former-2",
        "HEADWATER_UNRELATED": "stays",
    }
    with served(tmp_path, "--settings", str(file), **variables) as (process, root):
        family = _family(process.pid)
        assert len(family) >= 3, "a parent and two workers"
        for pid in family:
            shown = _read(pid, "environ") + _read(pid, "cmdline")
            assert "stays" in shown
            assert [canary for canary in CANARIES if canary in shown] == []
        form = {
            "grant_type": "client_credentials",
            "client_id": "desk",
            "client_secret": "canary-former-2",
            "scope": "openid",
        }
        answer = requests.post(f"{root}/ims/token/v3", data=form, timeout=10)
        assert answer.status_code == 200, answer.text
        refused = [
            requests.post(
                f"{root}/ims/token/v3", data=form | {"client_secret": "x"}, timeout=10
            ).status_code
            for _ in range(60)  # each of the two workers counts by itself
        ]
        assert refused[0] == 401
        assert 429 in refused
    assert (
        "a token was refused: desk, from 127.0.0.1\n"
        in (tmp_path / "stderr").read_text()
    )


def _family(pid: int) -> list[int]:
    """Return a process and its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = [pid]
    for child in children:
        found += _family(int(child))
    return found


def _read(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_bytes().decode(errors="replace")
