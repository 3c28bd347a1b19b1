"""From the rows of a batch to the job that promotes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.lake import batch_bodies
from headwater_local_flow_service.neighbours import lookup, resolution
from headwater_local_flow_service.neighbours.refusals import NeighbourError, invalid
from headwater_local_flow_service.promotion.job import (
    BatchError,
    InputFile,
    Promoted,
    PromotionJob,
)
from headwater_local_flow_service.store import batch_files

if TYPE_CHECKING:
    from headwater_local_flow_service.files.file_store import FileStore
    from headwater_local_flow_service.store.store import Record, Rows, Store


def promote(store: Store, files: FileStore, record: Record, folder: str) -> Promoted:
    """Promote a batch by the schema of its data set as it is now; what is made lies below `folder`.

    Raises `FilesUnavailable`, `StoreUnavailable`, and `FileNotFoundError` where a file of the batch is gone.
    """
    # It brings what reads and writes Parquet, which takes a while to load.
    from headwater_local_flow_service.promotion import promoting

    try:
        job = _read_job(store, record, folder)
    except NeighbourError as error:
        told = BatchError(code="HEADWATER-1400-400", description=error.text)
        return Promoted(succeeded=False, errors=(told,))
    return promoting.promote(job, files)


def _read_job(store: Store, record: Record, folder: str) -> PromotionJob:
    """Return the job of a batch. Raises `NeighbourError` where its schema is gone, or refers to too much."""
    with store.reading() as rows:
        schema = _read_schema(rows, record)
        inputs = batch_files.of_batch(
            rows, record.scope, record.id, [batch_files.INPUT]
        )
    return PromotionJob(
        batch=record.id,
        schema=schema,
        format=batch_bodies.format_of(record.document),
        inputs=tuple(
            InputFile(path=file.path, key=file.key, size=file.size) for file in inputs
        ),
        tolerated=batch_bodies.tolerated_share(record.document),
        diagnostics=batch_bodies.wants_diagnostics(record.document),
        output_prefix=folder,
    )


def _read_schema(rows: Rows, record: Record) -> dict[str, Any]:
    data_set = lookup.data_set(rows, record.scope, record.spec_id)
    schema = None
    if data_set is not None:
        id = data_set["schemaRef"]["id"]
        schema = resolution.resolve_schema(rows, record.scope, id)
    if schema is None:
        raise invalid("the data set of the batch, or its schema, was deleted")
    return schema
