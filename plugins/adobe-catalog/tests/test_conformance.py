"""Every source of the catalogue keeps every rule of connectors, also where a plugin takes its place."""

from __future__ import annotations

from headwater.testing import ConnectorConformance


class TestCatalog(ConnectorConformance):
    distribution = "headwater-adobe-catalog"
