"""The connector keeps every rule of connectors."""

from __future__ import annotations

from headwater.testing import ConnectorConformance


class TestOracleServiceCloud(ConnectorConformance):
    slug = "oracle-service-cloud"
