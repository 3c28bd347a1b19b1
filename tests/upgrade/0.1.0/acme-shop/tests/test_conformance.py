"""The connector keeps every rule of connectors."""

from __future__ import annotations

from headwater.testing import ConnectorConformance


class TestAcmeShop(ConnectorConformance):
    slug = "acme-shop"
