"""An installation examined: every plugin that is broken, clashes or takes another's place is named."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

import pytest

from headwater.cli.group import COMMANDS as OWN
from headwater.cli.plugin_commands import load
from headwater.connectors.registry import CATALOG
from headwater.doctor.installation import examine_installation

if TYPE_CHECKING:
    from pathlib import Path

    from headwater.doctor.results import CheckResult

CONNECTOR = """
from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl

@hookimpl
def connection_spec():
    return ConnectionSpec(id="11111111-2222-4333-8444-555555555555", name="Acme", category="crm")

@hookimpl
def credential_schemas():
    return [AuthenticationSpec("Basic Authentication", [Field("user")])]
"""


def _install(
    root: Path,
    distribution: str,
    entry: str,
    source: str = CONNECTOR,
    group: str = "connectors",
) -> None:
    """Lay a distribution out as pip would; `entry` is ``name`` or ``name = attribute of the module``."""
    module = f"{root.name}_{distribution.replace('-', '_')}"  # of this test only: imported modules stay
    name, _sign, attribute = entry.partition("=")
    (root / f"{module}.py").write_text(source)
    info = root / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
    )
    target = f"{module}:{attribute.strip()}" if attribute else module
    (info / "entry_points.txt").write_text(
        f"[headwater.{group}]\n{name.strip()} = {target}\n"
    )


def _failed(root: Path, monkeypatch: pytest.MonkeyPatch) -> list[CheckResult]:
    monkeypatch.syspath_prepend(str(root))
    return [
        check for check in examine_installation(load, OWN) if check.mark == "failed"
    ]


def test_what_is_installed_here_is_sound_and_named_with_its_version() -> None:
    checks = examine_installation(load, OWN)
    assert {check.mark for check in checks} == {"ok"}
    version = importlib.metadata.version("headwater-adobe-catalog")
    number = len(importlib.metadata.entry_points(group=CATALOG))
    assert f"headwater-adobe-catalog {version}: {number} catalogue connectors" in [
        check.message for check in checks
    ]
    assert checks[0].message.startswith(
        f"headwater {importlib.metadata.version('headwater')}, pluggy "
    )


def test_a_connector_that_takes_the_place_of_the_catalogues_is_told() -> None:
    told = [
        check.message
        for check in examine_installation(load, OWN)
        if "takes the place" in check.message
    ]
    assert any(
        each.startswith("oracle-service-cloud of headwater-oracle-service-cloud ")
        and "headwater-adobe-catalog" in each
        for each in told
    )


def test_a_plugin_that_does_not_import_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(tmp_path, "acme-broken", "acme", "import no_such_module_anywhere")
    [check] = _failed(tmp_path, monkeypatch)
    assert "acme-broken 1.0 failed: ModuleNotFoundError" in check.message
    assert "uninstall" in check.remedy


def test_two_distributions_with_one_slug_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(tmp_path, "acme-one", "acme")
    _install(tmp_path, "acme-two", "acme")
    [check] = _failed(tmp_path, monkeypatch)
    assert "acme-one 1.0, acme-two 1.0" in check.message


def test_two_connectors_with_one_id_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(tmp_path, "acme-one", "acme-a")
    _install(tmp_path, "acme-two", "acme-b")
    [check] = _failed(tmp_path, monkeypatch)
    assert "acme-a of acme-one 1.0, acme-b of acme-two 1.0" in check.message


def test_a_command_that_would_replace_one_of_ours_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "import click\n@click.command('create')\ndef command(): pass\n"
    _install(tmp_path, "acme-commands", "create = command", source, "commands")
    [check] = _failed(tmp_path, monkeypatch)
    assert "create of acme-commands 1.0 is left out" in check.message


def test_a_command_that_is_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(tmp_path, "acme-commands", "report = command", "command = 1", "commands")
    [check] = _failed(tmp_path, monkeypatch)
    assert "report of acme-commands 1.0 is not a click command" in check.message
    assert check.remedy


@pytest.mark.parametrize(
    ("scheme", "source", "told"),
    [
        ("http+acme", "def make(): return 1", "is not a requests adapter"),
        ("http+acme", "def make(): raise ValueError", "failed: ValueError"),
        ("https", "def make(): raise AssertionError", "never served by a plugin"),
    ],
)
def test_an_adapter_that_cannot_serve_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, source: str, told: str
) -> None:
    _install(tmp_path, "acme-adapter", f"{scheme} = make", source, "adapters")
    [check] = _failed(tmp_path, monkeypatch)
    assert told in check.message
    assert check.remedy
