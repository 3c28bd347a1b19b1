"""Acme Shop, as a source of Adobe Experience Platform."""

from __future__ import annotations

from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl


@hookimpl
def connection_spec() -> ConnectionSpec:
    """Return what is fixed about the source."""
    return ConnectionSpec(
        id="2b7e9a54-6c1d-4f0e-9b8a-3d5c7e1f9042",
        name="Acme Shop",
        category="protocols",
    )


@hookimpl
def credential_schemas() -> list[AuthenticationSpec]:
    """Return the ways to authenticate, preferred first."""
    # The names of specifications and fields are the platform's: they go into auth.specName and auth.params.
    return [
        AuthenticationSpec(
            "API Key",
            [
                Field("host", description="Host name of the source", example="api.example.com"),
                Field("apiKey", secret=True, description="API key of an administrator"),
            ],
        )
    ]
