"""The tutorial is a real session, and what `headwater new` makes is installed beside an untouched core and found."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path
from typing import Any

import pytest

from headwater_authoring import scaffold

ROOT = Path(__file__).parents[3]
TUTORIAL = ROOT / "docs" / "add-a-source.md"
CHANGING = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<= in )[0-9.]+s")
BLOCK = re.compile(
    r"(?:^<!-- (?P<file>\S+) -->\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
PIP = ("python", "-m", "pip", "install", "--quiet", "--no-deps", "--ignore-installed")


class Machine:
    """A venv with core and the plugins of this checkout; other dependencies are borrowed from the running one."""

    def __init__(self, folder: Path) -> None:
        self.venv = folder / "venv"
        venv.create(self.venv, with_pip=False, symlinks=True)
        base = {"base": str(self.venv), "platbase": str(self.venv)}
        site = Path(sysconfig.get_path("purelib", "venv", base))
        (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
        ours = [
            _copied(ROOT, folder / "core"),
            *(_copied(path, folder / path.name) for path in ROOT.glob("plugins/*")),
        ]
        self.run(*PIP, *map(str, ours), here=folder)

    def environment(self, here: Path) -> dict[str, str]:
        """Return what commands see: pip asks no index, and the embedded service keeps its store in `here`."""
        return os.environ | {
            "PATH": f"{self.venv / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HEADWATER_CONFIG": str(here / "config.toml"),
            "HEADWATER_SPECS": str(here / "specs"),
            "HEADWATER_LOCAL_STORE": str(here / "local.db"),
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this one backwards: no isolation
            "PYTEST_ADDOPTS": "-p no:cacheprovider -p no:schemathesis",
            "PYTHONUNBUFFERED": "1",
        }

    def run(self, *command: str, here: Path) -> str:
        """Run a command that must succeed, and return its standard output."""
        done = subprocess.run(
            command, cwd=here, env=self.environment(here), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def listed(self, here: Path) -> dict[str, Any]:
        """Return what `headwater list` says, by slug."""
        return {
            entry["slug"]: entry
            for entry in json.loads(self.run("headwater", "list", "--json", here=here))
        }


def _copied(source: Path, target: Path) -> Path:
    """Copy what builds a distribution, so that building leaves nothing behind in the checkout."""
    target.mkdir()
    unwanted = shutil.ignore_patterns("build", "dist", "*.egg-info", "__pycache__")
    for path in source.iterdir():
        if path.name in ("core", "src"):
            shutil.copytree(path, target / path.name, ignore=unwanted)
        elif path.is_file():
            shutil.copy(path, target)
    return target


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Make the venv once for all tests of this file; each installs a connector of its own."""
    return Machine(tmp_path_factory.mktemp("machine"))


def _played(machine: Machine, text: str, here: Path) -> str:
    """Return the tutorial with its files written, its commands run, and their output in the place of what it prints."""
    place = here
    environment = machine.environment(here)

    def play(match: re.Match[str]) -> str:
        nonlocal place
        if match["file"]:
            (here / match["file"]).write_text(match["text"], encoding="utf-8")
        if match["kind"] != "console":
            return match[0]
        printed = ""
        for line in match["text"].splitlines():
            if line.startswith("$ cd "):
                place /= line.removeprefix("$ cd ")
                printed += f"{line}\n"
            elif line.startswith("$ "):
                done = subprocess.run(
                    line[2:], shell=True, cwd=place, env=environment, stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                )  # fmt: skip
                printed += f"{line}\n{done.stdout}"
        return f"```console\n{printed}```"

    return BLOCK.sub(play, text)


def test_the_tutorial_prints_what_it_says(machine: Machine, tmp_path: Path) -> None:
    text = TUTORIAL.read_text(encoding="utf-8")
    played = _played(machine, text, tmp_path)
    assert CHANGING.sub("x", played) == CHANGING.sub("x", text)
    assert [path.name for path in tmp_path.glob("*/dist/*.whl")] == [
        "headwater_acme_desk-0.1.0-py3-none-any.whl"
    ]


def test_the_tutorials_connector_is_the_example() -> None:
    example = (
        ROOT
        / "docs"
        / "examples"
        / "acme-desk"
        / "src"
        / "headwater_acme_desk"
        / "__init__.py"
    )
    [module] = [
        match["text"]
        for match in BLOCK.finditer(TUTORIAL.read_text())
        if match["file"] and "src" in match["file"]
    ]
    assert module == example.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--spec-id", "0c3f4d0a-9a53-4f5c-8e2b-6b1c2e640c3f"),
        ("--name", "50% off", "--category=crm"),
        (
            "--name=--help ''' %(name)s ${x} %{slug} {}",
            "--category",
            "crm",
            "--into=-my desk 50%",
        ),
        ("--name", "Büro # 日本 😀", "--category=crm", "--package", "x" * 100),
    ],
    ids=["no id", "id", "a percent sign", "marks of syntax", "unicode and length"],
)
def test_untouched_it_installs_from_its_wheel_and_passes_its_tests(
    machine: Machine, tmp_path: Path, options: tuple[str, ...]
) -> None:
    before = machine.listed(tmp_path)
    slug = f"acme-{len(options)}"
    made = json.loads(
        machine.run("headwater", "new", slug, *options, "--json", here=tmp_path)
    )
    folder = tmp_path / made["folder"]
    assert len(made["files"]) == len(scaffold.files(scaffold.plan_connector(slug)))
    machine.run(
        "python",
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        "dist",
        ".",
        here=folder,
    )
    [wheel] = (folder / "dist").iterdir()
    machine.run(*PIP, str(wheel), here=tmp_path)
    after = machine.listed(tmp_path)
    listed = after.pop(slug)
    assert listed["distribution"] == f"{made['distribution']} 0.1.0"
    assert listed["name"] == made["name"]
    assert after == before
    told = machine.run("python", "-m", "pytest", here=folder)
    assert re.search(r"^=+ 13 passed in ", told, re.MULTILINE)


def test_one_named_like_a_source_of_the_catalogue_replaces_it(
    machine: Machine, tmp_path: Path
) -> None:
    before = machine.listed(tmp_path)
    assert before["hubspot"]["distribution"] == "headwater-adobe-catalog 0.1.0"
    machine.run("headwater", "new", "hubspot", here=tmp_path)
    machine.run(*PIP, "--editable", "headwater-hubspot", here=tmp_path)
    after = machine.listed(tmp_path)
    assert after["hubspot"] == before["hubspot"] | {
        "auth": ["API Key"],
        "lifecycle": "ga",
        "distribution": "headwater-hubspot 0.1.0",
    }
    assert {**after, "hubspot": None} == {**before, "hubspot": None}
    shown = machine.run("headwater", "show", "hubspot", here=tmp_path)
    assert re.search(r"^distribution +headwater-hubspot 0\.1\.0$", shown, re.MULTILINE)
    assert " passed" in machine.run(
        "python", "-m", "pytest", here=tmp_path / "headwater-hubspot"
    )
