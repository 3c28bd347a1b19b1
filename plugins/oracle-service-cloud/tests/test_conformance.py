"""The connector keeps every rule of connectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fake_oracle import PASSWORD, USER, FakeOracle, Serving

from headwater.testing import ConnectorConformance

if TYPE_CHECKING:
    from collections.abc import Iterator


class TestOracleServiceCloud(ConnectorConformance):
    slug = "oracle-service-cloud"

    @pytest.fixture
    def source(self) -> Iterator[dict[str, Any]]:
        with Serving(FakeOracle()) as serving:
            yield {"host": serving.url, "username": USER, "password": PASSWORD}
