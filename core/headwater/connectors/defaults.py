"""Core's own plugin below every connector: what happens where a connector does not say otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.connectors.hooks import hookimpl

if TYPE_CHECKING:
    from headwater.models import Payload, PayloadRequest


class Defaults:
    """Default hook implementations, asked last."""

    @hookimpl(trylast=True)
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
