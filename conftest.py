"""Keep every test away from the settings, the stores and the secrets of whoever runs it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith("HEADWATER_") and name != "HEADWATER_TEST_FULL":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HEADWATER_CONFIG", str(tmp_path / "headwater-config.toml"))
    monkeypatch.setenv("HEADWATER_LOCAL_STORE", str(tmp_path / "headwater-store" / "local.db"))
