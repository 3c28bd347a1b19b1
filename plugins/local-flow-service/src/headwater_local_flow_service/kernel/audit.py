"""What the service itself writes on every object: who, when, where."""

from __future__ import annotations

import functools
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headwater_local_flow_service.store.store import Record, Scope

_SANDBOX_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "https://headwater.invalid/sandboxes")


def audit_block(record: Record) -> dict[str, Any]:
    """Return what the service writes on every object: who, when, where."""
    return {
        "id": record.id,
        "createdAt": record.created_at,
        "updatedAt": record.updated_at,
        "createdBy": record.created_by,
        "updatedBy": record.updated_by,
        "createdClient": record.created_by,
        "updatedClient": record.updated_by,
        "sandboxId": sandbox_id(record.scope),
        "sandboxName": record.scope.sandbox,
        "imsOrgId": record.scope.org,
    }


@functools.lru_cache(maxsize=1024)
def sandbox_id(scope: Scope) -> str:
    """Return the id of a sandbox, the same in every store."""
    return str(uuid.uuid5(_SANDBOX_IDS, f"{scope.org}/{scope.sandbox}"))


def reference(record: Record) -> dict[str, Any]:
    """Return what nearly every write answers."""
    return {"id": record.id, "etag": record.etag}
