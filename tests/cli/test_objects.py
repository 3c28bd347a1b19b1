"""Secrets never show where they stand inside objects, and only they are masked: by field, not by what they read."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from headwater import (
    AuthenticationSpec,
    ConnectionSpec,
    Connector,
    Field,
    PayloadRequest,
    hookimpl,
)
from headwater.cli import example, run
from headwater.cli.masking import mask_params
from headwater.cli.state import State
from headwater.connectors.registry import Registry
from headwater.credentials import validation
from headwater.flowservice.models import connection
from headwater.models import Distribution

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "Zq7-correct-horse"
SPEC = ConnectionSpec(
    id="11111111-2222-4333-8444-555555555555", name="Acme", category="crm"
)
AUTH = AuthenticationSpec(
    "Service Account",
    [
        Field("project"),
        Field("password", secret=True, required=False),
        Field(
            "account",
            "object",
            description="The key file",
            properties=[
                Field("email", example="robot@acme.example"),
                Field("private_key", secret=True),
                Field("hint", required=False),
            ],
        ),
        Field(
            "more", "object", required=False, properties=[Field("token", secret=True)]
        ),
        Field("region", enum=("EU", "US")),
    ],
)
GIVEN: dict[str, Any] = {
    "project": "p",
    "account": {"email": "e", "private_key": CANARY},
    "region": "EU",
}


class Acme:
    """A connector whose key is an object."""

    @hookimpl
    def connection_spec(self) -> ConnectionSpec:
        return SPEC

    @hookimpl
    def credential_schemas(self) -> list[AuthenticationSpec]:
        return [AUTH]


class OneRegistry(Registry):
    """Knows this connector and no other."""

    def __init__(self, connector: Connector) -> None:
        super().__init__(())
        self._loaded["acme"] = connector

    def available(self) -> tuple[str, ...]:
        return ("acme",)


def _registry(plugin: object) -> Registry:
    return OneRegistry(Connector("acme", plugin, Distribution("acme", "1")))


@pytest.fixture
def _acme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(State, "registry", lambda _state: _registry(Acme()))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "acme.json"
    path.write_text(json.dumps(GIVEN))
    return path


def _payload(file: Path, capsys: pytest.CaptureFixture[str], *more: str) -> Any:
    words = ["payload", "acme", "--name", "Desk", "-c", str(file), *more]
    assert run(words) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("_acme")
def test_a_payload_masks_the_secret_fields_of_objects(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = _payload(file, capsys)["auth"]["params"]
    assert shown == {**GIVEN, "account": {"email": "e", "private_key": "******"}}
    revealed = _payload(file, capsys, "--reveal")["auth"]["params"]
    assert revealed == GIVEN


@pytest.mark.usefixtures("_acme")
def test_a_payload_masks_fields_and_never_what_reads_like_a_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {**GIVEN, "project": "admin", "password": "admin"}
    given["account"] = {"email": "admin@acme.example", "private_key": "EU"}
    file = tmp_path / "acme.json"
    file.write_text(json.dumps(given))
    shown = _payload(file, capsys, "--description", "admin of the EU")
    assert shown["description"] == "admin of the EU"
    assert shown["auth"]["params"] == {
        "project": "admin",
        "password": "******",
        "account": {"email": "admin@acme.example", "private_key": "******"},
        "region": "EU",
    }
    assert shown["connectionSpec"]["id"] == SPEC.id


def test_what_a_connector_makes_of_a_revealed_secret_is_masked(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Composing(Acme):
        @hookimpl
        def build_payload(self, request: PayloadRequest) -> dict[str, Any]:
            key = request.params["account"]["private_key"].reveal()
            account = {"email": f"e:{key}", "private_key": key.upper()}
            return {
                "name": request.name,
                "auth": {"specName": "x", "params": {"account": account}},
                "connectionSpec": {"id": request.spec.id, "version": "1.0"},
            }

    monkeypatch.setattr(State, "registry", lambda _state: _registry(Composing()))
    masked = {"email": "******", "private_key": "******"}
    assert _payload(file, capsys)["auth"]["params"] == {"account": masked}


@pytest.mark.usefixtures("_acme")
@pytest.mark.parametrize("given", [GIVEN | {"account": CANARY}, GIVEN | {"more": {}}])
def test_refused_credentials_show_nothing(
    given: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "acme.json"
    file.write_text(json.dumps(given))
    assert run(["payload", "acme", "--name", "n", "-c", str(file), "--json"]) == 2
    told = capsys.readouterr()
    assert CANARY not in told.out + told.err


@pytest.mark.usefixtures("_acme")
@pytest.mark.parametrize("name", ["account", "account.private_key", "more.token"])
def test_a_secret_inside_an_object_cannot_be_given_on_the_command_line(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["validate", "acme", "--set", f"{name}={CANARY}"]
    assert run(words) == 2
    told = capsys.readouterr().err
    assert "others can read command lines" in told
    assert CANARY not in told


@pytest.mark.usefixtures("_acme")
@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        ("account", "write the object into the credentials file"),
        ("account.private_key", "HEADWATER_CRED_ACME__ACCOUNT__PRIVATE_KEY"),
        ("account.email", "HEADWATER_CRED_ACME__ACCOUNT__EMAIL"),
    ],
)
def test_the_way_out_for_what_set_cannot_give_is_one_that_works(
    name: str, way_out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["validate", "acme", "--set", f"{name}=x"]) == 2
    assert way_out in capsys.readouterr().err


@pytest.mark.usefixtures("_acme")
def test_the_page_of_a_connector_names_fields_in_depth(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["show", "acme"]) == 0
    assert "account.private_key" in capsys.readouterr().out


def test_an_example_has_references_inside_objects_and_fits() -> None:
    text = example.as_toml("acme", AUTH)
    values = tomllib.loads(text)
    assert values == example.values("acme", AUTH)
    assert values["account"] == {
        "email": "robot@acme.example",
        "private_key": "env:ACME_ACCOUNT_PRIVATE_KEY",
    }
    assert validation.validate(AUTH, values) == []
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    assert "[more]" in lines
    assert 'token = "env:ACME_MORE_TOKEN"' in lines


def test_a_connection_that_a_service_does_not_mask_is_masked_when_shown() -> None:
    params = {**GIVEN, "password": "Zq7-other"}
    auth = {"specName": "Service Account", "params": params}
    raw = {"id": "x", "connectionSpec": {"id": SPEC.id}, "auth": auth}
    shown = mask_params(_registry(Acme()), connection(raw))["auth"]["params"]
    masked = {"email": "e", "private_key": "******"}
    assert shown == {**GIVEN, "account": masked, "password": "******"}
    assert raw["auth"]["params"] == params  # type: ignore[index]


def test_a_connection_of_an_unknown_connector_is_shown_as_it_came() -> None:
    raw = {"id": "x", "connectionSpec": {"id": "other"}, "auth": {"params": GIVEN}}
    assert mask_params(_registry(Acme()), connection(raw)) == raw
