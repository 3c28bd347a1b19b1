"""What the wheels of this checkout hold: all of the code, its types, and the licence."""

from __future__ import annotations

import configparser
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import alias_probe
import pytest

ROOT = Path(__file__).parent.parent
PROJECTS = [ROOT, *sorted(path.parent for path in ROOT.glob("plugins/*/setup.cfg"))]
UNWANTED = shutil.ignore_patterns("build", "dist", "*.egg-info", "__pycache__")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, zipfile.ZipFile]:
    """Build every distribution from a copy, so that nothing is left behind in the checkout; return them by name."""
    folder = tmp_path_factory.mktemp("wheels")
    copies = [
        _copied(project, folder / "sources" / _name(project)) for project in PROJECTS
    ]
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
    ]
    environment = os.environ | {"PIP_NO_INDEX": "1"}
    subprocess.run(
        [*command, "--wheel-dir", str(folder / "dist"), *map(str, copies)],
        env=environment,
        check=True,
    )
    built = {
        path.name.partition("-")[0]: zipfile.ZipFile(path)
        for path in (folder / "dist").glob("*.whl")
    }
    return {name.replace("_", "-"): wheel for name, wheel in built.items()}


def _name(project: Path) -> str:
    settings = configparser.RawConfigParser()
    settings.read(project / "setup.cfg", encoding="utf-8")
    return settings["metadata"]["name"]


def _code(project: Path) -> Path:
    return project / ("core" if project == ROOT else "src")


def _copied(project: Path, target: Path) -> Path:
    """Copy what builds a distribution: its code and the files beside it."""
    target.mkdir(parents=True)
    for path in project.iterdir():
        if path.is_file():
            shutil.copy(path, target)
    shutil.copytree(_code(project), target / _code(project).name, ignore=UNWANTED)
    return target


def _files(wheel: zipfile.ZipFile) -> set[PurePosixPath]:
    return {PurePosixPath(name) for name in wheel.namelist()}


@pytest.mark.parametrize("project", PROJECTS, ids=_name)
def test_a_wheel_holds_all_of_the_code(
    wheels: dict[str, zipfile.ZipFile], project: Path
) -> None:
    code = _code(project)
    sources = (
        path
        for path in code.rglob("*")
        if path.suffix in (".py", ".pyi", ".typed", ".json", ".template")
    )
    expected = {
        PurePosixPath(path.relative_to(code))
        for path in sources
        if ".egg-info" not in str(path)
    }
    assert expected - _files(wheels[_name(project)]) == set()


@pytest.mark.parametrize("project", PROJECTS, ids=_name)
def test_a_wheel_says_that_its_code_is_typed(
    wheels: dict[str, zipfile.ZipFile], project: Path
) -> None:
    files = _files(wheels[_name(project)])
    packages = {
        path.parts[0] for path in files if not path.parts[0].endswith(".dist-info")
    }
    assert packages
    assert {
        package
        for package in packages
        if PurePosixPath(package, "py.typed") not in files
    } == set()


@pytest.mark.parametrize("project", PROJECTS, ids=_name)
def test_a_wheel_holds_the_licence_and_names_it(
    wheels: dict[str, zipfile.ZipFile], project: Path
) -> None:
    wheel = wheels[_name(project)]
    [licence] = [
        name for name in wheel.namelist() if PurePosixPath(name).name == "LICENSE"
    ]
    assert wheel.read(licence) == (ROOT / "LICENSE").read_bytes()
    [metadata] = [
        name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")
    ]
    assert "Apache-2.0" in wheel.read(metadata).decode("utf-8").partition("\n\n")[0]


@pytest.fixture(scope="module")
def site(
    wheels: dict[str, zipfile.ZipFile], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Unpack core and the authoring kit, each into a folder of its own, as `pip install --target` does."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("headwater", "headwater-authoring"):
        wheels[name].extractall(folder / name)
    return folder


def _run_with(*paths: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    search_path = os.pathsep.join(map(str, paths))
    environment = os.environ | {"PYTHONPATH": search_path, "MYPYPATH": search_path}
    command = [sys.executable, *command]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("first", ["alias", "home", "threads"])
def test_the_authoring_kit_is_the_same_by_both_names(site: Path, first: str) -> None:
    ours = (site / "headwater", site / "headwater-authoring")
    probe = str(Path(alias_probe.__file__))
    run = _run_with(*ours, command=["-W", "error", probe, first])
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    assert [Path(path).parts[: len(site.parts) + 1] for path in report["from"]] == [
        path.parts for path in ours
    ]
    assert report["differences"] == []


def test_type_checkers_find_the_authoring_kit_by_both_names(
    site: Path, tmp_path: Path
) -> None:
    (tmp_path / "typed.py").write_text(
        "import headwater.testing\n"
        "from headwater.testing.canaries import Lookout, canary\n"
        "from headwater_authoring.testing import canaries, failures\n\n"
        'lookout: canaries.Lookout = Lookout([canary("seed")])\n'
        "kind: type[failures.ConformanceFailure] = headwater.testing.ConformanceFailure\n",
        encoding="utf-8",
    )
    options = ["--strict", "--cache-dir", str(tmp_path / "cache")]
    ours = (site / "headwater", site / "headwater-authoring")
    run = _run_with(*ours, command=["-m", "mypy", *options, str(tmp_path / "typed.py")])
    assert run.stdout == "Success: no issues found in 1 source file\n"


def test_core_alone_says_which_distribution_the_authoring_kit_is(site: Path) -> None:
    program = "import headwater.testing"
    run = _run_with(site / "headwater", command=["-S", "-c", program])
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1] == (
        "ModuleNotFoundError: headwater.testing comes with the distribution headwater-authoring, "
        "which is not installed; run `python -m pip install headwater-authoring`"
    )
