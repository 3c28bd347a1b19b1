"""Headwater: from "connector + credentials" to a validated base connection in Adobe Experience Platform, exactly once.

Public names resolve when first used, so that ``import headwater`` loads neither requests nor jsonschema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.lazy import lazily

if TYPE_CHECKING:
    from headwater.connector import Connector
    from headwater.errors import HeadwaterError
    from headwater.flowservice import Endpoint, FlowService
    from headwater.hooks import hookimpl
    from headwater.models import AuthenticationSpec, ConnectionSpec, Field, PayloadRequest, Problem
    from headwater.profiles import connect
    from headwater.registry import available, find, load
    from headwater.runner import Created, create_connection, open_source
    from headwater.secret import Secret

_HOME = {
    "AuthenticationSpec": "models",
    "ConnectionSpec": "models",
    "Connector": "connector",
    "Created": "runner",
    "Endpoint": "flowservice",
    "Field": "models",
    "FlowService": "flowservice",
    "HeadwaterError": "errors",
    "PayloadRequest": "models",
    "Problem": "models",
    "Secret": "secret",
    "available": "registry",
    "connect": "profiles",
    "create_connection": "runner",
    "find": "registry",
    "hookimpl": "hooks",
    "load": "registry",
    "open_source": "runner",
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
    "load",
    "open_source",
]


__getattr__ = lazily(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
