"""Batches of CSV: a header row, a flat schema, and values kept as the text they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater_local_flow_service.promotion import outcome, shapes
from headwater_local_flow_service.promotion.csv_rows import open_csv
from headwater_local_flow_service.promotion.refusing import BatchRefused
from headwater_local_flow_service.promotion.shapes import Shape, read_shape

if TYPE_CHECKING:
    from headwater_local_flow_service.files.file_store import FileStore
    from headwater_local_flow_service.promotion.job import PromotionJob
    from headwater_local_flow_service.promotion.outcome import Outcome

_NESTED = frozenset({shapes.OBJECT, shapes.MAP, shapes.ARRAY})


def promote_csv(job: PromotionJob, files: FileStore, collected: Outcome) -> None:
    """Promote files of CSV. Nothing is converted or validated, row by row. Raises `BatchRefused`."""
    shape = read_shape(job.schema)
    if any(field.kind in _NESTED for field in shape.fields.values()):
        raise BatchRefused(
            outcome.INCOMPATIBLE,
            "the schema of the data set is not flat, as one for CSV has to be",
        )
    for file in job.inputs:
        with files.open(file.key) as opened:
            for columns in open_csv(opened, job.format, file.path):
                _check_columns(columns.schema.names, shape)
                collected.add_rows(columns)


def _check_columns(names: list[str], shape: Shape) -> None:
    unknown = [name for name in names if name not in shape.fields]
    if unknown and shape.closed:
        raise BatchRefused(
            outcome.INCOMPATIBLE,
            f"the column {unknown[0]} is not in the schema of the data set",
        )
