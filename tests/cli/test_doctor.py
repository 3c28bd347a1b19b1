"""``headwater doctor``: one line for each check, and an exit code for CI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest
from cli.terminal import failure, result, run
from flowservice.wired import refused_port
from tenants import served

from headwater import (
    AuthenticationSpec,
    ConnectionSpec,
    Connector,
    Field,
    hookimpl,
)
from headwater.connectors import registry
from headwater.models import Distribution

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TOKEN = "any-token-will-do"


def _altered(slug: str, *more: Field, **facts: Any) -> Connector:
    """Return an installed connector with fields added to each authentication, or other facts."""
    own = registry.load(slug)

    class Altered:
        @hookimpl
        def connection_spec(self) -> ConnectionSpec:
            return attrs.evolve(own.spec, **facts)

        @hookimpl
        def credential_schemas(self) -> Sequence[AuthenticationSpec]:
            return [
                attrs.evolve(auth, fields=(*auth.fields, *more))
                for auth in own.authentication
            ]

    return Connector(slug, Altered(), Distribution("altered", "1"))


def _json(*arguments: str) -> tuple[int, Any]:
    import json

    done = run("doctor", *arguments, "--json")
    return done.returncode, json.loads(done.stdout)


def test_the_embedded_service_lists_every_connector_as_it_is() -> None:
    told = result("doctor")
    assert told["fine"] is True
    assert set(told["counts"]) == {"same", "unverified"}
    assert {each["mark"] for each in told["installation"]} == {"ok"}
    assert {each["subject"]: each["mark"] for each in told["profile"]} == {
        "profile": "ok", "service": "ok", "token": "ok", "organization": "ok", "sandbox": "ok", "permission": "ok",
        "clock": "skipped", "specifications": "ok",
    }  # fmt: skip


def test_each_check_is_a_line_with_a_mark_and_the_end_says_how_many() -> None:
    done = run("doctor", "oracle-service-cloud", "mysql")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert "same        mysql: as the tenant lists it" in lines
    assert lines[-1] == "fine: 2 same"
    assert all(line[:10].strip() in ("ok", "skipped", "same") for line in lines[:-1])
    assert (
        "using the embedded Flow Service on this machine (profile local)" in done.stderr
    )


def test_drift_is_told_in_full_and_exits_with_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(
        tmp_path, [_altered("oracle-service-cloud", Field("region"))], monkeypatch
    ):
        done = run("doctor", "oracle-service-cloud")
        code, told = _json("oracle-service-cloud")
    assert (done.returncode, code) == (3, 3)
    assert (
        "drifted     oracle-service-cloud: 1 difference to what the tenant lists; "
        "update headwater-oracle-service-cloud, or report it to its authors\n"
        "              Basic Authentication: field region is new (required)\n"
        "not fine: 1 drifted\n"
    ) in done.stdout
    [verdict] = told["connectors"]
    assert verdict["findings"] == [
        {
            "kind": "field-added",
            "message": "field region is new (required)",
            "auth": "Basic Authentication",
            "field": "region",
        }
    ]
    assert (told["fine"], verdict["verdict"]) == (False, "drifted")
    assert TOKEN not in done.stdout + done.stderr


def test_an_absent_connector_fails_only_when_asked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path, [registry.load("mysql")], monkeypatch):
        without, told = _json("oracle-service-cloud", "mysql")
        asked, _told = _json("oracle-service-cloud", "mysql", "--fail-on-absent")
    assert (without, told["counts"], asked) == (0, {"absent": 1, "same": 1}, 3)


def test_a_missing_id_is_offered_and_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = "22222222-2222-4333-8444-555555555555"
    with served(
        tmp_path, [_altered("pathfactory", id=found, no_id_reason="")], monkeypatch
    ):
        result("specs", "pull")  # which is no proof: doctor goes by what is shipped
        code, told = _json("pathfactory")
    [verdict] = told["connectors"]
    assert (code, verdict["verdict"], verdict["suggestedIds"]) == (
        0,
        "unverified",
        [found],
    )


def test_offline_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # half a configuration, which is not looked at
    monkeypatch.setenv("HEADWATER_URL", "https://example.invalid")
    code, told = _json("--offline")
    assert (code, told["profile"], told["connectors"]) == (0, [], [])
    assert told["installation"]


def test_an_unknown_slug_ends_it_before_anything_is_asked() -> None:
    assert failure("doctor", "mysqll")[1]["remedy"] == "did you mean mysql?"


def test_half_a_configuration_is_a_failed_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEADWATER_URL", "https://example.invalid")
    code, told = _json()
    assert (code, told["profile"][-1]["mark"], told["profile"][-1]["subject"]) == (
        2,
        "failed",
        "profile",
    )
    assert "HEADWATER_ORG_ID" in told["profile"][-1]["message"]


@pytest.mark.parametrize(
    ("setting", "subject", "expected"),
    [
        (("URL", ""), "service", 6),
        (("SANDBOX", "nope"), "sandbox", 3),
        (("ORG_ID", "no-org"), "organization", 4),
    ],
)
def test_a_profile_that_does_not_work_exits_with_the_code_of_its_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    setting: tuple[str, str],
    subject: str,
    expected: int,
) -> None:
    with served(tmp_path, [registry.load("mysql")], monkeypatch):
        variable, value = setting
        monkeypatch.setenv(
            f"HEADWATER_{variable}", value or f"http://127.0.0.1:{refused_port()}"
        )
        code, told = _json("--connect-timeout", "5")
    assert code == expected
    [failed] = [each for each in told["profile"] if each["mark"] == "failed"]
    assert failed["subject"] == subject
    assert failed["remedy"]
    assert told["connectors"] == []


def test_pulled_specifications_that_are_out_of_date_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path, [registry.load("mysql")], monkeypatch) as url:
        result("specs", "pull")
        fresh = _json("mysql")[1]["profile"][-1]
        [path] = (tmp_path / "headwater-specs").iterdir()
        path.write_text(
            path.read_text().replace('"version": "1.0"', '"version": "0.9"')
        )
        code, told = _json("mysql")
    assert (fresh["mark"], fresh["message"].endswith("are still the same")) == (
        "ok",
        True,
    )
    assert told["profile"][-1]["mark"] == "warning"
    assert told["profile"][-1]["remedy"] == "run `headwater specs pull`"
    assert (code, url.startswith("http://127.0.0.1")) == (0, True)


def test_a_broken_connector_that_is_asked_about_is_a_failed_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from headwater.cli import doctor, state
    from headwater.errors import BrokenPlugin

    def broken(_slug: str) -> Connector:
        raise BrokenPlugin(
            "connector broken cannot be imported", distribution="broken 1"
        )

    monkeypatch.setattr(
        state.State,
        "registry",
        lambda _self: type("Registry", (), {"load": staticmethod(broken)}),
    )
    assert doctor._load(state.State(), ["broken"]) == []


@pytest.mark.parametrize("more", [["mysql"], ["--fail-on-absent"]])
def test_what_is_compared_with_a_tenant_goes_not_with_offline(more: list[str]) -> None:
    code, error = failure("doctor", "--offline", *more)
    assert code == 2
    assert "leave SLUG and --fail-on-absent out" in error["remedy"]
