"""The former name of `headwater.create`; it forwards, with a warning, for one minor version."""

from __future__ import annotations

from headwater.create import __all__  # noqa: F401 - the same names
from headwater.lazy import forward_moved

__getattr__ = forward_moved(__name__, "headwater.create")
