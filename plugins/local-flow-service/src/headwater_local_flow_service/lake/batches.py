"""Batches as rows: made, found, changed, and read as Catalog and Batch Ingestion show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.files.file_store import FilesUnavailable
from headwater_local_flow_service.kernel import lifecycle
from headwater_local_flow_service.kernel.clock import now
from headwater_local_flow_service.kernel.kind import Content
from headwater_local_flow_service.lake import batch_states as states
from headwater_local_flow_service.lake.refusals import refused
from headwater_local_flow_service.neighbours import lookup
from headwater_local_flow_service.neighbours.records import column_of
from headwater_local_flow_service.neighbours.refusals import missing
from headwater_local_flow_service.store import batch_files, tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headwater_local_flow_service.files.file_store import FileStore
    from headwater_local_flow_service.promotion.job import BatchError
    from headwater_local_flow_service.store.store import Record, Rows, Scope

TABLE: Final = tables.batches
TYPE: Final = "batches"

# Of the document what no client sees: who promotes the batch, until when, and how often it was tried.
LEASE: Final = "_lease"
ATTEMPTS: Final = "_attempts"
_INTERNAL: Final = (LEASE, ATTEMPTS, "datasetId")


def create(
    rows: Rows, scope: Scope, client: str, document: dict[str, Any], id: str
) -> Record:
    """Store a new batch, of a data set that must exist. Raises `NeighbourError`."""
    data_set = document["datasetId"]
    if lookup.data_set(rows, scope, data_set) is None:
        raise missing(data_set, "dataSets")
    document = document | {"version": "1.0.0"}
    document.setdefault("externalId", id)
    record = lifecycle.build_record(
        id,
        scope,
        client,
        Content(document=document),
        spec_id=data_set,
        state=states.LOADING,
    )
    record = attrs.evolve(record, name=column_of(document["externalId"]))
    rows.add(TABLE, record, [data_set])
    return record


def require(rows: Rows, scope: Scope, id: str) -> Record:
    """Return a batch of the scope. Raises `NeighbourError`."""
    record = lookup.get_record(rows, TABLE, scope, id)
    if record is None:
        raise missing(id, TYPE)
    return record


def require_loading(rows: Rows, scope: Scope, id: str, data_set: str) -> Record:
    """Return a batch that files may still be put into. Raises `NeighbourError`."""
    record = require(rows, scope, id)
    if record.spec_id != data_set:
        raise missing(data_set, "dataSets")
    if record.state != states.LOADING:
        raise refused(
            f"the batch is {record.state}: files are put into a batch that is loading; create another one"
        )
    return record


def change(
    rows: Rows, record: Record, client: str, *, state: str = "", **changes: Any
) -> Record:
    """Write a batch with another state and other fields of its document, None for one that goes; return it."""
    document = record.document | changes
    document = {name: value for name, value in document.items() if value is not None}
    document["version"] = _next_version(document.get("version", "1.0.0"))
    after = lifecycle.revise_record(record, client, Content(document=document))
    after = attrs.evolve(after, name=record.name, state=state or record.state)
    rows.replace(TABLE, after, etag=record.etag)
    return after


def finish(rows: Rows, record: Record, client: str, state: str, **facts: Any) -> Record:
    """Write a batch that comes to a final state."""
    facts = {LEASE: None, ATTEMPTS: None, "completed": now()} | facts
    return change(rows, record, client, state=state, **facts)


def replace_predecessors(rows: Rows, record: Record) -> None:
    """Make the batches inactive that a successful one replaces: those it names, of the same data set."""
    replay = record.document.get("replay", {})
    for id in replay.get("predecessors", ()):
        found = lookup.get_record(rows, TABLE, record.scope, id)
        if found is not None:
            _deactivate(rows, found, record)
    for external in replay.get("predecessorsByExternalId", ()):
        for found in find_external(rows, record.scope, external):
            _deactivate(rows, found, record)


def find_external(rows: Rows, scope: Scope, external: str) -> list[Record]:
    """Return the batches of a client's own id, the newest first. Nobody promises that there is only one."""
    where = [TABLE.c.name == column_of(external)]
    found = rows.select(TABLE, scope, where, [TABLE.c.seq.desc()])
    return [each for each in found if each.document["externalId"] == external]


def _deactivate(rows: Rows, found: Record, by: Record) -> None:
    is_replaced = found.spec_id == by.spec_id and found.id != by.id
    if is_replaced and found.state in states.SUCCESSFUL:
        change(rows, found, by.updated_by, state=states.INACTIVE)


def render(record: Record) -> dict[str, Any]:
    """Return a batch as Catalog shows it."""
    document = record.document
    related = [{"type": "dataSet", "id": record.spec_id}]
    shown = {name: value for name, value in document.items() if name not in _INTERNAL}
    return (
        {"recordCount": 0, "failedRecordCount": 0, "size": 0}
        | shown
        | {
            "id": record.id,
            "imsOrg": record.scope.org,
            "status": record.state,
            "created": record.created_at,
            "createdClient": record.created_by,
            "createdUser": record.created_by,
            "updated": record.updated_at,
            "updatedUser": record.updated_by,
            "relatedObjects": related,
        }
    )


def render_new(record: Record) -> dict[str, Any]:
    """Return a batch as Batch Ingestion answers with it."""
    document = record.document
    shown = {
        "id": record.id,
        "externalId": document["externalId"],
        "imsOrg": record.scope.org,
        "updated": 0 if record.state == states.LOADING else record.updated_at,
        "status": record.state,
        "created": 0 if record.state == states.LOADING else record.created_at,
        "relatedObjects": [{"type": "dataSet", "id": record.spec_id}],
        "version": document["version"],
        "tags": document["tags"],
        "inputFormat": document["inputFormat"],
        "createdUser": record.created_by,
        "updatedUser": record.updated_by,
    }
    if "replay" in document:
        shown["replay"] = document["replay"]
    return shown


def error_as_shown(error: BatchError) -> dict[str, Any]:
    """Return what is wrong with a batch as Catalog shows it; the number of records where it is known."""
    shown: dict[str, Any] = {
        "code": error.code,
        "description": error.description,
        "rows": list(error.rows),
    }
    if error.record_count is not None:
        shown["recordCount"] = error.record_count
    return shown


def drop_files(rows: Rows, record: Record, *roles: str) -> list[str]:
    """Forget the files of a batch that have one of these roles; return the keys they lie under, to be removed after."""
    return batch_files.remove_all(rows, record.scope, record.id, roles)


def remove_files(files: FileStore, keys: Iterable[str]) -> None:
    """Remove files that no row names any more; what cannot be removed now is garbage, and removed by the next sweep."""
    try:
        for key in keys:
            files.remove(key)
    except FilesUnavailable:
        return


def _next_version(version: str) -> str:
    stem, _dot, count = version.rpartition(".")
    return f"{stem}.{int(count) + 1}"
