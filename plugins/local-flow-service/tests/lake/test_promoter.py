"""Promotion in the background: claimed by one, gone on with by another, written once and whole."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from headwater_local_flow_service.files.file_store import FilesUnavailable
from headwater_local_flow_service.lake import batches, promoter, sweeping
from headwater_local_flow_service.lake.promoter import Promoter
from headwater_local_flow_service.store import batch_files
from headwater_local_flow_service.store.store import Scope

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = [{"id": "a", "n": 1}, {"id": "b", "n": 2}]
SCOPE = Scope(org="ACME@AdobeOrg", sandbox="prod")


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Keep every promoter from beginning by itself; the function lets them again."""
    begin = Promoter.begin
    monkeypatch.setattr(Promoter, "begin", lambda *_given: None)
    return lambda: monkeypatch.setattr(Promoter, "begin", begin)


@pytest.fixture
def loaded(desk: Any, idle: Any, lines: Any) -> str:
    """Return a batch that is complete and that nobody promotes yet."""
    batch: str = desk.create()["id"]
    desk.put(batch, "rows.json", lines(ROWS))
    assert desk.act(batch, "COMPLETE").json()["status"] == "loaded"
    return batch


def _promoter(desk: Any) -> Promoter:
    lake = desk.talker.app.lake
    return Promoter(lake.store, lake.files)


def _lease(desk: Any, batch: str, until: int, **facts: Any) -> None:
    """Have a batch promoted by somebody else, until then."""
    with desk.talker.app.store.writing(SCOPE) as rows:
        record = batches.require(rows, SCOPE, batch)
        facts |= {batches.LEASE: {"attempt": "other", "until": until}}
        batches.change(rows, record, "key", state="staging", **facts)


def test_who_reads_a_batch_that_nobody_promotes_has_it_promoted(
    desk: Any, loaded: str, idle: Callable[[], None]
) -> None:
    assert desk.read(loaded)["status"] == "loaded"
    _lease(desk, loaded, until=1)
    idle()
    assert desk.wait(loaded)["status"] == "success"
    assert desk.rows() == ROWS


def test_a_worker_that_looks_finds_what_another_has_left(
    desk: Any, loaded: str
) -> None:
    _lease(desk, loaded, until=1)
    other = _promoter(desk)
    other.watch()
    try:
        until = time.monotonic() + 30
        while desk.read(loaded)["status"] != "success":
            assert time.monotonic() < until
            other._wake.acquire()
            other._wake.notify_all()
            other._wake.release()
            time.sleep(0.01)
    finally:
        other.close()
    assert desk.rows() == ROWS


def test_a_batch_that_somebody_has_is_left_to_him(desk: Any, loaded: str) -> None:
    _lease(desk, loaded, until=99_999_999_999_999)
    _promoter(desk)._promote(SCOPE, loaded)
    assert desk.read(loaded)["status"] == "staging"


