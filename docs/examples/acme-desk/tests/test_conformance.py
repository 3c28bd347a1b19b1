"""Acme Desk keeps every rule of connectors."""

from __future__ import annotations

from headwater.testing import ConnectorConformance


class TestAcmeDesk(ConnectorConformance):
    slug = "acme-desk"
