"""Connectors: the hooks a plugin implements, one loaded connector, and the registry of those installed.

Public names resolve when first used, so that ``import headwater`` loads no pluggy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.lazy import lazily

if TYPE_CHECKING:
    from headwater.connectors.connector import Connector
    from headwater.connectors.hooks import hookimpl
    from headwater.connectors.registry import Registry, available, find, installed, load

_HOME = {
    "Connector": "connector",
    "Registry": "registry",
    "available": "registry",
    "find": "registry",
    "hookimpl": "hooks",
    "installed": "registry",
    "load": "registry",
}

__all__ = [
    "Connector",
    "Registry",
    "available",
    "find",
    "hookimpl",
    "installed",
    "load",
]


__getattr__ = lazily(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
