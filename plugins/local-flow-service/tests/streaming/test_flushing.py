"""What was sent to an inlet comes into its data set, once, and a run tells of it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from dataflows import PLATFORM
from streams import (
    FIELDS,
    ORG,
    Stream,
    batches,
    failed_records,
    stored_rows,
)
from talking import code

from headwater_local_flow_service.flows import run_reports
from headwater_local_flow_service.store import tables
from headwater_local_flow_service.store.inlet_rows import InletRows
from headwater_local_flow_service.store.store import Scope
from headwater_local_flow_service.streaming import flushing, windows
from headwater_local_flow_service.streaming.flushing import Flusher, Undeliverable
from headwater_local_flow_service.streaming.validating import Validator

if TYPE_CHECKING:
    from pathlib import Path

    from talking import Talker

SCOPE = Scope(org=ORG, sandbox="prod")


@pytest.fixture
def talker(service: Any, tmp_path: Path) -> Talker:
    opened: Talker = service(lake=str(tmp_path / "lake"), inlet_interval=0)
    return opened


@pytest.fixture
def later(service: Any, tmp_path: Path) -> Talker:
    """Return a service that puts nothing into data sets by itself."""
    opened: Talker = service(lake=str(tmp_path / "lake"), inlet_interval=3600)
    return opened


def _flusher(talker: Talker) -> Flusher:
    return Flusher(talker.app.lake, Validator(talker.app.store))


def _waiting(talker: Talker, flow: str) -> int:
    with talker.app.store.reading() as rows:
        return InletRows(rows).measure(SCOPE, flow)[0]


def _runs(stream: Stream) -> list[dict[str, Any]]:
    asked = {"property": f"flowId=={stream.flow}"}
    items: list[dict[str, Any]] = stream.talker.get("/runs", params=asked).json()[
        "items"
    ]
    return items


def _run(stream: Stream) -> dict[str, Any]:
    """Return the one run of a dataflow; reading it has what is due flushed."""
    [run] = _runs(stream)
    return run


@pytest.mark.parametrize("service", ["sqlite", "postgresql"], indirect=True)
def test_whoever_reads_a_data_set_finds_what_was_sent(talker: Talker) -> None:
    stream = Stream(talker)
    entity = {"_id": "1", "age": 7, "person": {"name": "Ada"}}
    assert stream.send(stream.message(entity)).status_code == 200
    [row] = stored_rows(talker, stream.data_set)
    assert {name: row[name] for name in entity} == entity
    assert _waiting(talker, stream.flow) == 0


def test_a_batch_says_which_messages_of_which_dataflow_it_holds(later: Talker) -> None:
    stream = Stream(later)
    stream.send_several([stream.message({"_id": "1"}), stream.message({"_id": "2"})])
    _flusher(later).flush(SCOPE, stream.flow)
    [batch] = batches(later, stream.data_set)
    assert batch["status"] == "success"
    assert batch["externalId"] == f"{stream.flow}-1-2"
    assert batch["tags"] == {"flowId": [stream.flow]}
    assert batch["recordCount"] == 2


@pytest.mark.parametrize("service", ["sqlite", "postgresql"], indirect=True)
def test_a_run_tells_of_a_window(later: Talker) -> None:
    stream = Stream(later)
    good, wrong = stream.message({"_id": "1"}), stream.message({"_id": 5})
    stream.send_several([good, wrong, good])
    before = time.time_ns() // 1_000_000
    _flusher(later).flush(SCOPE, stream.flow)
    run = _run(stream)
    metrics = run["metrics"]
    assert metrics["recordSummary"] == {
        "inputRecordCount": 3,
        "outputRecordCount": 2,
        "failedRecordCount": 1,
    }
    assert metrics["sizeSummary"]["inputBytes"] > 500
    assert metrics["sizeSummary"]["outputBytes"] > 0
    assert metrics["statusSummary"]["status"] == "success"
    [error] = metrics["statusSummary"]["errors"]
    assert error["code"] == "CONNECTOR-2001-500"
    assert metrics["durationSummary"]["startedAtUTC"] >= before
    promotion = run["activities"][1]
    [told] = promotion["statusSummary"]["extensions"]["errors"]
    assert (told["code"], told["recordCount"]) == ("INGEST-1401-400", 1)
    [flow] = later.get(f"/flows/{stream.flow}").json()["items"]
    assert flow["lastRunDetails"]["id"] == run["id"]
    assert flow["lastRunDetails"]["state"] == "success"


def test_the_reports_that_a_run_names_are_there(later: Talker) -> None:
    stream = Stream(later)
    stream.send_several([stream.message({"_id": "1"}), stream.message({"_id": 5})])
    _flusher(later).flush(SCOPE, stream.flow)
    manifest = _run(stream)["activities"][1]["statusSummary"]["extensions"]["manifest"]
    listed = later.get(f"http+local://embedded{manifest['failedRecords']}").json()
    assert [file["name"] for file in listed["data"]] == ["conversion_errors_0.json"]
    sample = later.get(f"http+local://embedded{manifest['sampleErrors']}").json()
    assert sample == {
        "_id": 5,
        "_errors": [
            {"code": "1401", "message": "#/_id: expected type: String, found: Long"}
        ],
    }


def test_messages_that_break_the_schema_end_in_a_failed_batch(later: Talker) -> None:
    stream = Stream(later)
    nothing = stream.message()
    stream.send_several([stream.message({"_id": 5, "age": -1}), nothing])
    _flusher(later).flush(SCOPE, stream.flow)
    [batch] = batches(later, stream.data_set)
    assert batch["status"] == "failed"
    assert [error["code"] for error in batch["errors"]] == [
        "INGEST-1401-400",
        "INGEST-1555-400",
    ]
    broken, missing = failed_records(later, batch["id"])
    assert (broken["_id"], broken["age"]) == (5, -1)
    keywords = [error["keyword"] for error in broken["_validationErrors"]]
    assert sorted(keywords) == ["minimum", "type"]
    assert missing["header"] == nothing["header"]
    assert missing["_validationErrors"] == [
        {"message": "Payload body is missing xdmEntity"}
    ]
    run = _run(stream)
    assert run["metrics"]["statusSummary"]["status"] == "failed"
    assert run["metrics"]["recordSummary"]["failedRecordCount"] == 2
    assert run["metrics"]["recordSummary"]["outputRecordCount"] == 0


@pytest.mark.parametrize("service", ["sqlite", "postgresql"], indirect=True)
def test_a_window_ends_and_the_next_begins(
    later: Talker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "MOST_IN_WINDOW", 2)
    stream = Stream(later)
    stream.send_several([stream.message({"_id": str(i)}) for i in range(5)])
    flusher = _flusher(later)
    assert [flusher.flush(SCOPE, stream.flow) for _window in range(4)] == [
        True,
        True,
        False,
        False,
    ]
    assert [batch["recordCount"] for batch in batches(later, stream.data_set)] == [
        2,
        2,
        1,
    ]
    found = [row["_id"] for row in stored_rows(later, stream.data_set)]
    assert found == ["0", "1", "2", "3", "4"]
    assert len(_runs(stream)) == 3


def test_a_window_is_bounded_in_size(
    later: Talker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "LARGEST_WINDOW", 3_000)
    stream = Stream(later)
    messages = [stream.message({"_id": "x" * 1_500}) for _message in range(3)]
    stream.send_several(messages)
    assert _flusher(later).flush(SCOPE, stream.flow)
    assert _waiting(later, stream.flow) == 1


@pytest.mark.parametrize("service", ["sqlite", "postgresql"], indirect=True)
def test_two_that_flush_the_same_messages_store_them_once(
    later: Talker, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Stream(later)
    stream.send_several([stream.message({"_id": str(i)}) for i in range(10)])
    together = threading.Barrier(2)
    sort = windows.sort_messages

    def sort_together(*given: Any) -> Any:
        together.wait(timeout=10)
        return sort(*given)

    monkeypatch.setattr(flushing, "sort_messages", sort_together)
    flushers = [
        threading.Thread(target=_flusher(later).flush, args=(SCOPE, stream.flow))
        for _flusher_number in range(2)
    ]
    for flusher in flushers:
        flusher.start()
    for flusher in flushers:
        flusher.join()
    assert len(stored_rows(later, stream.data_set)) == 10
    assert len(_runs(stream)) == 1
    # and of the other one no file is left
    folders = later.app.lake.files.walk("batches")
    [batch] = batches(later, stream.data_set)
    assert {batch["id"] in info.key for info in folders} == {True}


def test_a_flush_that_fails_leaves_everything_as_it_was(
    later: Talker, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Stream(later)
    stream.send(stream.message({"_id": "1"}))

    def fail(*_given: Any, **_named: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(run_reports, "add_run", fail)
        with pytest.raises(RuntimeError):
            _flusher(later).flush(SCOPE, stream.flow)
    assert batches(later, stream.data_set) == []
    assert _waiting(later, stream.flow) == 1
    assert list(later.app.lake.files.walk("batches")) == []
    _flusher(later).flush(SCOPE, stream.flow)
    assert len(stored_rows(later, stream.data_set)) == 1


def test_what_was_sent_to_a_dataflow_that_is_deleted_still_arrives(
    later: Talker,
) -> None:
    stream = Stream(later)
    stream.send(stream.message({"_id": "1"}))
    assert later.send("DELETE", f"/flows/{stream.flow}").status_code == 204
    _flusher(later).flush(SCOPE, stream.flow)
    assert len(stored_rows(later, stream.data_set)) == 1


def test_the_schema_counts_that_there_is_when_messages_are_stored(
    later: Talker,
) -> None:
    stream = Stream(later)
    stream.send(stream.message({"_id": "1", "email": "x"}))
    fields = FIELDS | {"email": {"type": "string", "minLength": 5}}
    stream.change_fields(fields)
    _flusher(later).flush(SCOPE, stream.flow)
    [batch] = batches(later, stream.data_set)
    assert batch["status"] == "failed"


def test_messages_go_with_a_data_set_that_is_deleted(
    later: Talker, caplog: pytest.LogCaptureFixture
) -> None:
    stream = Stream(later)
    stream.send_several([stream.message({"_id": "1"})] * 2)
    [flow] = later.get(f"/flows/{stream.flow}").json()["items"]
    [target] = flow["targetConnectionIds"]
    for path in (
        f"/flows/{stream.flow}",
        f"/targetConnections/{target}",
        f"{PLATFORM}/catalog/dataSets/{stream.data_set}",
    ):
        assert later.send("DELETE", path).status_code in (200, 204)
    assert not _flusher(later).flush(SCOPE, stream.flow)
    assert _waiting(later, stream.flow) == 0
    assert (
        f"2 messages for the dataflow {stream.flow} were dropped: their data set was deleted"
        in caplog.text
    )


def test_a_schema_that_is_gone_is_told_and_holds_up_nobody(
    talker: Talker, caplog: pytest.LogCaptureFixture
) -> None:
    stream, other = Stream(talker), Stream(talker)
    with talker.app.store.writing(SCOPE) as rows:
        rows.remove(tables.schemas, SCOPE, stream.schema)
    stream.send(stream.message({"_id": "1"}))
    other.send(other.message({"_id": "1"}))
    assert len(stored_rows(talker, other.data_set)) == 1
    with pytest.raises(Undeliverable):
        _flusher(talker).flush(SCOPE, stream.flow)
    assert f"messages for the dataflow {stream.flow} wait" in caplog.text
    assert _waiting(talker, stream.flow) == 1


def test_messages_come_into_data_sets_without_anybody_asking(
    service: Any, tmp_path: Path
) -> None:
    talker = service(lake=str(tmp_path / "lake"), inlet_interval=0.2)
    stream = Stream(talker)
    stream.send(stream.message({"_id": "1"}))
    assert _waiting(talker, stream.flow) == 1
    _wait_for(lambda: _waiting(talker, stream.flow) == 0)


def test_what_a_process_has_left_another_puts_into_data_sets(
    service: Any, tmp_path: Path
) -> None:
    lake = str(tmp_path / "lake")
    first = service(lake=lake, inlet_interval=3600)
    stream = Stream(first)
    stream.send(stream.message({"_id": "1"}))
    first.app.close()
    second = service(lake=lake, inlet_interval=0)
    second.app.streaming.watch()
    _wait_for(lambda: _waiting(second, stream.flow) == 0)
    assert len(stored_rows(second, stream.data_set)) == 1


def test_raw_data_comes_into_the_data_set_as_it_was_mapped(talker: Talker) -> None:
    mappings = [
        {"source": "user.id", "destination": "_id"},
        {"source": "user", "destination": "person"},
    ]
    fields = FIELDS | {"person": {"type": "object", "properties": {"id": {"type": "string"}}}}  # fmt: skip
    stream = Stream(talker, raw=True, mappings=mappings, fields=fields)
    named = {"x-adobe-flow-id": stream.flow}
    stream.send({"user": {"id": "7"}, "noise": [1]}, params=named)
    [row] = stored_rows(talker, stream.data_set)
    assert (row["_id"], row["person"]["id"]) == ("7", "7")


def test_what_was_mapped_comes_in_the_types_of_the_schema(talker: Talker) -> None:
    pairs = {"n": "_id", "s": "age", "noise": "email", "who": "person"}
    mappings = [{"source": a, "destination": b} for a, b in pairs.items()]
    stream = Stream(talker, raw=True, mappings=mappings)
    sent = {"n": 7, "s": "12", "noise": [1], "who": {"name": 1.5}}
    named = {"x-adobe-flow-id": stream.flow}
    sync = {"syncValidation": "true"}
    answer = stream.send(sent, params=named | sync)
    assert answer.status_code == 200, answer.text
    [row] = stored_rows(talker, stream.data_set)
    assert (row["_id"], row["age"], row["email"]) == ("7", 12, None)
    assert row["person"] == {"name": "1.5"}


def test_a_stream_has_no_runs_on_demand(talker: Talker) -> None:
    stream = Stream(talker)
    answer = talker.post("/runs", json={"flowId": stream.flow})
    assert code(answer) == "CONNECTOR-1385-400"


def test_reading_what_has_nothing_to_do_with_data_waits_for_nothing(
    later: Talker, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Stream(later)
    stream.send(stream.message({"_id": "1"}))
    called: list[float] = []
    monkeypatch.setattr(later.app.streaming, "go_on", called.append)
    later.get(f"/connections/{stream.base}")
    assert called == []
    later.get(f"{PLATFORM}/catalog/batches")
    assert len(called) == 1


def _wait_for(is_true: Any) -> None:
    deadline = time.monotonic() + 10
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
