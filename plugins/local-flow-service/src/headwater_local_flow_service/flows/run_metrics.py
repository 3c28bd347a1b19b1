"""The metrics and activities of a run that is over, as the platform reports them, made of plain figures.

The rules: docs/flow-service-operations.md#metrics-of-a-run.

A run has two activities: the *copy* brings the source's data to the platform, the *promotion* processes it and puts it
into the data set as a batch. The run's own metrics are the input of the copy and the output of the promotion.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

COPY: Final = "copyActivity"
PROMOTION: Final = "promotionActivity"
UNKNOWN: Final = -1  # what the platform writes for a figure that nobody has

_SUCCESS: Final = "success"
_FAILED: Final = "failed"


class Failure(enum.Enum):
    """Where a run failed; the value is the code that the platform gives the run itself."""

    COPY = "CONNECTOR-1001-500"
    PROCESSING = "CONNECTOR-2001-500"
    BATCH = "CONNECTOR-3001-500"

    @property
    def message(self) -> str:
        """What the run says of it; the cause stands in the activity."""
        return _MESSAGES[self]


_MESSAGES: Final = {
    Failure.COPY: "The data could not be copied from the source.",
    Failure.PROCESSING: "The copied data could not all be processed: parsed, validated or transformed.",
    Failure.BATCH: "The batch of the data set could not be created.",
}


@attrs.frozen(kw_only=True)
class ErrorCount:
    """An error of an activity: its code (``INGEST-1212-400``, ``133``), and how many records it concerns."""

    code: str
    message: str = attrs.field(repr=False)
    records: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the error as an activity lists it."""
        item: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.records is not None:
            item["recordCount"] = self.records
        return item


@attrs.frozen(kw_only=True)
class RunFigures:
    """What there is to say of a run that is over. Times are in milliseconds since 1970; None is what nobody counted.

    `failure` is where the run failed, None where it succeeded, with rejected records too. `errors` are the causes, as
    the batch has them. `window` is what of the source was read, `batch_id` the batch that the promotion made, and
    `exports` the URL of Data Access (``https://…/data/foundation/export``), for the links to the batch's reports.
    """

    started: int
    completed: int
    window: tuple[int, int] | None = None
    input_bytes: int | None = None
    output_bytes: int | None = None
    input_records: int | None = None
    output_records: int | None = None
    failed_records: int = 0
    input_files: int | None = None
    output_files: int | None = None
    once: bool = False
    failure: Failure | None = None
    errors: tuple[ErrorCount, ...] = ()
    source_connection: str = ""
    target_connection: str = ""
    batch_id: str = ""
    exports: str = ""

    @property
    def is_partial(self) -> bool:
        """Whether the run succeeded although records were rejected, or their errors noted."""
        return self.failure is None and bool(self.errors or self.failed_records)


def build_report(figures: RunFigures) -> dict[str, Any]:
    """Return the ``metrics`` and ``activities`` of a run, as ``PUT /runs/{id}`` takes them."""
    return {
        "metrics": _build_metrics(figures),
        "activities": [build(figures) for build in _list_activities(figures)],
    }


def _build_metrics(figures: RunFigures) -> dict[str, Any]:
    failed = figures.failure is not None
    metrics = {
        "durationSummary": _duration(figures, ended=not failed),
        "sizeSummary": _sizes(figures.input_bytes, figures.output_bytes),
        "fileSummary": _files(figures.input_files, figures.output_files),
        "statusSummary": _run_status(figures),
    }
    records = _records(figures, figures.output_records)
    if records:
        metrics["recordSummary"] = records
    if not failed:
        metrics["fileSummary"]["activityRefs"] = [PROMOTION]
    return metrics


def _run_status(figures: RunFigures) -> dict[str, Any]:
    """Return the status; a run with rejected records is a success that has errors."""
    failure = Failure.PROCESSING if figures.is_partial else figures.failure
    status: dict[str, Any] = {"status": _SUCCESS}
    if figures.failure is not None:
        status = {"status": _FAILED}
    if failure is not None:
        status["errors"] = [{"code": failure.value, "message": failure.message}]
        status["activityRefs"] = [COPY if failure is Failure.COPY else PROMOTION]
    return status


def _list_activities(
    figures: RunFigures,
) -> list[Callable[[RunFigures], dict[str, Any]]]:
    """Return what builds the activities: a run that failed reports the one in which it did."""
    if figures.failure is None:
        return [_build_copy, _build_promotion]
    return [_build_copy if figures.failure is Failure.COPY else _build_promotion]


