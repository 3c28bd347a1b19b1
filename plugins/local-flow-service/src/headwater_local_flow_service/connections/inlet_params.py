"""What the credentials of the HTTP API show besides what was sent: the inlet, and names that stand in by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.gateway import address
from headwater_local_flow_service.inlets import registry
from headwater_local_flow_service.kernel.kind import DRAFT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.store.store import Record, Store

# Written by the service; sent back as they were read, they are passed over.
WRITTEN: Final = ("inletUrl", "inletId")


def has_inlet(record: Record) -> bool:
    """Say whether a base connection is one that messages can be sent to."""
    is_whole = record.state != DRAFT and isinstance(record.document.get("auth"), dict)
    return is_whole and record.spec_id == registry.HTTP_API


def show(record: Record, document: dict[str, Any], store: Store) -> dict[str, Any]:
    """Return the document of a base connection with an inlet as it is read; no document of another is changed."""
    if not has_inlet(record):
        return document
    auth = document["auth"]
    params = auth.get("params") or {}
    id = registry.id_of(store, record.scope, record.id)
    name = record.document.get("name", "")
    shown = {
        "sourceId": params.get("sourceId", params.get("name", name)),
        "inletUrl": registry.url_of(address.current(), id),
        "authenticationRequired": params.get("authenticationRequired", False),
        "inletId": id,
        "dataType": params.get("dataType"),
        "name": params.get("name", name),
    }
    return document | {"auth": auth | {"params": shown | dict(params)}}


def drop(document: Mapping[str, Any], spec_id: str | None) -> dict[str, Any]:
    """Return a document without what the service writes into the credentials of the HTTP API."""
    kept = dict(document)
    auth = kept.get("auth")
    if spec_id != registry.HTTP_API or not isinstance(auth, dict):
        return kept
    params = auth.get("params")
    if isinstance(params, dict):
        own = {name: value for name, value in params.items() if name not in WRITTEN}
        kept["auth"] = auth | {"params": own}
    return kept
