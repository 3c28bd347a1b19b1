"""The hooks a connector implements. Hooks only ever gain arguments; docs/hooks.md says since when each exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.models import (
        AuthenticationSpec,
        ConnectionSpec,
        Payload,
        PayloadRequest,
    )
    from headwater.sources import SourceCredentials, SourceReader

PROJECT = "headwater"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec(firstresult=True)
def connection_spec() -> ConnectionSpec:  # type: ignore[empty-body]
    """Return the source's connection specification. Required."""


@hookspec(firstresult=True)
def credential_schemas() -> Sequence[AuthenticationSpec]:  # type: ignore[empty-body]
    """Return the authentication specifications the source accepts, preferred first. Required."""


@hookspec(firstresult=True)
def build_payload(request: PayloadRequest) -> Payload:  # type: ignore[empty-body]
    """Return the body for ``POST /connections``. Core has a default; override it to differ."""


@hookspec(firstresult=True)
def open_source(credentials: SourceCredentials) -> SourceReader:  # type: ignore[empty-body]
    """Return a reader for direct access to the source; sends nothing yet. Optional."""
