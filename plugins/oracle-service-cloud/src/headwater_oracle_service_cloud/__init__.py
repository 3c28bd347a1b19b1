"""Oracle Service Cloud: Basic Authentication against the host of the instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl

if TYPE_CHECKING:
    from headwater.sources import SourceCredentials, SourceReader


@hookimpl
def connection_spec() -> ConnectionSpec:
    """Return the specification, deprecated as a source since June 2025."""
    return ConnectionSpec(
        id="ba5126ec-c9ac-11eb-b8bc-0242ac130003",
        name="Oracle Service Cloud",
        category="customer-success",
        lifecycle="deprecated",
        lifecycle_note="Deprecated at the end of June 2025; Data Landing Zone is the suggested replacement.",
        documentation="help/sources/tutorials/api/create/customer-success/oracle-service-cloud.md",
    )


@hookimpl
def credential_schemas() -> tuple[AuthenticationSpec, ...]:
    """Return the one way to authenticate."""
    return (
        AuthenticationSpec(
            "Basic Authentication",
            (
                Field(
                    "host",
                    description="Host URL of the Oracle Service Cloud instance",
                    example="acme.custhelp.com",
                ),
                Field(
                    "username",
                    description="Login name of the Oracle Service Cloud user",
                ),
                Field(
                    "password",
                    secret=True,
                    description="Password of the Oracle Service Cloud user",
                ),
            ),
        ),
    )


@hookimpl
def open_source(credentials: SourceCredentials) -> SourceReader:
    """Return a reader of the site's REST interface."""
    from headwater_oracle_service_cloud.reader import OracleReader

    return OracleReader(credentials)
