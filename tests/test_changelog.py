"""The changelog says what users get next."""

from __future__ import annotations

import re
from pathlib import Path

CHANGELOG = (Path(__file__).parent.parent / "CHANGELOG.md").read_text(encoding="utf-8")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def _unreleased() -> str:
    """Return what stands between the heading of the unreleased and the one below it."""
    head, _heading, rest = CHANGELOG.partition("\n## Unreleased\n")
    assert head == "# Changelog\n"
    return rest.partition("\n## ")[0]


def test_something_is_unreleased() -> None:
    assert re.search(r"^- \w", _unreleased(), re.MULTILINE)


def test_changes_are_of_a_kind_that_users_look_for() -> None:
    assert set(re.findall(r"^### (.*)$", CHANGELOG, re.MULTILINE)) <= KINDS
    assert _unreleased().strip().startswith("### "), "a change stands below its kind"
