"""A connector made of nothing but a tenant's connection specification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater.connectors.connector import Connector
from headwater.connectors.hooks import hookimpl
from headwater.connectors.rendering import PROVIDERS
from headwater.models import LIFECYCLES, ConnectionSpec, Distribution, is_uuid
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
        spec = self.spec
        attributes = part(spec.raw, "attributes")
        kind = source_kind(spec)
        lifecycle = attributes.get("lifecycle")
        note = _string(attributes.get("lifecycleNote"))
        extra_payload = {}
        if kind == "streaming":
            extra_payload["providerId"] = PROVIDERS["streaming"]
        has_credentials = bool(authentication_of(spec))
        if not has_credentials:
            note = _NO_CREDENTIALS
        return ConnectionSpec(
            id=spec.id.lower(),
            version=spec.version or "1.0",
            name=display_name(spec) or spec.name or spec.id,
            platform_name=spec.name,
            category=_category(spec),
            ingestion="streaming" if kind == "streaming" else "batch",
            kind=kind,
            lifecycle=lifecycle if lifecycle in LIFECYCLES else "ga",
            lifecycle_note=note,
            documentation=_string(attributes.get("documentationLink")),
            extra_payload=extra_payload,
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
    if not is_uuid(spec.id.lower()):
        return False
    attributes = part(spec.raw, "attributes")
    is_source = attributes.get("isSource")
    if isinstance(is_source, bool):
        return is_source
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
    ui_attributes = part(
        part(part(spec.raw, "sourceSpec"), "attributes"), "uiAttributes"
    )
    for category in (
        attributes.get("category"),
        ui_attributes.get("category"),
        part(ui_attributes, "category").get("key"),
    ):
        if isinstance(category, str) and category.strip():
            return "-".join(category.lower().split())
    return "other"


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
