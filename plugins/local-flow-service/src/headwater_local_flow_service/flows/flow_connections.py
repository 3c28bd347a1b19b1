"""The source connection and the target connection of a dataflow, and what it inherits from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.connections import connected
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.flows.dataflow import SOURCES, TARGETS
from headwater_local_flow_service.kernel import transitions
from headwater_local_flow_service.kernel.kind import DRAFT
from headwater_local_flow_service.kernel.lifecycle import find_record
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Table

    from headwater_local_flow_service.flows.dataflow import Dataflow
    from headwater_local_flow_service.store.store import Record, Rows, Scope


@attrs.frozen(kw_only=True)
class FlowConnections:
    """The rows a dataflow names; a draft may lack either."""

    source: Record | None
    target: Record | None

    @property
    def has_draft(self) -> bool:
        """Whether either is still a draft."""
        states = [record.state for record in (self.source, self.target) if record]
        return DRAFT in states


def find_connections(rows: Rows, scope: Scope, flow: Dataflow) -> FlowConnections:
    """Return the rows that a dataflow names. Raises `FlowError` for ids of nothing in this sandbox."""
    return FlowConnections(
        source=_find(rows, tables.source_connections, scope, flow.source_id, SOURCES),
        target=_find(rows, tables.target_connections, scope, flow.target_id, TARGETS),
    )


def check_specs(connections: FlowConnections, flow_spec: Mapping[str, Any]) -> None:
    """Check that the flow specification is for these connections. Raises `FlowError`."""
    check_source(connections.source, flow_spec)
    if not _fits(flow_spec.get("targetConnectionSpecIds"), connections.target):
        raise FlowError(
            "CONNECTOR-1307-400", "flowSpec.id is not for this target connection"
        )


def check_source(
    source: Record | None,
    flow_spec: Mapping[str, Any],
    name_fitting: Callable[[str], str] = lambda _source_id: "",
) -> None:
    """Check that the flow specification takes the data of a source connection. Raises `FlowError`.

    `name_fitting` names the flow specifications that take the data of a connection specification.
    """
    if source is None or _fits(flow_spec.get("sourceConnectionSpecIds"), source):
        return
    fitting = name_fitting(source.spec_id)
    remedy = f": its data is taken by {fitting}" if fitting else ""
    raise FlowError(
        "CONNECTOR-1305-400",
        f"flowSpec.id is {flow_spec.get('name')}, which is not for the source of this source connection{remedy}",
    )


def check_published(connections: FlowConnections) -> None:
    """Refuse to connect drafts. Raises `FlowError`."""
    if connections.has_draft:
        raise FlowError(
            "CONNECTOR-1312-400",
            f"{SOURCES} or {TARGETS} name a draft: publish it first",
        )


def build_inherited(
    connections: FlowConnections, flow_spec: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the ``inheritedAttributes`` of the dataflow."""
    attributes = flow_spec.get("attributes") or {}
    direction = "isSourceFlow"
    if attributes.get("isSourceFlow") is False:
        direction = "isDestinationFlow"
    return {
        "properties": {direction: True},
        "sourceConnections": _build_references(connections.source),
        "targetConnections": _build_references(connections.target),
    }


def _find(
    rows: Rows, table: Table, scope: Scope, id: str | None, field: str
) -> Record | None:
    if id is None:
        return None
    record = find_record(rows, table, scope, id)
    if record is None or transitions.is_being_deleted(record):
        raise FlowError(
            "CONNECTOR-1338-400", f"{field} does not name a connection of this sandbox"
        )
    if connected.base_is_gone(rows, record):
        raise FlowError(
            "CONNECTOR-1338-400",
            f"{field} names a connection whose base connection is gone",
        )
    return record


def _fits(spec_ids: list[str] | None, connection: Record | None) -> bool:
    """Say whether a connection is of one of these specifications; a stored flow specification may leave it open."""
    if connection is None or not spec_ids:
        return True
    return connection.spec_id in spec_ids


def _build_references(connection: Record | None) -> list[dict[str, Any]]:
    if connection is None:
        return []
    reference = {
        "id": connection.id,
        "connectionSpec": connection.document["connectionSpec"],
    }
    inherited = connection.document.get("inheritedAttributes") or {}
    if inherited.get("baseConnection"):
        reference["baseConnection"] = inherited["baseConnection"]
    return [reference]
