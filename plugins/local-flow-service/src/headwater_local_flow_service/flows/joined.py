"""What a dataflow joins: one source connection and one target connection, and what it inherits from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.connections import connected
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import bodies, transitions
from headwater_local_flow_service.kernel.kind import DRAFT
from headwater_local_flow_service.kernel.lifecycle import is_id
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.store.store import Record, Rows, Scope

SOURCES: Final = "sourceConnectionIds"
TARGETS: Final = "targetConnectionIds"
NAMES: Final = (SOURCES, TARGETS)
_TABLES: Final = {
    SOURCES: tables.source_connections,
    TARGETS: tables.target_connections,
}


@attrs.frozen
class Joined:
    """The rows a dataflow names; a draft may lack either."""

    source: Record | None
    target: Record | None

    @property
    def drafts(self) -> bool:
        """Whether either is still a draft."""
        return any(
            one is not None and one.state == DRAFT for one in (self.source, self.target)
        )

    def inherited(self, flow_spec: Mapping[str, Any]) -> dict[str, Any]:
        """Return the ``inheritedAttributes`` of the dataflow."""
        from_source = (flow_spec.get("attributes") or {}).get(
            "isSourceFlow"
        ) is not False
        return {
            "properties": {
                "isSourceFlow" if from_source else "isDestinationFlow": True
            },
            "sourceConnections": [_reference(self.source)] if self.source else [],
            "targetConnections": [_reference(self.target)] if self.target else [],
        }


def check_ids(document: Mapping[str, Any], *, draft: bool) -> None:
    """Check that there is exactly one id of each; a draft may lack them. Raises `FlowError`."""
    for name in _TABLES:
        ids = bodies.read_field(document, name, "array")
        if not ids:
            if draft and ids is None:
                continue
            raise FlowError(
                "CONNECTOR-1320-400", f"{name} is empty: name one connection"
            )
        if len(ids) != 1:
            raise FlowError(
                "CONNECTOR-1321-400", f"{name} must name exactly one connection"
            )
        if not isinstance(ids[0], str) or not ids[0].strip():
            raise FlowError("CONNECTOR-1338-400", f"{name} holds no id of a connection")


def found(rows: Rows, scope: Scope, document: Mapping[str, Any]) -> Joined:
    """Return the rows that a document names. Raises `FlowError` for ids of nothing in this sandbox."""
    return Joined(*(_found(rows, scope, document, name) for name in (SOURCES, TARGETS)))


def check_specs(joined: Joined, flow_spec: Mapping[str, Any]) -> None:
    """Check that the flow specification is for these connections. Raises `FlowError`."""
    if joined.source is not None and not _takes(
        flow_spec, "sourceConnectionSpecIds", joined.source
    ):
        raise FlowError(
            "CONNECTOR-1305-400",
            "flowSpec.id is not for the source of this source connection",
        )
    if joined.target is not None and not _takes(
        flow_spec, "targetConnectionSpecIds", joined.target
    ):
        raise FlowError(
            "CONNECTOR-1307-400", "flowSpec.id is not for this target connection"
        )


def check_published(joined: Joined) -> None:
    """Refuse to join drafts. Raises `FlowError`."""
    if joined.drafts:
        raise FlowError(
            "CONNECTOR-1312-400",
            f"{SOURCES} or {TARGETS} name a draft: publish it first",
        )


def refers_to(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids that a checked document names."""
    return tuple(id for name in _TABLES for id in document.get(name) or ())


def _found(
    rows: Rows, scope: Scope, document: Mapping[str, Any], name: str
) -> Record | None:
    for id in document.get(name) or ():
        record = rows.get(_TABLES[name], scope, id) if is_id(id) else None
        if record is None or transitions.is_being_deleted(record):
            raise FlowError(
                "CONNECTOR-1338-400", f"{name} names no connection of this sandbox"
            )
        if connected.base_is_gone(rows, record):
            raise FlowError(
                "CONNECTOR-1338-400",
                f"{name} names a connection whose base connection is gone",
            )
        return record
    return None


def _takes(flow_spec: Mapping[str, Any], name: str, record: Record) -> bool:
    ids = flow_spec.get(name)
    return not ids or record.spec_id in ids  # a stored specification may leave it open


def _reference(record: Record) -> dict[str, Any]:
    base = (record.document.get("inheritedAttributes") or {}).get("baseConnection")
    reference = {"id": record.id, "connectionSpec": record.document["connectionSpec"]}
    return reference | ({"baseConnection": base} if base else {})
