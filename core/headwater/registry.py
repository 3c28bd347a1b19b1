"""The former name of `headwater.connectors.registry`; it forwards, with a warning, for one minor version."""

from __future__ import annotations

from headwater.lazy import forward_moved

__all__ = ["Found", "Registry", "available", "find", "installed", "load"]  # noqa: F822 - forwarded

__getattr__ = forward_moved(
    __name__, "headwater.connectors.registry", {"Found": "ConnectorMatch"}
)
