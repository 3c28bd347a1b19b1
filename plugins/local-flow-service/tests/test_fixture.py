"""The fixture ``flow_service``: what any project gets, and that it costs nothing until it is asked for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

import headwater
from headwater.errors import InvalidInput, NotAuthenticated, Unavailable
from headwater.secret import Secret
from headwater_local_flow_service import Client, Strictness
from headwater_local_flow_service.faults import Plan
from headwater_local_flow_service.faults.kinds import KINDS
from headwater_local_flow_service.faults.rules import BASE
from headwater_local_flow_service.testing import LocalFlowService

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = (Path(__file__).parents[3] / "docs" / "test-without-aep.md").read_text(
    encoding="utf-8"
)
CREDENTIALS = {
    "host": "acme.custhelp.com",
    "username": "integration",
    "password": "correct-horse-battery",
}
CLIENTS = (
    Client(id="desk", secret=Secret("open-sesame"), organizations=("DESK@AdobeOrg",)),
)


def _create(
    service: LocalFlowService, name: str = "Desk", **options: Any
) -> headwater.Created:
    return headwater.create_connection(
        "oracle-service-cloud",
        name=name,
        credentials=CREDENTIALS,
        service=service.client,
        **options,
    )


@pytest.mark.parametrize("_round", [1, 2])
def test_each_test_gets_a_service_of_its_own(
    flow_service: LocalFlowService, _round: int
) -> None:
    assert list(flow_service.client.connections.list()) == []
    assert _create(flow_service).created


def test_one_service_is_reached_in_every_way(flow_service: LocalFlowService) -> None:
    made = _create(flow_service)
    inside, outside = flow_service.api, flow_service.serve() + BASE
    for base in (inside, outside):
        answer = flow_service.session().get(f"{base}/connections/{made.id}")
        assert answer.json()["items"][0]["name"] == "Desk"
        with flow_service.connect(base.removesuffix(BASE)) as client:
            assert client.connections.get(made.id).name == "Desk"
    assert requests.get(
        f"{outside}/connections", headers=flow_service.headers, timeout=10
    ).json()["items"]
    assert flow_service.serve() + BASE == outside


def test_another_process_finds_it_through_its_environment(
    flow_service: LocalFlowService,
) -> None:
    made = _create(flow_service)
    program = "import headwater; print([c.id for c in headwater.connect().connections.list()])"
    others = {"HEADWATER_PROFILE": "mine", "HEADWATER_CLIENT_ID": "of-this-machine"}
    environ = os.environ | others | flow_service.env
    shown = subprocess.run(
        [sys.executable, "-c", program],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == f"['{made.id}']\n"


def test_faults_strike_the_client_and_are_counted(
    flow_service: LocalFlowService,
) -> None:
    flow_service.faults({"fault": "commit-then-reset", "method": "POST", "times": 1})
    made = _create(flow_service)
    assert flow_service.struck == (1,)
    flow_service.faults({"fault": "5xx"})
    with pytest.raises(Unavailable):
        flow_service.client.connections.get(made.id)
    flow_service.faults()
    assert [connection.id for connection in flow_service.client.connections.list()] == [
        made.id
    ]
    with pytest.raises(InvalidInput, match="rule 1: fault must be"):
        flow_service.faults({"fault": "explode"})


def test_it_starts_strict(flow_service: LocalFlowService) -> None:
    assert flow_service.settings.strictness == Strictness.strict()
    headers = {
        name: value
        for name, value in flow_service.headers.items()
        if name != "x-sandbox-name"
    }
    answer = requests.get(
        f"{flow_service.serve()}{BASE}/connections", headers=headers, timeout=10
    )
    assert answer.json()["type"].endswith("FLOW-2105-400")


class TestSettings:
    """A marker on a class, one on its test, and an overridden fixture; the nearest wins."""

    pytestmark = pytest.mark.flow_service(strict=False, sandboxes=("prod", "stage"))

    @pytest.fixture
    def flow_service_settings(self) -> dict[str, Any]:
        return {"strict": True, "largest_body": 5000}

    @pytest.mark.flow_service(sandboxes=("prod", "test"))
    def test_markers_and_the_fixture_are_put_together(
        self, flow_service: LocalFlowService
    ) -> None:
        settings = flow_service.settings
        assert settings.strictness == Strictness()
        assert settings.sandboxes == ("prod", "test")
        assert settings.largest_body == 5000
        assert _create(flow_service).created


@pytest.mark.flow_service(clients=CLIENTS)
def test_with_clients_everything_acts_as_the_first_one(
    flow_service: LocalFlowService,
) -> None:
    made = _create(flow_service)
    assert flow_service.endpoint.org_id == "DESK@AdobeOrg"
    answer = flow_service.session().get(f"{flow_service.serve()}{BASE}/connections")
    assert [item["id"] for item in answer.json()["items"]] == [made.id]
    assert flow_service.env["HEADWATER_CLIENT_SECRET"] == "open-sesame"
    flow_service.faults({"fault": "expired-token", "path": "/connections"})
    with pytest.raises(NotAuthenticated):
        list(flow_service.client.connections.list())


@pytest.mark.flow_service(clients=CLIENTS)
def test_a_token_that_expires_once_is_renewed(flow_service: LocalFlowService) -> None:
    flow_service.faults({"fault": "expired-token", "path": "/connections", "times": 1})
    assert list(flow_service.client.connections.list()) == []
    assert flow_service.struck == (1,)


def test_two_services_beside_each_other_share_nothing(
    flow_service: LocalFlowService, tmp_path: Path
) -> None:
    _create(flow_service)
    with LocalFlowService(tmp_path / "second") as second:
        assert second.url != flow_service.url
        assert list(second.client.connections.list()) == []
        flow_service.faults({"fault": "429"})
        assert _create(second).created


def test_closing_leaves_no_thread_and_no_port(tmp_path: Path) -> None:
    with LocalFlowService(str(tmp_path / "own")) as service:
        url = service.serve()
        assert (
            requests.get(
                f"{url}{BASE}/connections", headers=service.headers, timeout=10
            ).status_code
            == 200
        )
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)


def _run(tmp_path: Path, code: str, *options: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "test_project.py").write_text(code)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:requests_mock",
            *options,
            ".",
        ],
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_project_needs_one_line_and_no_configuration(tmp_path: Path) -> None:
    code = (
        "import pytest\n\n"
        "@pytest.mark.flow_service(strict=False)\n"
        "def test_it(flow_service):\n"
        "    assert flow_service.session().get(flow_service.api + '/connections').json()['items'] == []\n"
    )
    result = _run(tmp_path, code, "--strict-markers", "-W", "error")
    assert "1 passed" in result.stdout, result.stdout + result.stderr


def test_a_run_that_does_not_ask_for_it_loads_none_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import json, sys\n\n"
        "def test_it():\n"
        "    loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "    heavy = {'falcon', 'sqlalchemy', 'cryptography', 'requests', 'granian', 'attr', 'jsonschema', 'click'}\n"
        "    open('loaded.json', 'w').write(json.dumps(sorted(loaded & (heavy | {'headwater_local_flow_service'}))))\n"
    )
    # other plugins load what they like
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    result = _run(tmp_path, code, "-p", "headwater_local_flow_service.pytest_plugin")
    assert "1 passed" in result.stdout, result.stdout + result.stderr
    assert json.loads((tmp_path / "loaded.json").read_text()) == [
        "headwater_local_flow_service"
    ]


def test_nothing_secret_is_shown(
    flow_service: LocalFlowService, oracle: Callable[..., Any]
) -> None:
    flow_service.faults({"fault": "reset", "method": "POST"})
    with pytest.raises(requests.ConnectionError) as raised:
        flow_service.session().post(f"{flow_service.api}/connections", json=oracle())
    shown = repr(raised.value) + str(raised.value) + repr(flow_service)
    assert "correct-horse-battery" not in shown


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("number", range(4))
def test_the_examples_of_the_documentation_pass(tmp_path: Path, number: int) -> None:
    code = [block for block in _blocks("python") if "my_program" not in block][number]
    result = _run(tmp_path, code, "--strict-markers", "-W", "error")
    assert re.search(r"^[1-9] passed", result.stdout, re.MULTILINE), (
        result.stdout + result.stderr
    )


def test_every_fault_is_documented_with_its_details_and_their_defaults() -> None:
    rows = dict(re.findall(r"^\| `([^`]+)` \|.*\| ([^|]*) ?\|$", PAGE, re.MULTILINE))
    for name, kind in KINDS.items():
        assert rows[name].strip() == ", ".join(
            f"`{detail}` ({default:g})" for detail, default in kind.takes.items()
        )
    [toml] = _blocks("toml")
    assert len(Plan.of(tomllib.loads(toml)).rules) == 2


@pytest.mark.flow_service(async_states=1, on_demand_strict=False)
def test_switches_are_set_by_name_and_the_others_stay_strict(
    flow_service: LocalFlowService,
) -> None:
    switches = flow_service.settings.strictness
    assert (
        switches.async_states,
        switches.on_demand_strict,
        switches.require_sandbox_header,
    ) == (1, False, True)


def test_a_setting_there_is_not_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no switch async_state") as raised:
        LocalFlowService(tmp_path, async_state=1)
    assert raised.value.remedy == "did you mean async_states?"
    with pytest.raises(InvalidInput, match="async_states is set beside strictness"):
        LocalFlowService(tmp_path, async_states=1, strictness=Strictness())