def test_two_never_both_write(
    desk: Any, loaded: str, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from headwater_local_flow_service.promotion import promoting

    promote = promoting.promote
    slow = threading.Event()
    claimed = threading.Event()

    def wait(job: Any, files: Any) -> Any:
        result = promote(job, files)
        if not claimed.is_set():
            claimed.set()
            assert slow.wait(30)
        return result

    monkeypatch.setattr(promoting, "promote", wait)
    first, second = _promoter(desk), _promoter(desk)
    thread = threading.Thread(target=first._promote, args=(SCOPE, loaded))
    thread.start()
    assert claimed.wait(30)
    _lease(desk, loaded, until=1)  # the first was taken for dead
    second._promote(SCOPE, loaded)
    assert desk.read(loaded)["status"] == "success"
    assert len(stored()) == 2
    slow.set()
    thread.join(30)
    assert len(stored()) == 1, "what the loser made is thrown away"
    assert desk.rows() == ROWS
    [file] = desk.talker.get(f"{desk.exports}/batches/{loaded}/files").json()["data"]
    assert file["records"] == "2"


def test_a_lease_is_renewed_while_a_promotion_takes_long(
    desk: Any, loaded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from headwater_local_flow_service.promotion import promoting

    monkeypatch.setattr(promoter, "LEASE_SECONDS", 0.3)
    promote = promoting.promote

    def take_long(job: Any, files: Any) -> Any:
        until = time.monotonic() + 1
        while time.monotonic() < until:
            _promoter(desk)._promote(SCOPE, loaded)
            time.sleep(0.05)
        return promote(job, files)

    monkeypatch.setattr(promoting, "promote", take_long)
    _promoter(desk)._promote(SCOPE, loaded)
    assert desk.read(loaded)["status"] == "success"
    assert desk.rows() == ROWS


@pytest.mark.parametrize("failure", [FilesUnavailable("full"), OSError("broken")])
def test_what_fails_is_tried_again_and_stalls_in_the_end(
    desk: Any,
    loaded: str,
    stored: Any,
    failure: Exception,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from headwater_local_flow_service.promotion import promoting

    monkeypatch.setattr(promoter, "RETRY_SECONDS", 0)
    promote = promoting.promote
    before = stored()

    def fail(job: Any, files: Any) -> Any:
        promote(job, files)
        raise failure

    worker = _promoter(desk)
    with monkeypatch.context() as patch:
        patch.setattr(promoting, "promote", fail)
        for _attempt in range(promoter.MOST_ATTEMPTS):
            worker._promote(SCOPE, loaded)
            assert desk.read(loaded)["status"] == "retrying"
            assert stored() == before
        worker._promote(SCOPE, loaded)
    found = desk.read(loaded)
    assert found["status"] == "stalled"
    assert found["errors"]
    desk.act(loaded, "COMPLETE")
    worker._promote(SCOPE, loaded)
    assert desk.read(loaded)["status"] == "success"
    assert desk.rows() == ROWS


def test_an_abort_between_claim_and_commit_wins(
    desk: Any, loaded: str, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from headwater_local_flow_service.promotion import promoting

    promote = promoting.promote

    def undo(job: Any, files: Any) -> Any:
        result = promote(job, files)
        with desk.talker.app.store.writing(SCOPE) as rows:
            record = batches.require(rows, SCOPE, loaded)
            batches.finish(rows, record, "key", "aborted")
        return result

    monkeypatch.setattr(promoting, "promote", undo)
    _promoter(desk)._promote(SCOPE, loaded)
    assert desk.read(loaded)["status"] == "aborted"
    assert desk.rows() == []


def test_status_files_and_metrics_appear_in_one_transaction(
    desk: Any, loaded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    add_all = batch_files.add_all

    def look(rows: Any, files: Any) -> None:
        add_all(rows, files)
        thread = threading.Thread(target=lambda: seen.append(desk.read(loaded)))
        thread.start()
        thread.join(30)

    with monkeypatch.context() as patch:
        patch.setattr(batch_files, "add_all", look)
        _promoter(desk)._promote(SCOPE, loaded)
    assert [batch["status"] for batch in seen] == ["staging"]
    assert "metrics" not in seen[0]
    assert desk.read(loaded)["metrics"]["outputRecordCount"] == 2


def test_a_sweep_removes_what_no_row_names_and_nothing_else(
    desk: Any, place: Path, stored: Any
) -> None:
    kept = desk.fill(ROWS)["id"]
    loading = desk.create()["id"]
    desk.put(loading, "a.json", b"{}")
    before = stored()
    [sandbox] = place.glob("*/batches/*")
    for garbage in (
        sandbox / kept / "lost" / "part.parquet",
        sandbox / loading / "input" / "lost",
        sandbox / "01EQ1C48TR4GD4FE7NH2522TCQ" / "input" / "of-no-batch",
    ):
        garbage.parent.mkdir(parents=True, exist_ok=True)
        garbage.write_bytes(b"x")
    lake = desk.talker.app.lake
    assert sweeping.sweep(lake.store, lake.files) == 0, "they are young"
    assert sweeping.sweep(lake.store, lake.files, older_than=-10) == 3
    assert stored() == before
    assert desk.rows() == ROWS


def test_a_sweep_leaves_a_promotion_alone(
    desk: Any, loaded: str, place: Path, stored: Any
) -> None:
    [sandbox] = place.glob("*/batches/*")
    made = sandbox / loaded / "attempt" / "part.parquet"
    made.parent.mkdir()
    made.write_bytes(b"x")
    before = stored()
    lake = desk.talker.app.lake
    assert sweeping.sweep(lake.store, lake.files, older_than=-10) == 0
    assert stored() == before


def test_a_schema_that_is_gone_fails_the_batch(desk: Any, loaded: str) -> None:
    from headwater_local_flow_service.store import tables

    with desk.talker.app.store.writing(SCOPE) as rows:
        rows.clear(tables.schemas)
    _promoter(desk)._promote(SCOPE, loaded)
    found = desk.read(loaded)
    assert found["status"] == "failed"
    assert "deleted" in found["errors"][0]["description"]
