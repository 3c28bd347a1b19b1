"""The former name of `headwater.create`; it forwards, with a warning, for one minor version."""

from __future__ import annotations

from headwater.lazy import forward_moved

__all__ = [  # noqa: F822 - forwarded
    "Created",
    "Prepared",
    "check_creatable",
    "choose",
    "create_connection",
    "ensure",
    "open_source",
    "prepare",
    "problems",
]

__getattr__ = forward_moved(__name__, "headwater.create")
