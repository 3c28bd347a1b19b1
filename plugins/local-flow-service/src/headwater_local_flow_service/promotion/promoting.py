"""One batch promoted: every file read, every row held against the schema, what fits written as Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater_local_flow_service.promotion import outcome
from headwater_local_flow_service.promotion.from_csv import promote_csv
from headwater_local_flow_service.promotion.from_json import promote_json
from headwater_local_flow_service.promotion.from_parquet import promote_parquet
from headwater_local_flow_service.promotion.outcome import Outcome
from headwater_local_flow_service.promotion.refusing import BatchRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater_local_flow_service.files.file_store import FileStore
    from headwater_local_flow_service.promotion.job import Promoted, PromotionJob

_READERS = {"csv": promote_csv, "json": promote_json, "parquet": promote_parquet}


def promote(job: PromotionJob, files: FileStore) -> Promoted:
    """Promote a batch and return what came of it; whatever rows or files hold, that is an outcome and no exception.

    Done again for the same batch, it makes the same files again. Raises `FilesUnavailable`, and `FileNotFoundError`
    where a file of the batch is gone.
    """
    with Outcome(job, files) as collected:
        try:
            _check_files(job)
            _find_reader(job)(job, files, collected)
        except BatchRefused as refused:
            return collected.refuse(refused.code, refused.description)
        return collected.finish()


def _find_reader(
    job: PromotionJob,
) -> Callable[[PromotionJob, FileStore, Outcome], None]:
    """Return what reads a format. Raises `BatchRefused`."""
    reader = _READERS.get(job.format.name.lower())
    if reader is None:
        raise BatchRefused(
            outcome.CORRUPT, "the format of the batch is none of json, csv and parquet"
        )
    return reader


def _check_files(job: PromotionJob) -> None:
    """Refuse a batch without files, and one with a file of no bytes. Raises `BatchRefused`."""
    if not job.inputs:
        raise BatchRefused(
            outcome.NO_FILES, "no file was uploaded for the batch: upload one before COMPLETE"
        )  # fmt: skip
    for file in job.inputs:
        if not file.size:
            raise BatchRefused(outcome.EMPTY_FILE, f"the file {file.path} is empty")
