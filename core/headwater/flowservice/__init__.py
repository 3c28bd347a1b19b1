"""The platform client: Flow Service over HTTP, with everything that can go wrong there as one of our errors.

Public names resolve when first used, so that building an `Endpoint` loads neither requests nor tenacity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.lazy import lazily

if TYPE_CHECKING:
    from headwater.flowservice.endpoint import Endpoint
    from headwater.flowservice.models import (
        Connection,
        Flow,
        FlowSpec,
        Reference,
        RemoteSpec,
        Run,
        SourceConnection,
        TargetConnection,
    )
    from headwater.flowservice.service import FlowService

_HOME = {
    "Connection": "models",
    "Endpoint": "endpoint",
    "Flow": "models",
    "FlowService": "service",
    "FlowSpec": "models",
    "Reference": "models",
    "RemoteSpec": "models",
    "Run": "models",
    "SourceConnection": "models",
    "TargetConnection": "models",
}

__all__ = [
    "Connection",
    "Endpoint",
    "Flow",
    "FlowService",
    "FlowSpec",
    "Reference",
    "RemoteSpec",
    "Run",
    "SourceConnection",
    "TargetConnection",
]


__getattr__ = lazily(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
