"""The connector keeps every rule of connectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fake_salesforce import FakeSalesforce, serving
from salesforce_world import oauth, unhurried

from headwater.testing import ConnectorConformance

if TYPE_CHECKING:
    from collections.abc import Iterator


class TestSalesforceServiceCloud(ConnectorConformance):
    slug = "salesforce-service-cloud"

    @pytest.fixture
    def source(self) -> Iterator[dict[str, Any]]:
        with serving(FakeSalesforce()) as served, unhurried():
            yield oauth(served.url)
