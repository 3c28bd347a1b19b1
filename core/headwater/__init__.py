"""Headwater: from "connector + credentials" to a validated base connection in Adobe Experience Platform, exactly once.

Public names resolve when first used, so that ``import headwater`` loads neither requests nor jsonschema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.lazy import lazily

if TYPE_CHECKING:
    from headwater.connectors.connector import Connector
    from headwater.connectors.hooks import hookimpl
    from headwater.connectors.registry import available, find, load
    from headwater.create.runner import Created, create_connection, open_source
    from headwater.errors import HeadwaterError
    from headwater.flowservice import Endpoint, FlowService
    from headwater.models import (
        AuthenticationSpec,
        ConnectionSpec,
        Field,
        PayloadRequest,
        Problem,
        iter_fields,
        map_secrets,
    )
    from headwater.profiles import connect
    from headwater.secret import Secret

_HOME = {
    "AuthenticationSpec": "models",
    "ConnectionSpec": "models",
    "Connector": "connectors.connector",
    "Created": "create.runner",
    "Endpoint": "flowservice",
    "Field": "models",
    "FlowService": "flowservice",
    "HeadwaterError": "errors",
    "PayloadRequest": "models",
    "Problem": "models",
    "Secret": "secret",
    "available": "connectors.registry",
    "connect": "profiles",
    "create_connection": "create.runner",
    "find": "connectors.registry",
    "hookimpl": "connectors.hooks",
    "iter_fields": "models",
    "load": "connectors.registry",
    "map_secrets": "models",
    "open_source": "create.runner",
}

__all__ = [
    "AuthenticationSpec",
    "ConnectionSpec",
    "Connector",
    "Created",
    "Endpoint",
    "Field",
    "FlowService",
    "HeadwaterError",
    "PayloadRequest",
    "Problem",
    "Secret",
    "available",
    "connect",
    "create_connection",
    "find",
    "hookimpl",
    "iter_fields",
    "load",
    "map_secrets",
    "open_source",
]


__getattr__ = lazily(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
