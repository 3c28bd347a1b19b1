"""The test class as a plugin's author runs it: a file of three lines, and pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from testing.wrong import RIGHT, put

from headwater_authoring.testing import ConnectorConformance, checks

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

TESTS = [name for name in vars(ConnectorConformance) if name.startswith("test_")]


def _pytest(
    folder: Path, body: Sequence[str], *options: str
) -> subprocess.CompletedProcess[str]:
    """Run a test file whose class has this body, away from the settings of this checkout."""
    lines = "\n    ".join(body)
    (folder / "test_acme.py").write_text(
        f"from headwater.testing import ConnectorConformance\n\n\nclass TestAcme(ConnectorConformance):\n    {lines}\n"
    )
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-q",
        "--tb=short",
        *options,
        str(folder),
    ]
    environ = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environ, cwd=folder
    )


def test_each_check_has_a_test_in_the_class_and_each_test_a_check() -> None:
    source = Path(
        sys.modules[ConnectorConformance.__module__].__file__ or ""
    ).read_text(encoding="utf-8")
    assert len(TESTS) == len(checks.__all__)
    assert [name for name in checks.__all__ if f"checks.{name}(" not in source] == []


def test_each_test_is_documented() -> None:
    page = (Path(__file__).parents[4] / "docs" / "conformance.md").read_text(
        encoding="utf-8"
    )
    assert [name for name in TESTS if f"| `{name}` |" not in page] == []


def test_examples_of_several_connectors_go_by_slug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(RIGHT, tmp_path, monkeypatch, slug="acme-desk")
    put(
        RIGHT.replace("0c9f1b1e", "1c9f1b1e") + "FIELDS = [Field('x')]",
        tmp_path,
        monkeypatch,
        slug="acme-shop",
    )
    slugs = 'slugs = ("acme-desk", "acme-shop")'
    ran = _pytest(
        tmp_path, [slugs, 'examples = {"acme-shop": {"x": "y"}}'], "-k", "example"
    )
    assert "2 passed" in ran.stdout
    stray = _pytest(tmp_path, [slugs, 'examples = {"x": "y"}'])
    assert "are for connectors that it does not check: x" in stray.stdout + stray.stderr


def test_three_lines_check_a_connector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = put(RIGHT, tmp_path, monkeypatch)
    ran = _pytest(tmp_path, [f'slug = "{slug}"'], "-W", "error")
    assert f"{len(TESTS)} passed" in ran.stdout
    assert (ran.returncode, ran.stderr) == (0, "")


def test_several_connectors_are_checked_each_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(RIGHT, tmp_path, monkeypatch, slug="acme-desk")
    put(
        RIGHT.replace("0c9f1b1e", "1c9f1b1e") + "SPEC['name'] = ''",
        tmp_path,
        monkeypatch,
        slug="acme-shop",
    )
    ran = _pytest(tmp_path, ['slugs = ("acme-desk", "acme-shop")'])
    assert ran.returncode == 1
    assert f"1 failed, {2 * len(TESTS) - 1} passed" in ran.stdout
    assert "test_its_facts_are_typed_and_complete[acme-shop]" in ran.stdout
    assert (
        "name of the connection specification is empty; give name a value" in ran.stdout
    )


def test_a_connector_that_does_not_load_fails_once_and_is_skipped_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = put(RIGHT + "del connection_spec", tmp_path, monkeypatch)
    ran = _pytest(tmp_path, [f'slug = "{slug}"'])
    # importing it alone asks the hooks as well
    assert f"2 failed, {len(TESTS) - 2} skipped" in ran.stdout
    assert (
        "the required hook connection_spec needs exactly one @hookimpl function"
        in ran.stdout
    )


def test_examples_and_public_fields_are_taken_from_the_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = "FIELDS = [Field('apiKey', secret=True), Field('password')]\n"
    slug = put(RIGHT + fields, tmp_path, monkeypatch)
    ran = _pytest(
        tmp_path,
        [
            f'slug = "{slug}"',
            'public_fields = ("password",)',
            'examples = {"apiKey": "key {canary}", "password": "x"}',
        ],
    )
    assert f"{len(TESTS)} passed" in ran.stdout


def test_a_class_that_names_no_connector_says_what_to_set(tmp_path: Path) -> None:
    ran = _pytest(tmp_path, ["pass"])
    assert ran.returncode != 0
    assert (
        "TestAcme names no connector to check; set slug, slugs or distribution"
        in ran.stdout + ran.stderr
    )


def test_a_connector_that_is_not_installed_is_named_with_the_command(
    tmp_path: Path,
) -> None:
    ran = _pytest(tmp_path, ['slug = "no-such-desk"'])
    assert (
        "no connector named no-such-desk is installed; install its distribution (python -m pip install"
        in ran.stdout
    )


def test_a_distribution_that_is_not_installed_is_named_with_the_command(
    tmp_path: Path,
) -> None:
    ran = _pytest(tmp_path, ['distribution = "headwater-nosuch"'])
    told = ran.stdout + ran.stderr
    assert (
        "TestAcme: distribution headwater-nosuch is not installed; install it: python -m pip install -e ."
        in told
    )
    assert "Traceback" not in told


def test_the_missing_embedded_service_is_named_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = put(RIGHT, tmp_path, monkeypatch)
    (tmp_path / "conftest.py").write_text(
        "import headwater.flowservice.adapters as a\na.GROUP = 'headwater.none'\n"
    )
    ran = _pytest(tmp_path, [f'slug = "{slug}"'])
    assert "distribution headwater-local-flow-service" in ran.stdout
    assert "pip install" in ran.stdout
    assert ran.returncode == 1


def test_nothing_of_headwater_loads_the_suite() -> None:
    program = (
        "import sys, headwater.cli, headwater.create.runner, headwater.profiles, headwater.sources\n"
        "headwater.connectors.registry.installed().all()\n"
        "unwanted = ('pytest', 'hypothesis', 'headwater.testing', 'headwater_authoring')\n"
        "print([name for name in sys.modules if name.startswith(unwanted)])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
