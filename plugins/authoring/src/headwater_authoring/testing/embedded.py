"""The embedded Flow Service for tests: in the process, strict, with a store of its own."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

from headwater import profiles
from headwater.errors import NotConfigured
from headwater.flowservice import FlowService
from headwater.foreign import raise_bare
from headwater_authoring.testing.failures import ConformanceFailure, hidden

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__tracebackhide__ = hidden


@contextmanager
def embedded_service(folder: Path) -> Iterator[FlowService]:
    """Give a client of a fresh embedded service whose store lies in `folder`, whatever the environment configures.

    It is as strict as the platform. It knows the installed connectors. Raises `ConformanceFailure`, naming the
    distribution and the command, where the service is not installed.
    """
    profile = profiles.resolve(profiles.LOCAL, environ={})
    try:
        service = FlowService(profile.endpoint(), retries=0)
    except NotConfigured as error:
        raise_bare(ConformanceFailure(error.message, error.remedy))
    environ = {
        "HEADWATER_LOCAL_STORE": str(folder / "local.db"),
        "HEADWATER_LOCAL_STRICT": "1",
    }
    with service:
        with mock.patch.dict(os.environ, environ):
            os.environ.pop("HEADWATER_LOCAL_KEY", None)
            # This opens the store while the environment names it.
            next(iter(service.connections.list(limit=1)), None)
        yield service
