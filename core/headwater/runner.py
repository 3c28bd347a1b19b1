"""The former name of `headwater.create`; it forwards, with a notice, for one minor version."""

from __future__ import annotations

from headwater.lazy import moved

__getattr__ = moved(__name__, "headwater.create")