def _build_copy(figures: RunFigures) -> dict[str, Any]:
    duration = _duration(figures)
    if figures.window is not None:
        begin, end = figures.window
        duration["extensions"] = {"windowStart": begin, "windowEnd": end}
    status = _activity_status(figures, failed=figures.failure is Failure.COPY)
    if figures.once:
        status.setdefault("extensions", {})["type"] = "one-time"
    activity = {
        "id": COPY,
        "updatedAtUTC": figures.completed,
        "durationSummary": duration,
        # nothing is made of the data yet: what comes out is what went in
        "sizeSummary": _sizes(figures.input_bytes, figures.input_bytes),
        "recordSummary": _copied_records(figures),
        "fileSummary": _files(figures.input_files, figures.input_files),
        "statusSummary": status,
    }
    if figures.source_connection:
        activity["sourceInfo"] = [
            {"id": figures.source_connection, "type": "SourceConnection"}
        ]
    return activity


def _build_promotion(figures: RunFigures) -> dict[str, Any]:
    failed = figures.failure is not None
    files = _files(figures.input_files, figures.output_files)
    status = _activity_status(figures, failed=failed, partial=figures.is_partial)
    links = _reports(figures)
    if links:
        files["extensions"] = {"manifest": {"fileInfo": links["input_files"]}}
    if links and (failed or figures.is_partial):
        status.setdefault("extensions", {})["manifest"] = {
            "failedRecords": links["row_errors"],
            "sampleErrors": links["row_error_samples.json"],
        }
    activity = {
        "id": PROMOTION,
        "updatedAtUTC": figures.completed,
        "durationSummary": _duration(figures),
        "sizeSummary": _sizes(figures.input_bytes, figures.output_bytes),
        "recordSummary": _records(figures, figures.output_records),
        "fileSummary": files,
        "statusSummary": status,
    }
    if figures.target_connection:
        activity["targetInfo"] = [_build_target(figures)]
    return activity


def _activity_status(
    figures: RunFigures, *, failed: bool, partial: bool = False
) -> dict[str, Any]:
    status: dict[str, Any] = {"status": _FAILED if failed else _SUCCESS}
    if failed or partial:
        errors = [error.as_dict() for error in figures.errors]
        status["extensions"] = {"errors": errors}
    return status


def _build_target(figures: RunFigures) -> dict[str, Any]:
    target: dict[str, Any] = {
        "id": figures.target_connection,
        "type": "TargetConnection",
    }
    if figures.batch_id:
        target["reference"] = {"type": "Batch", "ids": [figures.batch_id]}
    return target


def _reports(figures: RunFigures) -> dict[str, str]:
    """Return the links to the reports of the batch by their names, or nothing where there is no batch."""
    if not (figures.batch_id and figures.exports):
        return {}
    batch = f"{figures.exports.rstrip('/')}/batches/{figures.batch_id}"
    names = ("input_files", "row_errors", "row_error_samples.json")
    return {name: f"{batch}/meta?path={name}" for name in names}


def _duration(figures: RunFigures, *, ended: bool = True) -> dict[str, Any]:
    duration: dict[str, Any] = {"startedAtUTC": figures.started}
    if ended:
        duration["completedAtUTC"] = figures.completed
    return duration


def _sizes(read: int | None, written: int | None) -> dict[str, int]:
    return _known(inputBytes=_or_unknown(read), outputBytes=written)


def _files(read: int | None, written: int | None) -> dict[str, Any]:
    return _known(inputFileCount=_or_unknown(read), outputFileCount=written)


def _records(figures: RunFigures, written: int | None) -> dict[str, int]:
    """Return the counts of records, or nothing where nobody counted any."""
    if figures.input_records is None:
        return {}
    return _known(
        inputRecordCount=figures.input_records,
        outputRecordCount=written,
        failedRecordCount=figures.failed_records,
    )


def _copied_records(figures: RunFigures) -> dict[str, int]:
    copied = figures.input_records
    return _known(inputRecordCount=copied, outputRecordCount=copied)


def _or_unknown(figure: int | None) -> int:
    return UNKNOWN if figure is None else figure


def _known(**figures: int | None) -> dict[str, int]:
    return {name: figure for name, figure in figures.items() if figure is not None}
