"""Connections as they are shown: what a service does not mask, because it does not know better, is masked here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.errors import HeadwaterError
from headwater.models import map_secrets
from headwater.secret import MASK

if TYPE_CHECKING:
    from headwater.connectors.registry import Registry
    from headwater.flowservice import Connection
    from headwater.models import AuthenticationSpec


def mask_params(registry: Registry, connection: Connection) -> dict[str, Any]:
    """Return a connection as the service answered, with every secret field that its connector knows of masked."""
    shown = dict(connection.raw)
    if not connection.params:
        return shown
    params: dict[str, Any] = dict(connection.params)
    for spec in _list_specs(registry, connection):
        params = map_secrets(spec, params, lambda _path, _value: MASK)
    return {**shown, "auth": {**connection.raw["auth"], "params": params}}


def _list_specs(registry: Registry, connection: Connection) -> list[AuthenticationSpec]:
    """Return the authentication specifications that a connection may have been made with, as far as they are known."""
    try:
        specs = registry.find(connection.spec_id).connector.authentication
    except HeadwaterError:
        return []
    named = [spec for spec in specs if spec.spec_name == connection.auth_name]
    return named or list(specs)
