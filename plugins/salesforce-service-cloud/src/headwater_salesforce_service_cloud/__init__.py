"""Salesforce Service Cloud: OAuth2 Client Credential, and the Basic Authentication that retired in January 2026."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater import AuthenticationSpec, ConnectionSpec, Field, hookimpl

if TYPE_CHECKING:
    from headwater.sources import SourceCredentials, SourceReader

_ENVIRONMENT_URL = "Base URL of the Salesforce instance to read from"
_EXAMPLE_URL = "https://acme-enterprise-3126.my.salesforce.com"


@hookimpl
def connection_spec() -> ConnectionSpec:
    """Return the specification; its tutorial prints the id without the first digit."""
    return ConnectionSpec(
        id="cb66ab34-8619-49cb-96d1-39b37ede86ea",
        name="Salesforce Service Cloud",
        platform_name="salesforce-service-cloud",
        category="customer-success",
        lifecycle_note="Basic Authentication deprecated January 2026; use OAuth2 Client Credential.",
        misprinted_ids=("b66ab34-8619-49cb-96d1-39b37ede86ea",),
        documentation="help/sources/tutorials/api/create/customer-success/salesforce-service-cloud.md",
    )


@hookimpl
def credential_schemas() -> tuple[AuthenticationSpec, ...]:
    """Return OAuth2 Client Credential first; Basic Authentication is still accepted."""
    return (_oauth2_client_credential(), _basic_authentication())


def _oauth2_client_credential() -> AuthenticationSpec:
    return AuthenticationSpec(
        "OAuth2 Client Credential",
        (
            Field(
                "environmentUrl",
                description=_ENVIRONMENT_URL,
                example=_EXAMPLE_URL,
                form="url",
            ),
            Field(
                "clientId",
                description="Client identifier (consumer key) of the OAuth2 application",
            ),
            Field(
                "clientSecret",
                secret=True,
                description="Secret that belongs to the client identifier",
            ),
            Field(
                "apiVersion",
                required=False,
                recommended=True,  # the tutorial always prints it
                description="Salesforce REST API version, written with a decimal part",
                example="60.0",
            ),
        ),
    )


def _basic_authentication() -> AuthenticationSpec:
    return AuthenticationSpec(
        "Basic Authentication",
        (
            Field(
                "username",
                description="Login name of the Salesforce user",
                example="acme-salesforce-service-cloud",
            ),
            Field(
                "password", secret=True, description="Password of the Salesforce user"
            ),
            Field(
                "securityToken",
                secret=True,
                description="Salesforce security token of the user",
            ),
            Field(
                "environmentUrl",
                required=False,
                recommended=True,
                description=_ENVIRONMENT_URL,
                example=_EXAMPLE_URL,
                form="url",
            ),
            Field(
                "apiVersion",
                required=False,
                recommended=True,
                description="Salesforce REST API version, written with a decimal part; the latest where left out",
                example="52.0",
            ),
        ),
        deprecated=True,
        note="deprecated January 2026; use OAuth2 Client Credential",
    )


@hookimpl
def open_source(credentials: SourceCredentials) -> SourceReader:
    """Return a reader of the organization's REST API."""
    from headwater_salesforce_service_cloud.reader import SalesforceReader

    return SalesforceReader(credentials)
