"""One machine for each version that has written something, upgraded to this checkout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from upgrade.machine import VERSIONS, Machine

if TYPE_CHECKING:
    from pathlib import Path

# the tests of a connector are there: test_wheels runs them
collect_ignore_glob = [
    "[0-9]*",
    "ledger",
]


@pytest.fixture(scope="session", params=VERSIONS, ids=lambda folder: folder.name)
def written(request: pytest.FixtureRequest) -> Path:
    """Return the folder of what a version wrote."""
    folder: Path = request.param
    return folder


@pytest.fixture
def machine(written: Path, tmp_path: Path) -> Machine:
    """Return a machine of one test's own, which it may change."""
    return Machine.upgraded(written, tmp_path / "machine")
