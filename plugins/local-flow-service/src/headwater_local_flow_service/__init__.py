"""The embedded Flow Service: a WSGI application, mounted in the process or served behind a port.

Public names resolve when first used, so that the command line can list `serve` without loading a database library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.lazy import lazily

if TYPE_CHECKING:
    from headwater_local_flow_service.adapter import LocalAdapter
    from headwater_local_flow_service.app import build_app
    from headwater_local_flow_service.settings import Client, Settings, Strictness
    from headwater_local_flow_service.store.storeerrors import StoreBusy, StoreError

_HOME = {
    "Client": "settings",
    "LocalAdapter": "adapter",
    "Settings": "settings",
    "StoreBusy": "store.storeerrors",
    "StoreError": "store.storeerrors",
    "Strictness": "settings",
    "build_app": "app",
}

__all__ = [
    "Client",
    "LocalAdapter",
    "Settings",
    "StoreBusy",
    "StoreError",
    "Strictness",
    "build_app",
]


__getattr__ = lazily(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
