"""Core's own plugin: what happens where a connector does not say otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.connectors.hooks import hookimpl

if TYPE_CHECKING:
    from headwater.models import Payload, PayloadRequest


class Defaults:
    """Default hook implementations, for a connector that has none of its own.

    Below one that has, they would answer wherever it returns None by mistake: pluggy goes on to the next.
    """

    @hookimpl
    def build_payload(self, request: PayloadRequest) -> Payload:
        """Build the body both tutorials show: name, description, authentication, connection specification."""
        payload: Payload = {"name": request.name}
        if request.description is not None:
            payload["description"] = request.description
        payload["auth"] = {
            "specName": request.auth.spec_name,
            "params": dict(request.params),
        }
        payload["connectionSpec"] = {
            "id": request.spec.id,
            "version": request.spec.version,
        }
        return payload | dict(request.spec.extra_payload)
