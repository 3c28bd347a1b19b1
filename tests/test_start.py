"""Ctrl-C at any moment of a command, its imports included, ends it with 130 and without a traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

HEADWATER = str(Path(sys.executable).parent / "headwater")

# Python imports it before anything else; from then on it counts imports, and interrupts at the one that is named.
CUSTOMIZATION = """
import os, signal, sys

def watch(event, arguments):
    if event != "import" or "headwater.__main__" not in sys.modules:
        return
    name = arguments[0]
    if os.environ["MOMENT"] == "list":
        with open("imports", "a") as told:
            told.write(f"{name}\\n")
    elif os.environ["MOMENT"] == name:
        os.environ["MOMENT"] = ""
        os.kill(os.getpid(), signal.SIGINT)

sys.addaudithook(watch)
"""
COMMANDS = (
    ("list",),
    ("validate", "oracle-service-cloud", "-c", "given.json"),
    ("create", "oracle-service-cloud", "--name", "Desk", "-c", "given.json"),
    ("--version",),
    ("profiles", "list"),
)


@pytest.fixture(autouse=True)
def _customized(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text(CUSTOMIZATION)
    given = {"host": "a.example", "username": "u", "password": "correct-horse"}
    (tmp_path / "given.json").write_text(json.dumps(given))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.chdir(tmp_path)


def _imports(command: tuple[str, ...]) -> list[str]:
    environment = {**os.environ, "MOMENT": "list"}
    subprocess.run(
        [HEADWATER, *command], env=environment, capture_output=True, check=True
    )
    names = dict.fromkeys(Path("imports").read_text(encoding="utf-8").split())
    # The interpreter imports it while it ends, when the command is over.
    names.pop("gc", None)
    return list(names)


def _forget_store() -> None:
    """Remove what a command has made, its key included: whoever finds the key alone says that the store is lost."""
    shutil.rmtree("headwater-store", ignore_errors=True)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_interrupt_while_something_is_imported_ends_the_command_quietly(
    command: tuple[str, ...],
) -> None:
    names = _imports(command)
    assert "headwater.cli" in names
    step = max(1, len(names) // 8)
    for name in names[::step]:
        _forget_store()
        done = subprocess.run(
            [HEADWATER, *command],
            env={**os.environ, "MOMENT": name},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert "Traceback" not in done.stderr, (name, done.stderr)
        assert done.returncode == 130, (name, done.stderr)
        assert "interrupted" in done.stderr


@pytest.mark.parametrize("moment", [0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.5])
def test_an_interrupt_at_any_moment_shows_no_traceback_of_ours(moment: float) -> None:
    environment = {**os.environ, "MOMENT": ""}
    with subprocess.Popen(
        [HEADWATER, "doctor", "--offline"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        time.sleep(moment)
        process.send_signal(2)
        _out, told = process.communicate(timeout=60)
    # Until the package itself has been imported, a few thousandths of a second, the interpreter speaks for itself.
    for place in ("__main__.py", "headwater/cli"):
        assert "Traceback" not in told or place not in told


def test_an_interrupt_that_is_ignored_stays_ignored() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"trap '' INT; exec {HEADWATER} --version"],
        env={**os.environ, "MOMENT": "click"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split()[0]) == (0, "headwater,")


def test_the_package_can_be_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "headwater", "--version"],
        env={**os.environ, "MOMENT": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("headwater, version ")
