"""A connector made of nothing but a tenant's connection specification."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import attrs

from headwater.connectors.connector import Connector
from headwater.connectors.hooks import hookimpl
from headwater.connectors.rendering import PROVIDERS
from headwater.models import LIFECYCLES, ConnectionSpec, Distribution
from headwater.tenant.authspecs import authentication_of
from headwater.tenant.names import display_name, part

if TYPE_CHECKING:
    from headwater.flowservice import RemoteSpec
    from headwater.models import AuthenticationSpec
    from headwater.tenant.pulled import Pulled

ORIGIN = "tenant specifications"

_NO_CREDENTIALS = (
    "its specification has no authSpec that can be read: see `headwater specs show`"
)


class TenantConnector(Connector):
    """A connector that no plugin brought."""

    from_tenant = True


@attrs.frozen(eq=False)
class _Source:
    """The hooks, answered from a specification."""

    spec: RemoteSpec

    @hookimpl
    def connection_spec(self) -> ConnectionSpec:
        attributes = part(self.spec.raw, "attributes")
        kind = source_kind(self.spec)
        streaming = kind == "streaming"
        has_credentials = bool(authentication_of(self.spec))
        return ConnectionSpec(
            id=self.spec.id.lower(),
            version=self.spec.version or "1.0",
            name=display_name(self.spec) or self.spec.name or self.spec.id,
            category=_category(self.spec),
            ingestion="streaming" if streaming else "batch",
            kind=kind,
            lifecycle=_one_of(LIFECYCLES, attributes.get("lifecycle"), "ga"),
            lifecycle_note=_text(attributes.get("lifecycleNote"))
            if has_credentials
            else _NO_CREDENTIALS,
            documentation=_text(attributes.get("documentationLink")),
            extra_payload={"providerId": PROVIDERS["streaming"]} if streaming else {},
            base_connection=has_credentials,
        )

    @hookimpl
    def credential_schemas(self) -> tuple[AuthenticationSpec, ...]:
        return authentication_of(self.spec)


def distribution_of(pulled: Pulled) -> Distribution:
    """Return what stands in the place of a plugin's distribution."""
    return Distribution(ORIGIN, pulled.label)


def connector_of(
    spec: RemoteSpec, slug: str, distribution: Distribution
) -> TenantConnector:
    """Return the connector of a specification that `is_usable`."""
    return TenantConnector(slug, _Source(spec), distribution)


def is_usable(spec: RemoteSpec) -> bool:
    """Say whether a specification is one of a source, under an id that a request can name.

    A tenant lists its destinations and the data lake as well.
    """
    try:
        if str(uuid.UUID(spec.id)) != spec.id.lower():
            return False
    except ValueError:
        return False
    attributes = part(spec.raw, "attributes")
    if isinstance(attributes.get("isSource"), bool):
        return bool(attributes["isSource"])
    if attributes.get("isDestination") is True:
        return False
    return bool(part(spec.raw, "sourceSpec")) or not part(spec.raw, "targetSpec")


def source_kind(spec: RemoteSpec) -> str:
    """Return how a source's data comes: ``table``, ``file`` or ``streaming``."""
    if spec.raw.get("providerId") == PROVIDERS["streaming"]:
        return "streaming"
    if part(spec.raw, "exploreSpec").get("type") == "FileSystem":
        return "file"
    return "table"


def _category(spec: RemoteSpec) -> str:
    attributes = part(spec.raw, "attributes")
    shown = part(part(part(spec.raw, "sourceSpec"), "attributes"), "uiAttributes")
    for given in (
        attributes.get("category"),
        shown.get("category"),
        part(shown, "category").get("key"),
    ):
        if isinstance(given, str) and given.strip():
            return "-".join(given.lower().split())
    return "other"


def _one_of(known: tuple[str, ...], given: Any, default: str) -> str:
    return given if isinstance(given, str) and given in known else default


def _text(given: Any) -> str:
    return given if isinstance(given, str) else ""
