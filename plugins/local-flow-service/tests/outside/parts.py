"""Clients of other people, each in a virtual environment of its own: parts of tests, never dependencies."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

_ROOT = Path(__file__).parents[4]
_SECONDS = 240  # for one environment


def python_with(*requirements: str) -> Path:
    """Return the interpreter of an environment with these distributions; skip the test where it cannot be made.

    It is kept beside the project's own environment, so that the next run finds it.
    """
    name = hashlib.sha256("\n".join(requirements).encode()).hexdigest()[:16]
    folder = _ROOT / ".venv" / "outside" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    python = folder / "bin" / "python"
    with FileLock(f"{folder}.lock", timeout=_SECONDS):
        if not (folder / "whole").exists():
            _make(folder, python, requirements)
    return python


def _make(folder: Path, python: Path, requirements: tuple[str, ...]) -> None:
    commands = (
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", *requirements],
    )
    for command in commands:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        if done.returncode:
            pytest.skip(f"{', '.join(requirements)} cannot be installed here")
    (folder / "whole").touch()
