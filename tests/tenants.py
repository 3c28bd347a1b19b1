"""What the tests of a tenant's specifications share: specifications as a platform lists them, and a service of them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from headwater.connectors.connector import Connector
from headwater.connectors.hooks import hookimpl
from headwater.flowservice.models import remote_spec
from headwater.models import AuthenticationSpec, ConnectionSpec, Distribution, Field
from headwater_local_flow_service.app import build_app
from headwater_local_flow_service.faults.engine import Faults
from headwater_local_flow_service.faults.server import FaultServer
from headwater_local_flow_service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pytest

    from headwater.flowservice import RemoteSpec

PRIVATE = "7f3d1c52-0b8e-4a61-9c55-6f1d2e3a4b5c"
KEY = AuthenticationSpec(
    "Key",
    [
        Field("host"),
        Field("apiKey", secret=True),
        Field("port", "integer", required=False),
    ],
)


def raw(name: str = "acme-desk", id: str = PRIVATE, **changes: Any) -> dict[str, Any]:
    """Return a partner's specification as ``/connectionSpecs`` lists it."""
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {
            "host": {"type": "string"},
            "apiKey": {"type": "string", "format": "password"},
            "port": {"type": "integer"},
        },
        "required": ["host", "apiKey"],
    }
    return {
        "id": id,
        "name": name,
        "providerId": "0ed90a81-07f4-4586-8190-b40eccef1c5a",
        "version": "1.0",
        "authSpec": [{"name": "Key", "type": "KeyBased", "spec": schema}],
        "attributes": {
            "category": "Customer Success",
            "connectorName": "Acme Desk",
            "isSource": True,
        },
        **changes,
    }


def spec(name: str = "acme-desk", id: str = PRIVATE, **changes: Any) -> RemoteSpec:
    """Return the same as the platform client reads it."""
    return remote_spec(raw(name, id, **changes))


def connector(
    slug: str = "acme-desk",
    auth: Sequence[AuthenticationSpec] = (KEY,),
    distribution: str = "acme",
    **facts: Any,
) -> Connector:
    """Return a plugin's connector of that source."""

    class Source:
        @hookimpl
        def connection_spec(self) -> ConnectionSpec:
            return ConnectionSpec(
                **{
                    "id": PRIVATE,
                    "name": "Acme Desk",
                    "category": "customer-success",
                    **facts,
                }
            )

        @hookimpl
        def credential_schemas(self) -> Sequence[AuthenticationSpec]:
            return auth

    return Connector(slug, Source(), Distribution(distribution, "1.0"))


@contextlib.contextmanager
def served(
    folder: Path, connectors: Sequence[Connector], patch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Serve these connectors' specifications over HTTP, and let the environment lead every Headwater there."""
    app = build_app(Settings(store=str(folder / "served" / "local.db")), connectors)
    try:
        with FaultServer(app, Faults()) as server:
            variables = {
                "URL": server.url,
                "ORG_ID": "ACME@AdobeOrg",
                "SANDBOX": "prod",
                "API_KEY": "key",
            }
            for name, value in {
                **variables,
                "ACCESS_TOKEN": "any-token-will-do",
            }.items():
                patch.setenv(f"HEADWATER_{name}", value)
            yield server.url
    finally:
        app.close()
