"""A connector's connection specification as Flow Service prints it: for ``show --json`` and the embedded service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.credentials import validation

if TYPE_CHECKING:
    from headwater.connectors.connector import Connector

# Adobe's two providers of source connectors; the platform has used these ids in every environment.
PROVIDERS = {
    "batch": "0ed90a81-07f4-4586-8190-b40eccef1c5a",
    "streaming": "521eee4d-8cbe-4906-bb48-fb6bd4450033",
}


def render(connector: Connector) -> dict[str, Any]:
    """Return the connector as an element of ``/connectionSpecs``; `id` is None where it is not verified.

    `name` is the platform's own, and the slug where that is not known.
    """
    spec = connector.spec
    return {
        "id": spec.id,
        "name": spec.platform_name or connector.slug,
        "providerId": PROVIDERS[spec.ingestion],
        "version": spec.version,
        "authSpec": [validation.auth_spec(auth) for auth in connector.authentication],
        "attributes": _attributes(connector),
    }


def _attributes(connector: Connector) -> dict[str, Any]:
    spec = connector.spec
    facts = {
        "category": spec.category,
        "connectorName": spec.name,
        "isSource": True,
        "isDestination": False,
        "documentationLink": spec.documentation,
        "lifecycle": spec.lifecycle,
        "lifecycleNote": spec.lifecycle_note,
    }
    return {name: fact for name, fact in facts.items() if fact != ""}
