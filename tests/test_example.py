"""An outsider's connector, installed into a venv beside an untouched core, is found and used."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a venv with core and the example installed; their dependencies are borrowed from the running one."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False, symlinks=True)
    site = Path(
        sysconfig.get_path(
            "purelib", "venv", {"base": str(folder), "platbase": str(folder)}
        )
    )
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    example = ROOT / "docs" / "examples" / "acme-desk"
    for source in (ROOT, example):
        copy = folder / source.name
        subprocess.run(
            ["cp", "-r", str(source), str(copy)], check=True
        ) if source == example else _copy_core(copy)
        pip = [
            str(folder / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
        ]
        subprocess.run(
            [*pip, "--no-index", "--ignore-installed", str(copy)], check=True
        )
    return folder


def _copy_core(target: Path) -> None:
    """Copy what builds the core distribution, so that building leaves nothing behind in the checkout."""
    target.mkdir()
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "core"):
        subprocess.run(["cp", "-r", str(ROOT / name), str(target / name)], check=True)


def _headwater(
    environment: Path, *arguments: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    command = [str(environment / "bin" / "headwater"), *arguments]
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, check=False
    )


def test_it_appears_in_the_list_with_its_distribution(environment: Path) -> None:
    listed = json.loads(_headwater(environment, "list", "--json").stdout)
    [acme] = [entry for entry in listed if entry["slug"] == "acme-desk"]
    assert acme["distribution"] == "headwater-acme-desk 1.0.0"
    assert acme["connectionSpec"] == {
        "id": "6b1c2e64-0c3f-4d0a-9a53-5f3f0f3f7f10",
        "version": "1.0",
    }


def test_core_is_the_installed_one_and_not_the_checkout(environment: Path) -> None:
    program = "import headwater; print(headwater.__file__)"
    found = subprocess.run(
        [str(environment / "bin" / "python"), "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.startswith(str(environment))


def test_it_validates(environment: Path) -> None:
    wrong = _headwater(
        environment,
        "validate",
        "acme-desk",
        "-c",
        "-",
        "--json",
        stdin='{"host": 5, "region": "Mars"}',
    )
    assert wrong.returncode == 2
    assert [
        (problem["field"], problem["rule"])
        for problem in json.loads(wrong.stdout)["problems"]
    ] == [
        ("host", "type"),
        ("apiKey", "required"),
        ("region", "enum"),
    ]


def test_it_builds_its_payload(environment: Path) -> None:
    good = '{"host": "acme.desk.example", "apiKey": "correct-horse", "region": "EU"}'
    shown = _headwater(
        environment, "payload", "acme-desk", "--name", "Desk", "-c", "-", stdin=good
    )
    assert json.loads(shown.stdout)["auth"] == {
        "specName": "API Key",
        "params": {"host": "acme.desk.example", "apiKey": "******", "region": "EU"},
    }


def test_it_passes_conformance(environment: Path) -> None:
    command = [
        str(environment / "bin" / "python"),
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests",
    ]
    # The authoring kit and the embedded service are borrowed from the checkout.
    borrowed = [
        str(ROOT / "plugins" / name / "src")
        for name in ("authoring", "files", "local-flow-service")
    ]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(borrowed)}
    ran = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=environ,
        cwd=environment / "acme-desk",
    )
    assert ran.returncode == 0, ran.stdout
    assert " passed" in ran.stdout
    assert "skipped" not in ran.stdout
