"""The README's first screen is a real session: its commands are run, and print what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
SESSIONS = re.findall(r"```console\n(.*?)```", README.partition("\n## ")[0], re.DOTALL)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def _run(command: str, folder: Path) -> str:
    """Return what a command prints on a terminal: what it notes first, then its result."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=os.environ | {"PATH": programs, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return f"$ {command}\n{result.stderr}{result.stdout}"


@pytest.mark.parametrize("session", SESSIONS, ids=["create", "validate"])
def test_the_first_examples_print_what_the_readme_says(
    session: str, tmp_path: Path
) -> None:
    commands = [line[2:] for line in session.splitlines() if line.startswith("$ ")]
    printed = "".join(_run(command, tmp_path) for command in commands)
    assert UUID.sub("x", printed) == UUID.sub("x", session)


def test_the_first_screen_is_one_sentence_then_an_example() -> None:
    head, sentence, fence = README.split("\n\n")[:3]
    assert head == "# Headwater"
    assert sentence.count(". ") == 0
    assert fence.startswith("```console")


def test_every_link_leads_somewhere() -> None:
    root = Path(__file__).parent.parent
    pages = [
        *root.glob("*.md"),
        *(root / "docs").glob("*.md"),
        root / "tests" / "upgrade" / "README.md",
    ]
    broken = [
        f"{page.name}: {link}"
        for page in pages
        for link in re.findall(
            r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")
        )
        if not (page.parent / link).exists()
    ]
    assert broken == []
