"""Landing zones in a folder and in Azurite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from landing.zones_served import Served, azure_settings, azurite, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def landing(tmp_path: Path) -> Iterator[Served]:
    """Return a platform whose landing zone is a folder."""
    with serving(tmp_path) as landing:
        yield landing


@pytest.fixture(scope="session")
def azurite_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of an account of Azurite. Skips where that is not installed."""
    with azurite(tmp_path_factory.mktemp("azurite")) as url:
        yield url


@pytest.fixture(params=["folder", "azurite"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """Return a platform whose landing zone is a folder, or a container of Azurite."""
    settings = {}
    if request.param == "azurite":
        pytest.importorskip("obstore", reason="obstore is not installed")
        settings = azure_settings(request.getfixturevalue("azurite_url"))
        # Every test has a container of its own.
        settings["landing_zone"] = f"az://t{abs(hash(tmp_path)) % 10**10}"
    with serving(tmp_path, **settings) as landing:
        yield landing
