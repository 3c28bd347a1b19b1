"""``headwater profiles`` and what the other commands make of a profile: offline, and secrets stay references."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from cli.terminal import failure, result, run

from headwater.profiles.config import Config
from headwater.profiles.profile import KEYS

CANARY = "canary-4f1d9c7be2a8"
NEEDED = (
    "--org-id",
    "DEV@AdobeOrg",
    "--sandbox",
    "trial",
    "--client-id",
    "0123",
    "--client-secret",
    "env:AEP_SECRET",
)
LOCAL = {
    "name": "local",
    "url": "http+local://embedded",
    "org_id": "local@AdobeOrg",
    "sandbox": "prod",
    "cloud": "azure",
}


def _path() -> Path:
    return Path(os.environ["HEADWATER_CONFIG"])


def _refused(*arguments: str) -> dict[str, Any]:
    """Run a command that must be refused as invalid input and must not have written anything."""
    before = _path().read_bytes() if _path().exists() else None
    code, error = failure(*arguments)
    assert code == 2
    assert CANARY not in f"{error}"
    assert (_path().read_bytes() if _path().exists() else None) == before
    return dict(error)


def test_without_a_file_only_the_embedded_service_is_listed() -> None:
    assert result("profiles", "list") == [{**LOCAL, "default": True}]


def test_add_writes_every_setting_and_show_says_where_it_is_from() -> None:
    given = {
        "url": "https://dev.example.com",
        "ims_url": "https://ims.example.com",
        "org_id": "DEV@AdobeOrg",
        "sandbox": "trial",
        "api_key": "key",
        "client_id": "0123",
        "client_secret": "env:AEP_SECRET",
        "access_token": "keyring:aep/token",
        "cloud": "aws",
        "ca_bundle": "/certificates/ours.pem",
        "proxy": "http://proxy.example.com:3128",
        "connect_timeout": 2.5,
        "read_timeout": 30.0,
        "list_lag": 12.0,
    }
    assert set(given) == set(KEYS)
    options = [
        text
        for key, value in given.items()
        for text in (f"--{key.replace('_', '-')}", str(value))
    ]
    assert result("profiles", "add", "dev", *options) == {
        "name": "dev",
        "path": str(_path()),
        "default": True,
    }
    assert stat.S_IMODE(_path().stat().st_mode) == 0o600
    assert Config.read().profiles == {"dev": given}
    assert result("profiles", "show") == {
        "name": "dev",
        "origin": "config",
        "values": given,
        "sources": dict.fromkeys(given, str(_path())),
        "missing": [],
    }


def test_show_includes_what_counts_by_default() -> None:
    result("profiles", "add", "dev", *NEEDED)
    shown = result("profiles", "show", "dev")
    defaults = {
        key: value
        for key, value in shown["values"].items()
        if shown["sources"][key] == "default"
    }
    assert defaults == {
        "url": "https://platform.adobe.io",
        "ims_url": "https://ims-na1.adobelogin.com",
        "api_key": "0123",
        "cloud": "azure",
        "connect_timeout": 10.0,
        "read_timeout": 60.0,
        "list_lag": 60.0,
    }


def test_show_masks_the_secrets_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {
        "ORG_ID": "o@AdobeOrg",
        "SANDBOX": "s",
        "API_KEY": "k",
        "ACCESS_TOKEN": CANARY,
    }.items():
        monkeypatch.setenv(f"HEADWATER_{name}", value)
    done = run("profiles", "show")
    assert CANARY not in done.stdout + done.stderr
    shown = result("profiles", "show")
    assert (shown["name"], shown["values"]["access_token"]) == ("environment", "******")
    assert (
        shown["sources"]["access_token"]
        == "environment variable HEADWATER_ACCESS_TOKEN"
    )


def test_show_names_what_an_incomplete_profile_lacks() -> None:
    _path().write_text(
        '[profiles.dev]\norg_id = "o"\naccess_token = "env:TOKEN"\n', encoding="utf-8"
    )
    _path().chmod(0o600)
    assert result("profiles", "show")["missing"] == ["sandbox", "api_key"]
    assert (
        run("profiles", "show").stderr == "note: profile dev lacks sandbox, api_key\n"
    )


def test_the_first_profile_is_the_default_until_another_is_used() -> None:
    result("profiles", "add", "dev", *NEEDED)
    assert not result("profiles", "add", "prod", *NEEDED, "--cloud", "aws")["default"]
    assert result("profiles", "add", "third", *NEEDED, "--use")["default"]
    assert result("profiles", "use", "prod") == {"name": "prod", "path": str(_path())}
    listed = result("profiles", "list")
    assert [(each["name"], each["default"]) for each in listed] == [
        ("dev", False),
        ("prod", True),
        ("third", False),
        ("local", False),
    ]
    assert listed[1] == {
        "name": "prod",
        "url": "https://platform.adobe.io",
        "org_id": "DEV@AdobeOrg",
        "sandbox": "trial",
        "cloud": "aws",
        "default": True,
    }
    [line] = [
        line
        for line in run("profiles", "list").stdout.splitlines()
        if line.startswith("*")
    ]
    assert line.split() == [
        "*",
        "prod",
        "https://platform.adobe.io",
        "DEV@AdobeOrg",
        "trial",
        "aws",
    ]


def test_the_only_profile_is_marked_even_where_the_file_names_no_default() -> None:
    _path().write_text('[profiles.dev]\norg_id = "o"\n', encoding="utf-8")
    assert [each["name"] for each in result("profiles", "list") if each["default"]] == [
        "dev"
    ]


def test_a_profile_is_replaced_only_with_force() -> None:
    result("profiles", "add", "dev", *NEEDED, "--cloud", "aws")
    assert "--force" in _refused("profiles", "add", "dev", *NEEDED)["remedy"]
    result("profiles", "add", "dev", *NEEDED, "--force")
    assert "cloud" not in Config.read().profiles["dev"]


@pytest.mark.parametrize("option", ["--client-secret", "--access-token"])
@pytest.mark.parametrize("others", [(), NEEDED])
def test_a_secret_itself_is_refused_before_anything_else(
    option: str, others: tuple[str, ...]
) -> None:
    error = _refused("profiles", "add", "dev", *others, option, CANARY)
    assert (
        f"{option[2:].replace('-', '_')} must be a reference, not the secret itself"
        in error["message"]
    )
    assert "env:NAME" in error["remedy"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("local", *NEEDED), "the name local belongs to the embedded service"),
        (("local",), "the name local belongs to the embedded service"),
        (("two words", *NEEDED), "consists of letters"),
        (("dev",), "lacks org_id, sandbox, client_id, client_secret"),
        (
            ("dev", "--org-id", "o", "--sandbox", "s", "--access-token", "env:TOKEN"),
            "lacks api_key",
        ),
        (
            ("dev", *NEEDED, "--url", "http://platform.adobe.io"),
            "url must begin with https://",
        ),
        (
            ("dev", *NEEDED, "--url", f"https://user:{CANARY}@host"),
            "url must be a scheme and a host",
        ),
        (("dev", *NEEDED, "--ims-url", "ims"), "ims_url must be"),
        (("dev", *NEEDED, "--proxy", "proxy"), "proxy must be the URL of a proxy"),
        (
            ("dev", *NEEDED, "--proxy", f"http://user:{CANARY}@proxy.example.com"),
            "proxy must be a reference",
        ),
        (("dev", *NEEDED, "--connect-timeout", "0"), "connect_timeout must be"),
        (("dev", *NEEDED, "--read-timeout", "nan"), "read_timeout must be"),
        (("dev", *NEEDED, "--sandbox", ""), "sandbox is empty"),
        (("dev", *NEEDED, "--org-id", "a\nb"), "org_id must be printable"),
    ],
)
def test_every_problem_is_found_before_anything_is_written(
    arguments: tuple[str, ...], said: str
) -> None:
    assert said in _refused("profiles", "add", *arguments)["message"]


def test_a_refusal_is_one_paragraph_for_people() -> None:
    done = run("profiles", "add", "dev", "--client-secret", CANARY)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: profile dev in ")
    assert done.stderr.count("\n") == 1
    assert CANARY not in done.stderr


def test_use_refuses_what_is_not_there() -> None:
    result("profiles", "add", "dev", *NEEDED)
    assert _refused("profiles", "use", "dve")["remedy"] == "did you mean dev?"
    assert "--profile local" in _refused("profiles", "use", "local")["remedy"]


@pytest.mark.parametrize(
    "command", [("list",), ("show",), ("add", "new", *NEEDED), ("use", "dev")]
)
def test_a_broken_file_is_named_and_left_alone(command: tuple[str, ...]) -> None:
    _path().write_text(f'[profiles.dev]\nurl = {CANARY}"', encoding="utf-8")
    error = _refused("profiles", *command)
    assert str(_path()) in error["message"]
    assert "line 2" in error["message"]


@pytest.mark.skipif(os.name != "posix", reason="there are no such permissions")
def test_a_file_that_others_can_read_is_told_of_and_mended_by_the_next_write() -> None:
    result("profiles", "add", "dev", *NEEDED)
    _path().chmod(0o644)
    for command in (("list",), ("show",)):
        assert "can be read by other users" in run("profiles", *command).stderr
    result("profiles", "use", "dev")
    assert run("profiles", "list").stderr == ""


def test_a_certificate_file_is_found_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result("profiles", "add", "dev", *NEEDED, "--ca-bundle", "ours.pem")
    assert Config.read().profiles["dev"]["ca_bundle"] == str(tmp_path / "ours.pem")


def test_a_command_that_sends_refuses_two_places_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result("profiles", "add", "dev", *NEEDED)
    monkeypatch.setenv("HEADWATER_URL", "https://elsewhere.example.com")
    error = _refused("connections", "list", "--profile", "dev")
    assert error["kind"] == "not-configured"
    assert "profile dev and HEADWATER_URL" in error["message"]


def test_a_command_that_sends_lists_what_the_environment_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEADWATER_URL", "https://elsewhere.example.com")
    assert _refused("connections", "list")["missing"] == [
        "HEADWATER_ORG_ID",
        "HEADWATER_SANDBOX",
        "HEADWATER_CLIENT_ID",
        "HEADWATER_CLIENT_SECRET",
    ]


def test_local_is_reached_past_a_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    result("profiles", "add", "dev", *NEEDED)
    monkeypatch.setenv("HEADWATER_URL", "https://elsewhere.example.com")
    monkeypatch.setenv("HEADWATER_ACCESS_TOKEN", CANARY)
    assert result("connections", "list", "--profile", "local") == []
