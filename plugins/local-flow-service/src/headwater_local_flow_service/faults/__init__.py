"""Faults on demand: the embedded service, failing as its rules say. For tests, on this machine only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.lazy import lazily

if TYPE_CHECKING:
    from headwater_local_flow_service.faults.engine import Faults
    from headwater_local_flow_service.faults.rules import Plan, Rule
    from headwater_local_flow_service.faults.server import FaultServer

_HOME = {"FaultServer": "server", "Faults": "engine", "Plan": "rules", "Rule": "rules"}

__all__ = ["FaultServer", "Faults", "Plan", "Rule"]

__getattr__ = lazily(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
