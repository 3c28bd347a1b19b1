"""The fixture ``flow_service``. This module loads with every pytest run, so it imports nothing until it is asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headwater_local_flow_service.testing import LocalFlowService

_MARKER = "flow_service(strict=True, **settings): settings and switches of the embedded Flow Service that the test gets"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, for runs with ``--strict-markers``."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def flow_service_settings() -> dict[str, Any]:
    """Return the settings of `flow_service`; override it to change them for a module or a project."""
    return {}


@pytest.fixture
def flow_service(
    tmp_path: Path,
    flow_service_settings: dict[str, Any],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[LocalFlowService]:
    """Return a fresh, strict Flow Service: `client`, `session()`, `serve()`, `env`, `faults(...)`.

    The marker ``flow_service`` and the fixture ``flow_service_settings`` change its settings; the nearest marker wins.
    The journal of creates is the test's own, too.
    """
    from headwater_local_flow_service.testing import LocalFlowService

    given = dict(flow_service_settings)
    for marker in reversed(list(request.node.iter_markers("flow_service"))):
        given |= marker.kwargs
    monkeypatch.setenv("HEADWATER_STATE_DIR", str(tmp_path / "flow-service-state"))
    with LocalFlowService(tmp_path / "flow-service", **given) as service:
        yield service
