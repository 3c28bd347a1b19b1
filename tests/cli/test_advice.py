"""What people should know is told alike by validate, create and payload; a field's rules are shown where it is."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from headwater import AuthenticationSpec, ConnectionSpec, Connector, Field, hookimpl
from headwater.cli import example, run
from headwater.connectors import registry
from headwater.connectors.registry import Registry
from headwater.credentials import validation
from headwater.models import Distribution

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "Zq7-correct-horse"
AUTH = AuthenticationSpec(
    "Basic Authentication",
    [
        Field("host", form="host"),
        Field("port", accepts_type="integer"),
        Field("sslMode", "boolean", required=False, accepts_type="string"),
        Field("container", required=False, recommended=True, description="Where"),
        Field("mode", required=False, enum=("key", "password"), default="password"),
        Field("password", secret=True, required=False, required_if=("mode", "password")),
        Field("key", secret=True, required=False, required_if=("mode", "key"), multiline=True),
        Field("retries", "integer", required=False, minimum=2, maximum=9),
    ],
)  # fmt: skip
AZURE = AuthenticationSpec("ConnectionString", [Field("connection", secret=True)])
GIVEN: dict[str, Any] = {
    "host": "https://env.example/x",
    "port": 5439,
    "sslMode": "true",
    "password": CANARY,
}


class Acme:
    """A source whose credentials are known from several documents."""

    @hookimpl
    def connection_spec(self) -> ConnectionSpec:
        return ConnectionSpec(
            id="11111111-2222-4333-8444-555555555555",
            name="Acme",
            category="crm",
            lifecycle="deprecated",
            lifecycle_note="use another",
        )

    @hookimpl
    def credential_schemas(self) -> list[AuthenticationSpec]:
        return [AUTH]


class _OneRegistry(Registry):
    def __init__(self) -> None:
        super().__init__(())
        self._loaded["acme"] = Connector("acme", Acme(), Distribution("acme", "1"))

    def available(self) -> tuple[str, ...]:
        return ("acme",)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the commands and the embedded service know one connector."""
    monkeypatch.setattr(registry, "installed", _OneRegistry)


def _run(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    given: dict[str, Any],
    *words: str,
) -> tuple[int, dict[str, Any], str]:
    file = tmp_path / "given.json"
    file.write_text(json.dumps(given), encoding="utf-8")
    code = run([*words, "-c", str(file), "--json"])
    out, err = capsys.readouterr()
    return code, json.loads(out or err), err


EXPECTED = [
    {"field": "", "rule": "deprecated", "message": "Acme is deprecated: use another"},
    {"field": "port", "rule": "spelling", "message": "is sent as the specification spells it (of type string)"},
    {"field": "sslMode", "rule": "spelling", "message": "is sent as the specification spells it (of type boolean)"},
    {"field": "host", "rule": "form",
     "message": "is the name of a host alone: leave out the scheme, and what follows the host"},
    {"field": "container", "rule": "recommended", "message": "is recommended, and not given (Where)"},
]  # fmt: skip


def test_validate_and_create_tell_the_same_and_go_on(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, told, err = _run(capsys, tmp_path, GIVEN, "validate", "acme")
    assert (code, told["valid"], told["warnings"]) == (0, True, EXPECTED)
    assert "note: container: is recommended, and not given (Where)" in err
    code, made, err = _run(capsys, tmp_path, GIVEN, "create", "acme", "--name", "A")
    assert (code, made["created"], made["warnings"]) == (0, True, EXPECTED)
    assert "note: host: is the name of a host alone" in err
    assert CANARY not in err


def test_a_payload_has_the_specifications_own_spelling(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ("payload", "acme", "--name", "A", "--format", "json")
    _code, shown, _err = _run(capsys, tmp_path, GIVEN, *words)
    params = shown["auth"]["params"]
    assert (params["port"], params["sslMode"]) == ("5439", True)


def test_an_unknown_field_is_an_error_unless_it_is_allowed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    given = {**GIVEN, "prot": 1, "apiKey": CANARY, "extra": {"token": CANARY, "n": 1}}
    code, told, _err = _run(capsys, tmp_path, given, "validate", "acme")
    assert code == 2
    assert [one["field"] for one in told["problems"]] == ["apiKey", "extra", "prot"]
    allowed = ("--allow-unknown",)
    code, told, _err = _run(capsys, tmp_path, given, "validate", "acme", *allowed)
    unknown = [one["field"] for one in told["warnings"] if one["rule"] == "unknown"]
    assert (code, unknown) == (0, ["prot", "apiKey", "extra"])
    words = ("payload", "acme", "--name", "A", *allowed)
    _code, shown, err = _run(capsys, tmp_path, given, *words)
    params = shown["auth"]["params"]
    assert params["prot"] == 1
    assert params["apiKey"] == "******"
    assert params["extra"] == {"token": "******", "n": 1}
    assert CANARY not in json.dumps(shown) + err
    _code, shown, _err = _run(capsys, tmp_path, given, *words, "--reveal")
    assert shown["auth"]["params"]["extra"] == {"token": CANARY, "n": 1}


def test_a_command_line_gives_no_unknown_secret(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ("validate", "acme", "--allow-unknown", "--set", f"apiKey={CANARY}")
    code, told, err = _run(capsys, tmp_path, GIVEN, *words)
    assert (code, "--set cannot give apiKey" in json.dumps(told)) == (2, True)
    assert CANARY not in json.dumps(told) + err


def test_what_a_created_connection_holds_is_the_own_spelling(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    given = {**GIVEN, "host": "acme.example", "apiKey": CANARY}
    words = ("create", "acme", "--name", "B", "--allow-unknown")
    code, made, _err = _run(capsys, tmp_path, given, *words)
    assert code == 0
    assert run(["connections", "get", made["id"], "--json"]) == 0
    out, err = capsys.readouterr()
    params = json.loads(out)["auth"]["params"]
    assert (params["port"], params["sslMode"]) == ("5439", True)
    assert params["apiKey"] == "******"
    assert CANARY not in out + err


def test_an_update_takes_and_tells_what_a_create_does(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _code, made, _err = _run(capsys, tmp_path, GIVEN, "create", "acme", "--name", "C")
    given = {**GIVEN, "host": "other.example", "port": 1, "limit": 5}
    words = ("connections", "update", made["id"])
    code, _told, _err = _run(capsys, tmp_path, given, *words)
    assert code == 2
    code, _told, err = _run(capsys, tmp_path, given, *words, "--allow-unknown")
    assert (code, "port: is sent as the specification spells it" in err) == (0, True)
    assert run(["connections", "get", made["id"], "--json"]) == 0
    params = json.loads(capsys.readouterr().out)["auth"]["params"]
    assert (params["host"], params["port"]) == ("other.example", "1")


def test_the_page_of_a_connector_shows_the_rules(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["show", "acme"]) == 0
    out, _err = capsys.readouterr()
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "container string recommended Where" in lines
    assert "port string required also taken as integer" in lines
    assert "host string required the name of a host alone" in lines
    assert "key string required if mode is key, secret may have several lines" in lines
    assert "retries integer optional at least 2; at most 9" in lines


def test_an_example_has_what_is_needed_and_recommended_and_fits() -> None:
    values = example.values("acme", AUTH)
    text = example.as_toml("acme", AUTH)
    assert list(values) == ["host", "port", "container", "password"]
    assert tomllib.loads(text) == values
    assert validation.validate(AUTH, values) == []
    assert "# mode" in text
    assert "# required if mode is key" in text.replace("key; a secret; ", "")
    assert '# key = "file:key.pem"' in text
    assert "# retries = 2" in text
