"""No frame that an error leads to holds a secret in its locals: ``pytest -l`` and error trackers print them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests_mock

from headwater import (
    AuthenticationSpec,
    ConnectionSpec,
    Connector,
    Endpoint,
    Field,
    FlowService,
    HeadwaterError,
    PayloadRequest,
    Secret,
    connect,
    create_connection,
    hookimpl,
    open_source,
)
from headwater.cli import inputs
from headwater.cli.state import State
from headwater.create import runner
from headwater.create.authentication import choose
from headwater.credentials import references, validation
from headwater.errors import SourceUnavailable
from headwater.models import Distribution
from headwater.sources import Reach, SourceHttp
from headwater_authoring.testing.canaries import Lookout
from headwater_authoring.testing.frames import find_in_frames

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater.sources import SourceCredentials

CANARY = "Zq7-correct-horse-kW9v"
TOKEN = "Zq7-9f8e7d6c5b4a39-kW9v"
LOOKOUT = Lookout([CANARY, TOKEN])
URL = "http://127.0.0.1:9"
CONNECTIONS = f"{URL}/data/foundation/flowservice/connections"
AUTH = AuthenticationSpec(
    "Key",
    [
        Field("host"),
        Field("port", "integer", required=False),
        Field("key", secret=True),
        Field(
            "account",
            "object",
            required=False,
            properties=[Field("token", secret=True), Field("other", secret=True)],
        ),
    ],
)
GIVEN: dict[str, Any] = {
    "host": "h",
    "key": CANARY,
    "account": {"token": CANARY, "other": f"{CANARY}2"},
}
BROKEN = AuthenticationSpec(
    "Broken", [Field("key", secret=True)], raw={"properties": {"key": {"type": "?"}}}
)


class Desk:
    """A connector whose hooks fail in the ways that `how` names."""

    def __init__(self, how: str = "", auth: AuthenticationSpec = AUTH) -> None:
        self.how = how
        self.auth = auth

    @hookimpl
    def connection_spec(self) -> ConnectionSpec:
        return ConnectionSpec(
            id="11111111-2222-4333-8444-555555555555", name="Desk", category="crm"
        )

    @hookimpl
    def credential_schemas(self) -> list[AuthenticationSpec]:
        return [self.auth]

    @hookimpl
    def build_payload(self, request: PayloadRequest) -> Any:
        key = request.params["key"].reveal()
        match self.how:
            case "raises":
                raise ValueError(f"cannot use {key}")
            case "chains":
                try:
                    raise KeyError(key)
                except KeyError as error:
                    raise ValueError("no") from error
            case "says so":
                raise SourceUnavailable("the source does not answer")
            case "tells it":
                raise SourceUnavailable(f"the source does not take {key}")
            case "string":
                return key
            case "other id":
                return {"connectionSpec": {"id": key}, "auth": key}
            case "no JSON":
                spec = {"id": request.spec.id}
                return {"connectionSpec": spec, "x": object(), "auth": {"key": key}}
            case _:
                return None

    @hookimpl
    def open_source(self, credentials: SourceCredentials) -> Any:
        return Reader(credentials)


class Reader:
    """A reader that asks a host where nobody listens."""

    def __init__(self, credentials: SourceCredentials) -> None:
        self.key = credentials.params["key"]
        self.http = SourceHttp(URL, reach=credentials.reach, pause=lambda _s: None)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.http.close()

    def check(self) -> Any:
        headers = {"Authorization": f"Bearer {self.key.reveal()}"}
        return self.http.get("/", headers=headers, auth=("u", self.key.reveal()))

    def tables(self) -> Any:
        return self.key.reveal()

    def columns(self, table: str) -> Any:
        raise RuntimeError(f"{table} {self.key.reveal()}")

    def preview(self, _table: str, _n: int) -> Any:
        return [{"a": self.key.reveal()}]


def _connector(how: str = "", auth: AuthenticationSpec = AUTH) -> Connector:
    return Connector("desk", Desk(how, auth), Distribution("acme-desk", "1"))


def _service(**changes: Any) -> FlowService:
    known = {"url": URL, "org_id": "a@AdobeOrg", "sandbox": "prod", "api_key": "k"}
    given = {**known, "access_token": TOKEN, **changes}
    return FlowService(Endpoint(**given), retries=0)


def _create(how: str = "", **changes: Any) -> Any:
    credentials = {**GIVEN, **changes}
    with _service() as service:
        return create_connection(
            _connector(how),
            name="n",
            credentials=credentials,
            service=service,
            settle=0,
        )


def _answered(**answer: Any) -> Any:
    with requests_mock.Mocker() as wire:
        wire.get(requests_mock.ANY, json={"items": []})
        wire.post(CONNECTIONS, **answer)
        return _create()


def _ask_ims(**changes: Any) -> Any:
    with _service(access_token=None, client_id="i", **changes) as service:
        return service.connections.get("x")


def _update() -> Any:
    params = {"op": "replace", "path": "/auth/params", "value": {"key": Secret(CANARY)}}
    with _service() as service:
        return service.connections.update("x", [params], etag="1")


def _fetch_token(**answer: Any) -> Any:
    with requests_mock.Mocker() as wire:
        wire.post(requests_mock.ANY, **answer)
        return _ask_ims(client_secret=CANARY)


def _read(method: str, *arguments: Any, reach: Reach | None = None) -> Any:
    where = {} if reach is None else {"reach": reach}
    with open_source(_connector(), credentials=GIVEN, **where) as reader:  # type: ignore[arg-type]
        return getattr(reader, method)(*arguments)


def _post(reach: Reach) -> Any:
    with SourceHttp(URL, reach=reach, pause=lambda _s: None) as http:
        return http.post("/login", data={"key": CANARY}, headers={"x": CANARY})


def _get(**answer: Any) -> Any:
    with requests_mock.Mocker() as wire:
        wire.get(requests_mock.ANY, **answer)
        with SourceHttp(URL, reach=Reach(), pause=lambda _s: None) as http:
            return http.get("/", params={"q": CANARY}, headers={"x": CANARY})


FAILURES: dict[str, Callable[[], Any]] = {
    "a field is missing": lambda: _create(host=None),
    "a field of another type": lambda: _create(port=CANARY),
    "an unknown field": lambda: _create(kee=CANARY),
    "a secret that is no string": lambda: _create(key=[CANARY]),
    "an object that is none": lambda: _create(account=CANARY),
    "a mask within an object": lambda: _create(account={"token": CANARY, "other": "***"}),
    "a reference that leads nowhere": lambda: _create(account={"token": "env:NO_SUCH_VARIABLE", "other": CANARY}),
    "a reference of the wrong form": lambda: _create(account={"token": "env:no such", "other": CANARY}),
    "a schema that is none": lambda: runner.problems(BROKEN, {"key": CANARY}),
    "a schema that is none, chosen": lambda: choose(_connector(auth=BROKEN), {"key": CANARY}),
    "resolving alone": lambda: runner.resolve_credentials(AUTH, {"key": CANARY}),
    "validating alone": lambda: validation.validate(BROKEN, {"key": CANARY}),
    "looking up alone": lambda: references.resolve_all(AUTH, {**GIVEN, "key": "env:NO_SUCH_VARIABLE"}),
    "a plugin that raises": lambda: _create("raises"),
    "a plugin that chains": lambda: _create("chains"),
    "a plugin that raises ours": lambda: _create("says so"),
    "a plugin that raises ours with the secret": lambda: _create("tells it"),
    "a payload that is a string": lambda: _create("string"),
    "a payload of another id": lambda: _create("other id"),
    "a payload that is no JSON": lambda: _create("no JSON"),
    "a dead host": lambda: _create("none"),
    "a refusal": lambda: _answered(status_code=400, json={"message": f"no {CANARY} {TOKEN}"}),
    "no permission": lambda: _answered(status_code=403, text=f"no {CANARY} {TOKEN}"),
    "a failure": lambda: _answered(status_code=500, text=CANARY),
    "broken JSON": lambda: _answered(status_code=201, text=f'{{"id": "{CANARY}'),
    "a portal": lambda: _answered(status_code=200, text=f"<html>{CANARY}"),
    "a token refused": lambda: _answered(status_code=401, json={"message": TOKEN}),
    "no token": lambda: _fetch_token(status_code=401, json={"error": "invalid_client"}),
    "a token that is none": lambda: _fetch_token(json={"access_token": f"{CANARY} x"}),
    "a token from nobody": lambda: _ask_ims(client_secret=CANARY, ims_url=URL),
    "a token that cannot be sent": lambda: _service(access_token=f"{CANARY}\n"),
    "a client secret that cannot be sent": lambda: _ask_ims(client_secret=f"{CANARY}\ud800"),
    "an update to a dead host": _update,
    "a proxy that is none": lambda: _service(proxy=f"u:{CANARY}@p"),
    "a source that is not there": lambda: _read("check"),
    "a source that is not to be reached": lambda: _read("check", reach=Reach(frozenset({"other"}))),
    "tables that are none": lambda: _read("tables"),
    "columns that raise": lambda: _read("columns", "t"),
    "a preview that is none": lambda: _read("preview", "t", 1),
    "a login to nobody": lambda: _post(Reach()),
    "a source that throttles": lambda: _get(status_code=429),
    "a source that redirects": lambda: _get(status_code=302),
    "a source that fails": lambda: _get(status_code=503),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
def test_no_frame_of_a_failure_holds_a_secret(name: str) -> None:
    with pytest.raises(HeadwaterError) as caught:
        FAILURES[name]()
    error = caught.value
    assert find_in_frames(error, LOOKOUT, but=(__file__,)) == []
    assert not LOOKOUT.sees(f"{error} {error.data()}")


PROFILE = """
[profiles.desk]
url = "https://platform.example"
org_id = "a@AdobeOrg"
sandbox = "prod"
client_id = "i"
client_secret = "{secret}"
"""
CONFIGS = {
    "broken TOML": PROFILE + "\nclient_secret",
    "a secret twice": PROFILE + 'client_secret = "{secret}2"\n',
    "NUL": PROFILE + "\0",
    "an unknown key": PROFILE + 'client_secert = "{secret}"\n',
    "a wrong URL": PROFILE.replace("https://", "ftp://"),
    "a wrong number": PROFILE + 'read_timeout = "{secret}"\n',
    "a client secret that is a list": PROFILE.replace('"{secret}"', '["{secret}"]'),
    "a wrong proxy": PROFILE + 'proxy = "u:{secret}@p q"\n',
    "an empty organization": PROFILE.replace("a@AdobeOrg", ""),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_no_frame_of_a_broken_profile_holds_a_secret(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(CONFIGS[name].replace("{secret}", CANARY))
    config.chmod(0o600)
    monkeypatch.setenv("HEADWATER_CONFIG", str(config))
    with pytest.raises(HeadwaterError) as caught:
        connect("desk")
    assert find_in_frames(caught.value, LOOKOUT, but=(__file__,)) == []


FILES = {
    "broken.toml": f'key = "{CANARY}',
    "broken.json": f'{{"key": "{CANARY}"',
    "twice.json": f'{{"key": "{CANARY}", "key": 1}}',
    "list.json": f'["{CANARY}"]',
    "nul.json": f'{{"key": "{CANARY}"\0}}',
    "deep.json": "[" * 5000 + f'"{CANARY}"',
}


@pytest.mark.parametrize("name", FILES)
def test_no_frame_of_a_broken_credentials_file_holds_a_secret(
    name: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_text(FILES[name])
    with pytest.raises(HeadwaterError) as caught:
        inputs.gather(State(), _connector(), file=str(file), sets=(), auth=None)
    assert find_in_frames(caught.value, LOOKOUT, but=(__file__,)) == []


def test_a_frame_that_holds_a_secret_is_found() -> None:
    def raising(opened: str) -> None:
        raise ValueError(len(opened))

    def chaining() -> None:
        try:
            raising(Secret(CANARY).reveal())
        except ValueError:
            raise RuntimeError(
                "no"
            ) from None  # hidden from a traceback, and still there

    with pytest.raises(RuntimeError) as caught:
        chaining()
    (place,) = find_in_frames(caught.value, LOOKOUT)
    assert place.endswith("raising: opened")


# The secret is in no source line and in no local of the test file: pytest prints both.
SHOWING_LOCALS = """
import os
import pathlib

