"""One window put into its data set: batches, run and the end of the waiting in one transaction, or nothing of it.

The files are written before. Two processes that flush the same window both make files; the transaction of the second
finds the messages gone and is undone, so that no message comes into two batches.
"""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.flows import run_metrics, run_reports
from headwater_local_flow_service.flows.dataflow import read_stored
from headwater_local_flow_service.flows.run_metrics import (
    ErrorCount,
    Failure,
    RunFigures,
)
from headwater_local_flow_service.kernel.clock import now
from headwater_local_flow_service.lake import batches, keys, results, sweeping
from headwater_local_flow_service.lake.ids import new_ulid
from headwater_local_flow_service.lake.refusals import EXPORT
from headwater_local_flow_service.neighbours import lookup
from headwater_local_flow_service.promotion import outcome
from headwater_local_flow_service.promotion.job import (
    BatchError,
    Format,
    InputFile,
    MadeFile,
    Promoted,
    PromotionJob,
)
from headwater_local_flow_service.store import tables
from headwater_local_flow_service.store.inlet_rows import InletRows
from headwater_local_flow_service.streaming.windows import (
    Sorted,
    Window,
    read_window,
    sort_messages,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater_local_flow_service.files.file_store import FileStore
    from headwater_local_flow_service.lake.lake import Lake
    from headwater_local_flow_service.store.store import Record, Rows, Scope
    from headwater_local_flow_service.streaming.validating import (
        DataSetRules,
        Validator,
    )

log = logging.getLogger("headwater.local")

CLIENT: Final = "headwater-streaming"  # who makes the batches and runs of streams
_SAMPLES: Final = 10  # records in the file of samples
_DESCRIPTION: Final = {
    outcome.CORRUPT: "messages hold values that do not fit the schema",
    outcome.REQUIRED: "messages lack what is required of them",
}


class Undeliverable(Exception):
    """The schema of a data set is gone: its messages wait until somebody puts that right."""

    def __init__(self) -> None:
        super().__init__("the schema of their data set is gone")


class _Gone(Exception):
    """Another process has put some of these messages into a batch meanwhile."""


@attrs.frozen(kw_only=True)
class _Batch:
    """A batch that is to be stored, final from its first moment."""

    id: str
    external_id: str
    promoted: Promoted = attrs.field(repr=False)


class Flusher:
    """Puts windows into data sets."""

    def __init__(self, lake: Lake, validator: Validator) -> None:
        self._lake = lake
        self._validator = validator
        self._exports = f"{lake.context.settings.public_url or ''}{EXPORT}"

    def flush(self, scope: Scope, flow: str) -> bool:
        """Put the next window of a dataflow into its data set; say whether others may wait behind it.

        Raises `Undeliverable`, `FilesUnavailable`, `StoreUnavailable`, and `NeighbourError` where the schema refers to
        too much.
        """
        window = read_window(self._lake.store, scope, flow)
        if window is None:
            return False
        rules = self._validator.read_rules(scope, window.data_set)
        if rules is None:
            self._drop(window)
            return window.is_full
        started = now()
        made = self._make_batches(window, rules)
        folders = [keys.folder_of(scope, batch.id) for batch in made]
        try:
            with self._lake.store.writing(scope) as rows:
                _store(rows, window, made, started, self._exports)
        except _Gone:
            self._remove(folders)
        except BaseException:
            self._remove(folders)
            raise
        return window.is_full

    def _drop(self, window: Window) -> None:
        """Let messages go with their data set, as its batches did. Raises `Undeliverable` where it is there."""
        seqs = [message.seq for message in window.messages]
        with self._lake.store.writing(window.scope) as rows:
            if lookup.data_set(rows, window.scope, window.data_set) is not None:
                raise Undeliverable
            InletRows(rows).remove_messages(window.scope, window.flow, seqs)
        text = (
            "%d messages for the dataflow %s were dropped: their data set was deleted"
        )
        log.warning(text, len(seqs), window.flow)

    def _make_batches(self, window: Window, rules: DataSetRules) -> list[_Batch]:
        """Write the files of a window: a batch of what fits, and one that has failed of what does not."""
        sorted_messages = sort_messages(window, rules)
        made = []
        if sorted_messages.good:
            id = new_ulid()
            promoted = self._promote(id, window, sorted_messages.good, rules)
            made.append(
                _Batch(id=id, external_id=window.external_id, promoted=promoted)
            )
        if sorted_messages.failed:
            id = new_ulid()
            promoted = self._write_failed(id, window, sorted_messages)
            external_id = f"{window.external_id}-failed"
            made.append(_Batch(id=id, external_id=external_id, promoted=promoted))
            # The run names the first batch, and that is where its reports are looked for.
            made[0] = self._add_reports(made[0], window, sorted_messages.reports)
        return made

    def _promote(
        self, id: str, window: Window, lines: Sequence[bytes], rules: DataSetRules
    ) -> Promoted:
        # It brings what writes Parquet, which takes a while to load.
        from headwater_local_flow_service.promotion import promoting

        files = self._lake.files
        key = keys.new_input(window.scope, id)
        size, _digest = _write_lines(files, key, lines)
        job = PromotionJob(
            batch=id,
            schema=rules.schema,
            format=Format(name="json"),
            inputs=(InputFile(path="messages.json", key=key, size=size),),
            tolerated=100,
            diagnostics=True,
            output_prefix=keys.attempt_folder(window.scope, id, new_ulid()),
        )
        try:
            return promoting.promote(job, files)
        finally:
            batches.remove_files(files, [key])

    def _write_failed(self, id: str, window: Window, found: Sorted) -> Promoted:
        files = self._lake.files
        folder = keys.attempt_folder(window.scope, id, new_ulid())
        made = []
        for name, lines in (("part-00000.json", found.failed), ("_SUCCESS", ())):
            key = f"{folder}/failed/{name}"
            size, digest = _write_lines(files, key, lines)
            records = len(lines)
            made.append(
                MadeFile(path=name, key=key, size=size, records=records, sha256=digest)
            )
        errors = [
            BatchError(code=code, description=_DESCRIPTION[code], record_count=count)
            for code, count in sorted(found.codes.items())
        ]
        metrics = {"failedRecordCount": len(found.failed)}
        return Promoted(
            succeeded=False, failed=tuple(made), errors=tuple(errors), metrics=metrics
        )

    def _add_reports(
        self, batch: _Batch, window: Window, lines: Sequence[bytes]
    ) -> _Batch:
        """Return the batch with reports of what failed, under the names that runs refer to."""
        folder = keys.attempt_folder(window.scope, batch.id, new_ulid())
        reports = list(batch.promoted.reports)
        for path, some in (
            ("row_errors/conversion_errors_0.json", lines),
            ("row_error_samples.json", lines[:_SAMPLES]),
        ):
            key = f"{folder}/{path}"
            size, digest = _write_lines(self._lake.files, key, some)
            reports.append(
                MadeFile(
                    path=path, key=key, size=size, records=len(some), sha256=digest
                )
            )
        promoted = attrs.evolve(batch.promoted, reports=tuple(reports))
        return attrs.evolve(batch, promoted=promoted)

    def _remove(self, folders: Sequence[str]) -> None:
        for folder in folders:
            sweeping.remove_folder(self._lake.files, folder)


def _write_lines(files: FileStore, key: str, lines: Sequence[bytes]) -> tuple[int, str]:
    """Write a file of lines; return its size in bytes and its SHA-256."""
    size, digest = 0, hashlib.sha256()
    with files.writing(key) as file:
        for line in lines:
            file.write(line)
            digest.update(line)
            size += len(line)
    return size, digest.hexdigest()


def _store(
    rows: Rows, window: Window, made: Sequence[_Batch], started: int, exports: str
) -> None:
    """Write what came of a window. Raises `_Gone` where not all of its messages wait any more."""
    seqs = [message.seq for message in window.messages]
    if InletRows(rows).remove_messages(window.scope, window.flow, seqs) != len(seqs):
        raise _Gone
    for batch in made:
        document: dict[str, Any] = {
            "datasetId": window.data_set,
            "externalId": batch.external_id,
            "inputFormat": {"format": "json", "isMultiLineJson": False},
            "tags": {"flowId": [window.flow]},
        }
        record = batches.create(rows, window.scope, CLIENT, document, batch.id)
        results.write(rows, record, batch.promoted)
    flow = rows.get(tables.flows, window.scope, window.flow)
    if flow is not None:
        figures = _count(window, made, flow)
        figures = attrs.evolve(figures, started=started, exports=exports)
        report = run_metrics.build_report(figures)
        run_reports.add_run(rows, flow, CLIENT, _params(window), report)


def _params(window: Window) -> dict[str, Any]:
    """Return the params of a run: its window in seconds, as other runs have it."""
    begin, end = (time // 1000 for time in window.times)
    return {"startTime": end, "windowStartTime": begin, "windowEndTime": end}


def _count(window: Window, made: Sequence[_Batch], flow: Record) -> RunFigures:
    """Return what the run of a window is to say, as if it had begun now."""
    succeeded = [batch for batch in made if batch.promoted.succeeded]
    metrics = [batch.promoted.metrics for batch in succeeded]
    written = sum(each.get("outputRecordCount", 0) for each in metrics)
    errors = [error for batch in made for error in batch.promoted.errors]
    parts = read_stored(flow.document)
    return RunFigures(
        started=now(),
        completed=now(),
        window=window.times,
        input_bytes=window.size,
        output_bytes=sum(each.get("outputByteSize", 0) for each in metrics),
        input_records=len(window.messages),
        output_records=written,
        failed_records=len(window.messages) - written,
        input_files=1,
        output_files=sum(each.get("outputFileCount", 0) for each in metrics),
        failure=None if succeeded else Failure.PROCESSING,
        errors=tuple(
            ErrorCount(
                code=error.code, message=error.description, records=error.record_count
            )
            for error in errors
        ),
        source_connection=parts.source_id or "",
        target_connection=parts.target_id or "",
        batch_id=made[0].id,
    )
