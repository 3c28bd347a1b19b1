"""Programs of other people, each in an environment of its own: parts of tests, never dependencies."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

_ROOT = Path(__file__).parents[4]
_SECONDS = 240  # for one environment
_ENVIRONMENT = dict(os.environ)  # read before the tests clear it


def python_with(*requirements: str) -> Path:
    """Return the interpreter of an environment with these distributions; skip the test where it cannot be made.

    It is kept beside the project's own environment, so that the next run finds it.
    """
    python = Path("bin") / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    commands = (
        [sys.executable, "-m", "venv", "--clear", "--without-pip", "."],
        # Our own pip, and nothing compiled that is never imported: half of the time went into these two.
        [*pip, "install", "--quiet", "--no-compile", *requirements],
    )
    return _folder_with(requirements, commands) / python


def node_program(package: str, name: str) -> Path:
    """Return a program of a package of npm, which is kept like `python_with`'s; skip where it cannot be had."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"{package} needs npm, which is not installed")
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", package]
    folder = _folder_with((package,), (command,))
    return folder / "node_modules" / ".bin" / name


def _folder_with(
    requirements: tuple[str, ...], commands: tuple[list[str], ...]
) -> Path:
    """Return a folder in which these commands have been run, once for all runs of the tests."""
    name = hashlib.sha256("\n".join(requirements).encode()).hexdigest()[:16]
    folder = _ROOT / ".venv" / "outside" / name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock", timeout=_SECONDS):
        whole = folder / "whole"
        if not whole.exists():
            _run(folder, commands, ", ".join(requirements))
            whole.touch()
    return folder


def _run(folder: Path, commands: tuple[list[str], ...], what: str) -> None:
    for command in commands:
        done = subprocess.run(
            command,
            capture_output=True,
            cwd=folder,
            env=_ENVIRONMENT,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"{what} cannot be installed here")
