"""Acme Desk: a made-up help desk with an API key, as an example of a connector of one's own."""

from __future__ import annotations

from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl


@hookimpl
def connection_spec() -> ConnectionSpec:
    """Return what is fixed about the source."""
    return ConnectionSpec(
        id="6b1c2e64-0c3f-4d0a-9a53-5f3f0f3f7f10",
        name="Acme Desk",
        category="customer-success",
        lifecycle="beta",
    )


@hookimpl
def credential_schemas() -> list[AuthenticationSpec]:
    """Return the ways to authenticate, preferred first."""
    return [
        AuthenticationSpec(
            "API Key",
            [
                Field(
                    "host",
                    description="Host name of the desk",
                    example="acme.desk.example",
                ),
                Field(
                    "apiKey", secret=True, description="API key of a desk administrator"
                ),
                Field(
                    "region",
                    required=False,
                    enum=("EU", "US"),
                    description="Where the desk is kept",
                ),
            ],
        )
    ]
