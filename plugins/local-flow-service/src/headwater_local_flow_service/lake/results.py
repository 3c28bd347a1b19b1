"""What came of a promotion, written into the store: status, files, metrics and errors together, or nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.kernel.clock import now
from headwater_local_flow_service.lake import batch_states as states
from headwater_local_flow_service.lake import batches
from headwater_local_flow_service.lake.ids import new_ulid
from headwater_local_flow_service.lake.refusals import EXPORT
from headwater_local_flow_service.promotion.job import BatchError, Promoted
from headwater_local_flow_service.store import batch_files
from headwater_local_flow_service.store.batch_files import BatchFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater_local_flow_service.store.store import Record, Rows

_MOST_ERRORS: Final = 100  # of a batch
_MOST_ROWS: Final = 100  # numbers of rows in one of them

NO_FILES: Final = BatchError(
    code="133", description="no file was uploaded for the batch"
)
STALLED: Final = batches.error_as_shown(
    BatchError(
        code="HEADWATER-1500-500",
        description="the batch could not be promoted, again and again; the log of the service says why",
    )
)


def write(rows: Rows, record: Record, result: Promoted) -> list[str]:
    """Write what came of a batch; return the keys of files that no row names any more, to be removed afterwards."""
    unneeded = batches.drop_files(rows, record, *batch_files.RECEIVED)
    batch_files.add_all(rows, _files_of(record, result))
    state = states.SUCCESS if result.succeeded else states.FAILED
    after = batches.finish(
        rows, record, record.updated_by, state, **_facts_of(record, result)
    )
    if result.succeeded:
        batches.replace_predecessors(rows, after)
    return unneeded


def _facts_of(record: Record, result: Promoted) -> dict[str, Any]:
    """Return what Catalog tells of the batch; metrics on success only, and never for CSV, as on the platform."""
    metrics = dict(result.metrics)
    errors = [batches.error_as_shown(error) for error in result.errors[:_MOST_ERRORS]]
    for error in errors:
        error["rows"] = error["rows"][:_MOST_ROWS]
    is_csv = record.document["inputFormat"]["format"] == "csv"
    is_told = result.succeeded and not is_csv
    location = None if result.succeeded else f"{EXPORT}/batches/{record.id}/failed"
    return {
        "recordCount": metrics.get("outputRecordCount", 0) if result.succeeded else 0,
        "failedRecordCount": metrics.get("failedRecordCount", 0),
        "size": metrics.get("outputByteSize", 0) if result.succeeded else 0,
        "metrics": metrics if is_told else None,
        "errors": errors or None,
        "failedBatchLocation": location,
        "availableDates": {"startDate": now() // 1000} if result.succeeded else None,
    }


def _files_of(record: Record, result: Promoted) -> Iterator[BatchFile]:
    moment = now()
    for role, made in (
        (batch_files.OUTPUT, result.outputs),
        (batch_files.FAILED, result.failed),
        (batch_files.META, result.reports),
    ):
        for file in made:
            yield BatchFile(
                id=new_ulid(),
                scope=record.scope,
                batch=record.id,
                data_set=record.spec_id,
                role=role,
                path=file.path,
                key=file.key,
                size=file.size,
                records=file.records,
                sha256=file.sha256,
                created_at=moment,
            )
