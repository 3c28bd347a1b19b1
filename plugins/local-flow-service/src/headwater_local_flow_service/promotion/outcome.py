"""What becomes of the rows of a batch, counted and reported: the codes, texts and files of ingestion's diagnostics."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.promotion.job import BatchError, MadeFile, Promoted
from headwater_local_flow_service.promotion.rules import Violation
from headwater_local_flow_service.promotion.writing import (
    Counted,
    Lines,
    Parts,
    give_up,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from headwater_local_flow_service.files.file_store import FileStore
    from headwater_local_flow_service.promotion.job import InputFile, PromotionJob

EMPTY_FILE: Final = "106"
EMPTY_HEADER: Final = "118"
NO_FILES: Final = "133"
UNDIAGNOSED: Final = "INGEST-1211-400"
SUMMARY: Final = "INGEST-1212-400"
CORRUPT: Final = "INGEST-1401-400"
REQUIRED: Final = "INGEST-1555-400"
INCOMPATIBLE: Final = "TypeCompatibilityException"
MOST_VIOLATIONS: Final = 5  # told of one row
_SAMPLES: Final = 10  # rows in the file of samples
_DESCRIPTIONS: Final = {
    CORRUPT: "rows are corrupt: they cannot be parsed, or hold values that do not fit the schema",
    REQUIRED: "rows lack a required field, or have null in it",
}


@attrs.frozen
class FailedRow:
    """A row that does not arrive: what it was, in JSON, and what it breaks."""

    row: Mapping[str, Any]
    violations: Sequence[Violation]

    def code(self) -> str:
        """Return the code that the row is counted under: that of the first rule it breaks."""
        return _code_of(self.violations[0])


class Outcome:
    """Collects what becomes of each row; use it in a ``with`` block, which ends or gives up the files it makes."""

    def __init__(self, job: PromotionJob, files: FileStore) -> None:
        self._job = job
        self._files = files
        self._stack = ExitStack()
        self._parts = Parts(files, job.output_prefix, job.batch)
        self._counts: Counter[str] = Counter()
        self._read = 0
        self._written = 0
        self._parsing = self._lines("row_errors/parsing_errors_0.json")
        self._conversion = self._lines("row_errors/conversion_errors_0.json")
        self._sampled = self._lines("row_error_samples.json")
        self._inputs = self._lines("input_files/fileMetaData1.json")
        self._failed = self._lines("failed/part-00000.json")
        self._tolerable = True
        self._ended = False

    def __enter__(self) -> Outcome:
        return self

    def __exit__(self, *_error: object) -> None:
        if not self._ended:
            self._parts.abandon()
            give_up(self._stack)

    def add_rows(self, columns: pa.RecordBatch) -> None:
        """Take rows that fit."""
        if len(columns):
            self._parts.write(columns)
        self._read += len(columns)
        self._written += len(columns)

    def add_unreadable(self, text: str, reason: str, file: InputFile) -> None:
        """Take a row that cannot be parsed."""
        self._count(CORRUPT)
        error = {"code": _short(CORRUPT), "message": reason}
        report = {"_corrupt_record": text, "_errors": [error], "_filename": file.path}
        self._report(self._parsing, report)
        failure = Violation("parse", reason, "#", "#").as_json()
        self._failed.write({"_corrupt_record": text, "_validationErrors": [failure]})

    def add_unreadable_rest(self, reason: str, file: InputFile) -> None:
        """Take the rest of a file that is in no rows: nobody knows how many, so that no share of them can be borne."""
        self.add_unreadable("", reason, file)
        self._tolerable = False

    def add_failed(self, failed: FailedRow) -> None:
        """Take a row that breaks rules of the schema."""
        self._count(failed.code())
        errors = [
            {"code": _short(_code_of(found)), "message": f"{found.pointer}: {found.message}"}
            for found in failed.violations
        ]  # fmt: skip
        self._report(self._conversion, {**failed.row, "_errors": errors})
        violations = [found.as_json() for found in failed.violations]
        self._failed.write({**failed.row, "_validationErrors": violations})

    def finish(self) -> Promoted:
        """Return what came of the batch; the files of the other outcome are gone."""
        if self._job.diagnostics:
            for file in self._job.inputs:
                self._inputs.write({"path": file.path})
        # The platform counts nothing of CSV.
        is_counted = self._job.format.name.lower() != "csv"
        succeeded = self._is_tolerable()
        if succeeded:
            outputs = self._parts.finish()
        else:
            self._parts.abandon()
            outputs = ()
        self._stack.close()
        self._ended = True
        failed = self._failed.made()
        if succeeded:
            for line in failed:
                self._files.remove(line.key)
        return Promoted(
            succeeded=succeeded,
            outputs=outputs,
            failed=() if succeeded else self._end_failed(failed),
            reports=self._made_reports(),
            errors=self._build_errors(),
            metrics=self._measure(outputs) if succeeded and is_counted else {},
        )

    def refuse(self, code: str, description: str) -> Promoted:
        """Return the failure of a whole batch; nothing of it arrives."""
        return Promoted(
            succeeded=False, errors=(BatchError(code=code, description=description),)
        )

    def _lines(self, path: str) -> Lines:
        return Lines(self._stack, self._files, self._job.output_prefix, path)

    def _count(self, code: str) -> None:
        self._read += 1
        self._counts[code] += 1

    def _report(self, lines: Lines, report: Mapping[str, Any]) -> None:
        if not self._job.diagnostics:
            return
        lines.write(report)
        if self._counts.total() <= _SAMPLES:
            self._sampled.write(report)

    def _is_tolerable(self) -> bool:
        """Say whether the share of rows that failed is within what the batch tolerates."""
        failed = self._counts.total()
        return self._tolerable and failed * 100 <= self._job.tolerated * self._read

    def _build_errors(self) -> tuple[BatchError, ...]:
        failed = self._counts.total()
        if not failed:
            return ()
        if not self._job.diagnostics:
            return (
                BatchError(
                    code=UNDIAGNOSED,
                    description="rows could not be parsed, converted or validated; send the data again with error "
                    "diagnostics to see which and why",
                ),
            )
        arrived = self._written if self._is_tolerable() else 0
        summary = BatchError(
            code=SUMMARY,
            description=f"{failed} rows have errors, {arrived} rows were ingested; see the files of row_errors",
        )
        return (
            summary,
            *(
                BatchError(
                    code=code, description=_DESCRIPTIONS[code], record_count=count
                )
                for code, count in sorted(self._counts.items())
            ),
        )

    def _made_reports(self) -> tuple[MadeFile, ...]:
        lines = (self._inputs, self._parsing, self._conversion, self._sampled)
        return tuple(file for report in lines for file in report.made())

    def _end_failed(self, failed: tuple[MadeFile, ...]) -> tuple[MadeFile, ...]:
        """Return the files of ``/failed`` by their names there, with the empty one that marks their end."""
        named = [
            attrs.evolve(file, path=file.path.removeprefix("failed/"))
            for file in failed
        ]
        key = f"{self._job.output_prefix}/failed/_SUCCESS"
        with self._files.writing(key) as opened:
            mark = Counted(opened)
        return (
            MadeFile(path="_SUCCESS", key=key, size=0, records=0, sha256=mark.sha256()),
            *named,
        )

    def _measure(self, outputs: Sequence[MadeFile]) -> Mapping[str, int]:
        folders = {source.path.rpartition("/")[0] for source in self._job.inputs}
        return {
            "inputByteSize": sum(file.size for file in self._job.inputs),
            "inputFileCount": len(self._job.inputs),
            "inputRecordCount": self._read,
            "outputByteSize": sum(file.size for file in outputs),
            "outputFileCount": len(outputs),
            "outputRecordCount": self._written,
            "failedRecordCount": self._counts.total(),
            "partitionCount": len(folders),
        }


def _code_of(violation: Violation) -> str:
    return REQUIRED if violation.keyword == "required" else CORRUPT


def _short(code: str) -> str:
    """Return a code as reports of rows write it: ``1401`` of ``INGEST-1401-400``."""
    return code.split("-")[1]
