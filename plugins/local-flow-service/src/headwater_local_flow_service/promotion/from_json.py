"""Batches of JSON: parsed row by row, held against the rules, and gathered into columns some megabytes at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.promotion import outcome
from headwater_local_flow_service.promotion.columns import build_table
from headwater_local_flow_service.promotion.inference import learn
from headwater_local_flow_service.promotion.json_rows import (
    MOST_FIELDS_OF_ROW,
    UnreadableRow,
    iter_elements,
    iter_lines,
    parse_row,
    show_raw,
)
from headwater_local_flow_service.promotion.outcome import FailedRow
from headwater_local_flow_service.promotion.refusing import BatchRefused
from headwater_local_flow_service.promotion.rules import Violation, compile_rules
from headwater_local_flow_service.promotion.shapes import Shape, read_shape

if TYPE_CHECKING:
    from typing import BinaryIO

    from headwater_local_flow_service.files.file_store import FileStore
    from headwater_local_flow_service.promotion.job import InputFile, PromotionJob
    from headwater_local_flow_service.promotion.outcome import Outcome

_GATHERED: Final = 8 << 20  # bytes of JSON that become columns at once
_CELLS: Final = 4_000_000  # fields of rows that become columns at once


def promote_json(job: PromotionJob, files: FileStore, collected: Outcome) -> None:
    """Promote files of JSON. Raises `BatchRefused`."""
    reader = _JsonReader(job, collected)
    for file in job.inputs:
        with files.open(file.key) as opened:
            reader.read(opened, file)
    reader.flush()


class _JsonReader:
    """Reads rows one after the other; keeps those that fit until they are enough for columns."""

    def __init__(self, job: PromotionJob, collected: Outcome) -> None:
        self._collected = collected
        self._split = iter_elements if job.format.is_multi_line_json else iter_lines
        self._rules = compile_rules(job.schema, nullable=True, epoch=True)
        self._shape = read_shape(job.schema)
        self._most_rows = _count_rows(self._shape.size)
        self._rows: list[dict[str, Any]] = []
        self._gathered = 0

    def read(self, opened: BinaryIO, file: InputFile) -> None:
        """Read one file. Raises `BatchRefused` where it holds no row."""
        is_empty = True
        try:
            for raw in self._split(opened):
                is_empty = False
                self._read_row(raw, file)
        except UnreadableRow as error:
            self._collected.add_unreadable_rest(str(error), file)
            return
        if is_empty:
            raise BatchRefused(outcome.EMPTY_FILE, f"the file {file.path} holds no row")

    def flush(self) -> None:
        """Hand the gathered rows on as columns."""
        if self._rows:
            self._collected.add_rows(build_table(self._rows, self._shape))
        self._rows, self._gathered = [], 0

    def _read_row(self, raw: bytes, file: InputFile) -> None:
        try:
            row = parse_row(raw)
        except UnreadableRow as error:
            self._collected.add_unreadable(show_raw(raw), str(error), file)
            return
        violations = self._find_violations(row)
        if violations:
            self._collected.add_failed(FailedRow(row, violations))
            return
        self._rows.append(row)
        self._gathered += len(raw)
        if self._gathered >= _GATHERED or len(self._rows) >= self._most_rows:
            self.flush()

    def _find_violations(self, row: dict[str, Any]) -> list[Violation]:
        if not self._rules.accepts(row):
            found = self._rules.find_violations(row, outcome.MOST_VIOLATIONS)
            return found or [_odd("the row does not fit the schema")]
        if not self._shape.has_open:
            return []
        try:
            shape = learn(self._shape, row)
        except ValueError:
            return [_odd("a number is out of the range of a double")]
        return self._widen(shape)

    def _widen(self, shape: Shape) -> list[Violation]:
        """Take fields into the columns that no schema describes, as long as they are not too many."""
        if shape is self._shape:
            return []
        fields = shape.size
        if fields > MOST_FIELDS_OF_ROW:
            return [
                _odd(f"the rows have more than {MOST_FIELDS_OF_ROW} different fields")
            ]
        self._shape = shape
        self._most_rows = _count_rows(fields)
        return []


def _count_rows(fields: int) -> int:
    """Return how many rows of so many fields become columns at once."""
    return max(1, _CELLS // max(80, fields))


def _odd(message: str) -> Violation:
    return Violation("type", message, "#", "#")
