"""The metrics of a run, held against the figures that the platform's pages print."""

from __future__ import annotations

import attrs

from headwater_local_flow_service.flows import run_parts
from headwater_local_flow_service.flows.run_metrics import (
    ErrorCount,
    Failure,
    RunFigures,
    build_report,
)

# The sample of a partly failed run on the page about monitoring dataflows.
PARTLY = RunFigures(
    started=1_597_784_123_000,
    completed=1_597_784_130_000,
    window=(1_597_700_000_000, 1_597_784_000_000),
    input_bytes=24_012,
    output_bytes=17_128,
    input_records=100,
    output_records=99,
    failed_records=1,
    input_files=1,
    output_files=1,
    errors=(
        ErrorCount(code="INGEST-1212-400", message="1 error, see the files"),
        ErrorCount(code="MAPPER-3700-400", message="transformation", records=1),
    ),
    source_connection="source",
    target_connection="target",
    batch_id="01EQ1C48TR4GD4FE7NH2522TCQ",
    exports="https://platform.adobe.io/data/foundation/export/",
)
WHOLE = attrs.evolve(PARTLY, output_records=100, failed_records=0, errors=())
FAILED = RunFigures(
    started=1,
    completed=2,
    failure=Failure.PROCESSING,
    errors=(ErrorCount(code="133", message="no file was uploaded"),),
)


def test_a_success_counts_the_input_of_the_copy_and_the_output_of_the_promotion() -> (
    None
):
    metrics = build_report(WHOLE)["metrics"]
    assert metrics["durationSummary"] == {
        "startedAtUTC": 1_597_784_123_000,
        "completedAtUTC": 1_597_784_130_000,
    }
    assert metrics["sizeSummary"] == {"inputBytes": 24_012, "outputBytes": 17_128}
    assert metrics["recordSummary"] == {
        "inputRecordCount": 100,
        "outputRecordCount": 100,
        "failedRecordCount": 0,
    }
    assert metrics["fileSummary"] == {
        "inputFileCount": 1,
        "outputFileCount": 1,
        "activityRefs": ["promotionActivity"],
    }
    assert metrics["statusSummary"] == {"status": "success"}, "no errors key"


def test_a_copy_puts_out_what_it_reads_and_names_its_window() -> None:
    copy, _promotion = build_report(attrs.evolve(WHOLE, once=True))["activities"]
    assert copy["id"] == "copyActivity"
    assert copy["sizeSummary"] == {"inputBytes": 24_012, "outputBytes": 24_012}
    assert copy["durationSummary"]["extensions"] == {
        "windowStart": 1_597_700_000_000,
        "windowEnd": 1_597_784_000_000,
    }
    assert copy["statusSummary"]["extensions"] == {"type": "one-time"}
    assert copy["sourceInfo"] == [{"id": "source", "type": "SourceConnection"}]


def test_a_promotion_names_its_batch_and_where_its_input_is_listed() -> None:
    _copy, promotion = build_report(WHOLE)["activities"]
    assert promotion["id"] == "promotionActivity"
    assert promotion["targetInfo"] == [
        {
            "id": "target",
            "type": "TargetConnection",
            "reference": {"type": "Batch", "ids": ["01EQ1C48TR4GD4FE7NH2522TCQ"]},
        }
    ]
    [manifest] = promotion["fileSummary"]["extensions"].values()
    assert manifest["fileInfo"] == (
        "https://platform.adobe.io/data/foundation/export/batches/01EQ1C48TR4GD4FE7NH2522TCQ/meta?path=input_files"
    )
    assert "extensions" not in promotion["statusSummary"], "nothing was rejected"


def test_a_run_with_rejected_records_is_a_success_with_errors() -> None:
    report = build_report(PARTLY)
    status = report["metrics"]["statusSummary"]
    [error] = status["errors"]
    assert (status["status"], error["code"]) == ("success", "CONNECTOR-2001-500")
    assert status["activityRefs"] == ["promotionActivity"]
    _copy, promotion = report["activities"]
    extensions = promotion["statusSummary"]["extensions"]
    assert extensions["errors"] == [
        {"code": "INGEST-1212-400", "message": "1 error, see the files"},
        {"code": "MAPPER-3700-400", "message": "transformation", "recordCount": 1},
    ]
    assert extensions["manifest"]["failedRecords"].endswith("/meta?path=row_errors")
    assert extensions["manifest"]["sampleErrors"].endswith("row_error_samples.json")


def test_a_failed_run_reports_the_activity_it_failed_in_and_its_cause_there() -> None:
    report = build_report(FAILED)
    metrics, [promotion] = report["metrics"], report["activities"]
    assert metrics["durationSummary"] == {"startedAtUTC": 1}, "as the platform's own"
    assert metrics["sizeSummary"] == {"inputBytes": -1}
    assert metrics["fileSummary"] == {"inputFileCount": -1}
    assert "recordSummary" not in metrics
    assert metrics["statusSummary"]["errors"][0]["code"] == "CONNECTOR-2001-500"
    assert promotion["durationSummary"] == {"startedAtUTC": 1, "completedAtUTC": 2}
    assert promotion["recordSummary"] == {}
    [cause] = promotion["statusSummary"]["extensions"]["errors"]
    assert cause["code"] == "133"


def test_each_place_of_a_failure_has_its_code_and_its_activity() -> None:
    places = {
        Failure.COPY: ("CONNECTOR-1001-500", "copyActivity"),
        Failure.PROCESSING: ("CONNECTOR-2001-500", "promotionActivity"),
        Failure.BATCH: ("CONNECTOR-3001-500", "promotionActivity"),
    }
    assert set(places) == set(Failure)
    for failure, (code, activity) in places.items():
        report = build_report(attrs.evolve(FAILED, failure=failure))
        [error] = report["metrics"]["statusSummary"]["errors"]
        assert error["code"] == code
        assert [item["id"] for item in report["activities"]] == [activity]


def test_every_report_is_one_that_a_provider_could_send() -> None:
    for figures in (WHOLE, PARTLY, FAILED, RunFigures(started=1, completed=1)):
        run_parts.check(build_report(figures))
