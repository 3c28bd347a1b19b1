"""Keep every test away from the settings, the stores, the secrets and the signals of whoever runs it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from pathlib import Path


def pytest_configure() -> None:
    """Take Ctrl-C as usual: a shell that starts this in the background has it ignored, by all that is run here."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # How long one example takes says how busy the machine is, and nothing about what is tested.
    settings.register_profile(
        "checkout", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("checkout")


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith("HEADWATER_") and name != "HEADWATER_TEST_FULL":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HEADWATER_CONFIG", str(tmp_path / "headwater-config.toml"))
    monkeypatch.setenv("HEADWATER_SPECS", str(tmp_path / "headwater-specs"))
    monkeypatch.setenv("HEADWATER_STATE_DIR", str(tmp_path / "headwater-state"))
    monkeypatch.setenv(
        "HEADWATER_LOCAL_STORE", str(tmp_path / "headwater-store" / "local.db")
    )
    # Only this checkout uses it; a pytest that a test starts would import it for a second.
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:schemathesis")
