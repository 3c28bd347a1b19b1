"""The embedded Flow Service: a WSGI application, mounted in the process or served behind a port.

Public names resolve when first used, so that the command line can list `serve` without loading a database library.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headwater_local_flow_service.adapter import LocalAdapter
    from headwater_local_flow_service.app import build_app
    from headwater_local_flow_service.settings import Client, Settings, Strictness
    from headwater_local_flow_service.storeerrors import StoreBusy, StoreError

_HOME = {
    "Client": "settings",
    "LocalAdapter": "adapter",
    "Settings": "settings",
    "StoreBusy": "storeerrors",
    "StoreError": "storeerrors",
    "Strictness": "settings",
    "build_app": "app",
}

__all__ = ["Client", "LocalAdapter", "Settings", "StoreBusy", "StoreError", "Strictness", "build_app"]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'headwater_local_flow_service' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"headwater_local_flow_service.{home}"), name)
    globals()[name] = value
    return value