import pytest
from test_frames import BROKEN, Desk, _connector, _service

from headwater import create_connection, open_source
from headwater.create import runner


def given(**changes):
    return {"host": "h", "key": os.environ["HW_PROBE"], **changes}


@pytest.mark.parametrize("how", ["raises", "chains", "says so", "tells it", "string", "other id", "none"])
def test_creating(how):
    with _service() as service:
        create_connection(_connector(how), name="n", credentials=given(), service=service, settle=0)


@pytest.mark.parametrize("wrong", [{"port": "x"}, {"kee": 1}, {"account": {"token": "env:NO_SUCH_VARIABLE", "other": "o"}}])
def test_refused(wrong):
    runner.prepare(_connector(), name="n", credentials=given(**wrong))


def test_a_broken_schema():
    runner.problems(BROKEN, given())


@pytest.mark.parametrize("call", [("check",), ("tables",), ("columns", "t"), ("preview", "t", 1)])
def test_reading(call):
    with open_source(_connector(), credentials=given()) as reader:
        getattr(reader, call[0])(*call[1:])
"""  # noqa: E501 - as short as a test file of this kind can be


def test_pytest_that_shows_locals_shows_no_secret(tmp_path: Path) -> None:
    (tmp_path / "test_probe.py").write_text(SHOWING_LOCALS)
    words = [sys.executable, "-m", "pytest", "-l", "--tb=long", "-p", "no:cacheprovider", "-c", os.devnull]  # fmt: skip
    done = subprocess.run(
        [*words, "--rootdir", str(tmp_path), str(tmp_path)],
        env=os.environ | {"HW_PROBE": CANARY, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "15 failed" in done.stdout, done.stdout[-2000:]
    assert "credentials = <values of host, key" in done.stdout
    shown = [line for line in done.stdout.splitlines() if LOOKOUT.sees(line)]
    assert [line for line in shown if "CANARY" not in line] == []
