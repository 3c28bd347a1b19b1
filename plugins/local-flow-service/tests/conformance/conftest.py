"""The service, and a tenant in it to call its operations in."""

from __future__ import annotations

from collections import Counter
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
import requests
from conformance.world import World
from fake_oracle import FakeOracle, Serving

from headwater_local_flow_service import LocalAdapter, Settings, build_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headwater_local_flow_service.app import FlowServiceApp

ROOT = "http://embedded"  # schemathesis writes no other scheme
CALLER = {
    "Authorization": "Bearer anything",
    "x-api-key": "key",
    "x-gw-ims-org-id": "ACME@AdobeOrg",
    "x-sandbox-name": "prod",
}


_SENT = pytest.StashKey[Counter[str]]()


@pytest.fixture(scope="session")
def sent(pytestconfig: pytest.Config) -> Counter[str]:
    """Return how many requests of which kind have been sent; told at the end, so that the number can be quoted."""
    return pytestconfig.stash.setdefault(_SENT, Counter())


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Tell the numbers of the requests that were made up."""
    for kind, number in config.stash.get(_SENT, Counter()).items():
        terminalreporter.write_line(f"conformance requests, {kind}: {number}")


@pytest.fixture(scope="session")
def oracle_url() -> Iterator[str]:
    """Return where a small Oracle Service Cloud answers."""
    with Serving(FakeOracle()) as serving:
        yield serving.url


@pytest.fixture
def world(tmp_path: Path, oracle_url: str) -> Iterator[World]:
    """Return a fresh tenant of a fresh service."""
    with (
        closing(_application(tmp_path)) as application,
        _tenant(application, oracle_url) as found,
    ):
        yield found


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlowServiceApp]:
    """Return a service that many tests share: they take what is there as they find it."""
    with closing(_application(tmp_path_factory.mktemp("service"))) as application:
        yield application


@pytest.fixture(scope="module")
def lasting(application: FlowServiceApp, oracle_url: str) -> Iterator[World]:
    """Return a tenant of the shared service."""
    with _tenant(application, oracle_url) as found:
        # The first run says which column later ones go by: before a hostile body names another.
        assert found.run
        yield found


@pytest.fixture(scope="module")
def spoilt(application: FlowServiceApp, oracle_url: str) -> Iterator[World]:
    """Return another tenant of the shared service, who may store what nobody else should have to read."""
    with _tenant(application, oracle_url) as found:
        found.session.headers["x-gw-ims-org-id"] = "SPOILT@AdobeOrg"
        yield found


def _application(folder: Path) -> FlowServiceApp:
    return build_app(Settings(store=str(folder / "local.db")))


@contextmanager
def _tenant(application: FlowServiceApp, source: str) -> Iterator[World]:
    with requests.Session() as session:
        session.headers.update(CALLER)
        session.mount(ROOT, LocalAdapter(app=application))
        yield World(session, ROOT, source)
