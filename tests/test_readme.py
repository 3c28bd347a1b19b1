"""The README's first screen is a real session: its commands are run, and print what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
CHANGING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{8}(?=-0000-)|6b[0-9a-f]{6}"
)


def _session() -> tuple[list[str], str]:
    """Return the commands of the first block, and the whole of it as it should appear."""
    block = README.split("```console\n", 1)[1].split("```", 1)[0]
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")], block


def _same(text: str) -> str:
    return re.sub(r'"etag": "[^\n]*"', '"etag"', CHANGING.sub("x", text))


def test_the_first_example_prints_what_the_readme_says(tmp_path: Path) -> None:
    commands, expected = _session()
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    environment["PYTHONUNBUFFERED"] = "1"
    printed = ""
    for command in commands:
        result = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        # A person sees both streams; with --json the notes come after the result.
        told = (
            result.stdout + result.stderr
            if "--json" in command
            else result.stderr + result.stdout
        )
        printed += f"$ {command}\n{told}"
    assert _same(printed) == _same(expected)


def test_the_first_screen_is_one_sentence_then_an_example() -> None:
    head, sentence, fence = README.split("\n\n")[:3]
    assert head == "# Headwater"
    assert sentence.count(". ") == 0
    assert fence.startswith("```console")


def test_every_link_leads_somewhere() -> None:
    root = Path(__file__).parent.parent
    pages = [
        root / "README.md",
        root / "CONTRIBUTING.md",
        *(root / "docs").glob("*.md"),
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
