"""Drafts: where they may be made, and how they are published, from the base connection up.

The rules: docs/flow-service-operations.md#drafts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import lifecycle
from headwater_local_flow_service.kernel.kind import DRAFT, ENABLED
from headwater_local_flow_service.specs import stored_specs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from headwater_local_flow_service.gateway.gateway import Caller
    from headwater_local_flow_service.kernel.kind import Content
    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.store.store import Record, Scope


def check_offered(context: ServiceContext, scope: Scope, spec_id: str) -> None:
    """Refuse a draft where a connection specification does not support drafts. Raises `FlowError`."""
    with context.store.reading() as rows:
        spec = stored_specs.find_connection_spec(
            rows, context.catalog(), scope, spec_id
        )
    check_supported(spec or {})


def check_supported(spec: Mapping[str, Any]) -> None:
    """Refuse a draft where a specification does not say that it supports drafts. Raises `FlowError`."""
    attributes = spec.get("attributes")
    if isinstance(attributes, dict) and attributes.get("isDraftModeSupported") is True:
        return
    raise FlowError(
        "FLOW-1434-400",
        "mode=draft needs a specification whose isDraftModeSupported is true",
    )


def check_unpublished(record: Record, type: str) -> None:
    """Refuse to publish what is not a draft. Raises `FlowError`."""
    if record.state != DRAFT:
        raise FlowError(
            "FLOW-1422-400", "only a draft can be published", id=record.id, type=type
        )


def publish(record: Record, caller: Caller, content: Content) -> Record:
    """Return the row of a draft once it is published."""
    changed = lifecycle.revise_record(record, caller.client, content)
    return attrs.evolve(changed, state=ENABLED)
