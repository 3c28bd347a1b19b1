"""Batches of Batch Ingestion: created, filled, completed, given up, and what each state allows."""

from __future__ import annotations

from typing import Any

import pytest

ROWS = [{"id": "a", "n": 1}, {"id": "b", "n": 2}]


def test_a_new_batch_is_answered_as_the_platform_prints_it(desk: Any) -> None:
    batch = desk.create(tags={"source": ["crm"]})
    assert len(batch["id"]) == 26
    assert batch["externalId"] == batch["id"]
    assert (batch["status"], batch["created"], batch["updated"]) == ("loading", 0, 0)
    assert batch["relatedObjects"] == [{"type": "dataSet", "id": desk.data_set}]
    assert batch["tags"] == {"source": ["crm"]}
    assert batch["version"] == "1.0.0"
    assert batch["imsOrg"] == "ACME@AdobeOrg"


def test_rows_of_a_completed_batch_are_in_the_data_set(desk: Any) -> None:
    batch = desk.fill(ROWS)
    assert batch["status"] == "success"
    assert batch["metrics"]["outputRecordCount"] == 2
    assert (batch["recordCount"], batch["failedRecordCount"]) == (2, 0)
    assert desk.rows() == ROWS


def test_input_format_defaults_to_parquet(desk: Any) -> None:
    assert desk.create(inputFormat=None)["inputFormat"] == {"format": "parquet"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"format": "JSON"}, {"format": "json", "isMultiLineJson": False}),
        (
            {"format": "json", "isMultiLineJson": True},
            {"format": "json", "isMultiLineJson": True},
        ),
        (
            {"format": "csv", "delimiter": ";", "header": "true"},
            {"format": "csv", "delimiter": ";"},
        ),
        ({"format": "Parquet"}, {"format": "parquet"}),
    ],
)
def test_input_formats_are_taken_in_any_case(
    desk: Any, given: dict[str, Any], kept: dict[str, Any]
) -> None:
    assert desk.create(inputFormat=given)["inputFormat"] == kept


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"inputFormat": {"format": "avro"}}, "inputFormat.format"),
        ({"inputFormat": {}}, "inputFormat.format"),
        (
            {"inputFormat": {"format": "csv", "isMultiLineJson": True}},
            "isMultiLineJson",
        ),
        ({"inputFormat": {"format": "json", "delimiter": ","}}, "delimiter"),
        ({"inputFormat": {"format": "csv", "delimiter": ";;"}}, "delimiter"),
        ({"inputFormat": {"format": "csv", "charset": "EBCDIC"}}, "charset"),
        ({"inputFormat": {"format": "csv", "header": False}}, "header"),
        ({"inputFormat": {"format": "csv", "header": "perhaps"}}, "header"),
        ({"tags": {"a": "b"}}, "tags"),
        ({"tags": {"a": [1]}}, "tags"),
        ({"tags": {"acp_partialIngestionPercent": "much"}}, "tags"),
        ({"partialIngestionPercentage": 101}, "partialIngestionPercentage"),
        ({"partialIngestionPercentage": "much"}, "partialIngestionPercentage"),
        ({"partialIngestionPercentage": True}, "partialIngestionPercentage"),
        ({"enableErrorDiagnostics": "yes"}, "enableErrorDiagnostics"),
        ({"externalId": ""}, "externalId"),
        ({"externalId": "x" * 256}, "externalId"),
        ({"replay": {}}, "replay"),
        ({"replay": {"predecessors": [1]}}, "replay.predecessors"),
        ({"datasetId": 7}, "datasetId"),
    ],
)
def test_a_body_that_breaks_a_rule_is_refused_by_its_field(
    desk: Any, told: Any, changes: dict[str, Any], name: str
) -> None:
    body = {"datasetId": desk.data_set, "inputFormat": {"format": "json"}} | changes
    answer = desk.talker.post(f"{desk.imports}/batches", json=body)
    assert answer.status_code == 400
    assert name in told(answer)


def test_a_batch_needs_a_data_set_of_its_sandbox(desk: Any, told: Any) -> None:
    url = f"{desk.imports}/batches"
    answer = desk.talker.post(url, json={"datasetId": "0" * 24})
    assert (answer.status_code, told(answer)) == (404, "no such resource in dataSets")
    elsewhere = desk.talker.like(x_sandbox_name="dev")
    assert elsewhere.post(url, json={"datasetId": desk.data_set}).status_code == 404


def test_batches_of_others_are_not_there(desk: Any) -> None:
    batch = desk.fill(ROWS)["id"]
    for other in ({"x_sandbox_name": "dev"}, {"x_gw_ims_org_id": "GLOBEX@AdobeOrg"}):
        stranger = desk.talker.like(**other)
        for method, url in (
            ("GET", f"{desk.catalog}/batches/{batch}"),
            ("GET", f"{desk.exports}/batches/{batch}/files"),
            ("GET", f"{desk.exports}/batches/{batch}/meta"),
            ("GET", f"{desk.exports}/datasets/{desk.data_set}/preview"),
            ("POST", f"{desk.imports}/batches/{batch}?action=REVERT"),
        ):
            assert stranger.send(method, url).status_code == 404
        assert stranger.get(f"{desk.catalog}/batches").json() == {}
        assert stranger.get(f"{desk.catalog}/dataSetFiles").json() == {}


def test_clients_own_ids_need_not_be_unique(desk: Any) -> None:
    first, second = desk.create(externalId="run-1"), desk.create(externalId="run-1")
    found = desk.talker.get(f"{desk.catalog}/batches?externalId=run-1").json()
    assert found.keys() == {first["id"], second["id"]}


def test_complete_is_safe_to_repeat(desk: Any) -> None:
    batch = desk.fill(ROWS)
    version = batch["version"]
    again = desk.act(batch["id"], "complete")
    assert (again.status_code, again.json()["status"]) == (200, "success")
    assert desk.read(batch["id"])["version"] == version
    assert desk.rows() == ROWS


def test_a_batch_without_files_fails_with_the_platforms_code(desk: Any) -> None:
    batch = desk.create()["id"]
    assert desk.act(batch, "COMPLETE").status_code == 200
    found = desk.wait(batch)
    assert found["status"] == "failed"
    assert [error["code"] for error in found["errors"]] == ["133"]
    assert "metrics" not in found


@pytest.mark.parametrize(
    ("action", "state"), [("ABORT", "aborted"), ("FAIL", "failed")]
)
def test_a_batch_that_is_given_up_leaves_no_file(
    desk: Any, stored: Any, action: str, state: str
) -> None:
    batch = desk.create()["id"]
    desk.put(batch, "a.json", b"{}")
    assert stored()
    for _time in range(2):
        assert desk.act(batch, action).json()["status"] == state
    assert stored() == []
    assert desk.put(batch, "b.json", b"{}").status_code == 400
    assert stored() == []


def test_a_reverted_batch_is_read_no_more(desk: Any) -> None:
    kept, reverted = desk.fill(ROWS[:1])["id"], desk.fill(ROWS[1:])["id"]
    [file] = desk.talker.get(f"{desk.exports}/batches/{reverted}/files").json()["data"]
    for _time in range(2):
        assert desk.act(reverted, "REVERT").json()["status"] == "inactive"
    assert desk.rows() == ROWS[:1]
    assert desk.talker.get(f"{desk.exports}/batches/{reverted}/files").json()["data"] == []  # fmt: skip
    assert (
        desk.talker.get(f"{desk.exports}/files/{file['dataSetFileId']}").status_code
        == 404
    )
    files = desk.talker.get(f"{desk.catalog}/dataSetFiles").json()
    assert {each["batchId"] for each in files.values()} == {kept}


@pytest.mark.parametrize(
    ("done", "action"),
    [
        ((), "REVERT"),
        (("ABORT",), "COMPLETE"),
        (("ABORT",), "FAIL"),
        (("FAIL",), "ABORT"),
        (("ABORT",), "REVERT"),
    ],
)
def test_an_action_that_does_not_apply_is_refused_with_those_that_do(
    desk: Any, told: Any, done: tuple[str, ...], action: str
) -> None:
    batch = desk.create()["id"]
    for each in done:
        desk.act(batch, each)
    before = desk.read(batch)
    answer = desk.act(batch, action)
    assert answer.status_code == 400
    assert "does not apply" in told(answer)
    assert desk.read(batch) == before


def test_an_unknown_action_is_refused(desk: Any, told: Any) -> None:
    answer = desk.act(desk.create()["id"], "PROMOTE")
    assert answer.status_code == 400
    assert "COMPLETE, ABORT, FAIL, REVERT" in told(answer)


@pytest.mark.parametrize("spelled", ["{}", "${}", "${{{}}}"])
def test_a_replay_replaces_its_predecessor_once_it_succeeds(
    desk: Any, spelled: str
) -> None:
    before = desk.fill(ROWS[:1])["id"]
    replay = {"predecessors": [spelled.format(before)]}
    batch = desk.create(replay=replay)
    assert batch["replay"] == {"predecessors": [before], "reason": "replace"}
    desk.put(batch["id"], "rows.json", b'{"id": "c", "n": 3}\n')
    assert desk.read(before)["status"] == "success"
    desk.act(batch["id"], "COMPLETE")
    assert desk.wait(batch["id"])["status"] == "success"
    assert desk.read(before)["status"] == "inactive"
    assert desk.rows() == [{"id": "c", "n": 3}]


def test_a_replay_that_fails_replaces_nothing(desk: Any) -> None:
    before = desk.fill(ROWS, externalId="run-1")["id"]
    replay = {"predecessorsByExternalId": ["$run-1"]}
    failed = desk.fill([{"n": "no number"}], replay=replay)
    assert failed["status"] == "failed"
    assert desk.read(before)["status"] == "success"
    assert desk.rows() == ROWS


def test_a_data_set_tells_of_its_batches(desk: Any) -> None:
    good, bad = desk.fill(ROWS)["id"], desk.fill([{"n": "no number"}])["id"]
    told = desk.talker.get(f"{desk.catalog}/dataSets/{desk.data_set}").json()
    facts = told[desk.data_set]
    assert facts["lastBatchId"] == facts["lastFailedBatch"] == bad
    assert facts["lastBatchStatus"] == "failed"
    assert facts["lastSuccessfulBatch"] == good
    assert facts["files"] == f"@/dataSetFiles?dataSetId={desk.data_set}"
    last = desk.talker.get(f"{desk.catalog}/lastBatches?dataSetId={desk.data_set}")
    assert last.json() == {
        desk.data_set: {
            "lastBatchId": bad,
            "lastBatchStatus": "failed",
            "lastSuccessfulBatchId": good,
            "lastFailedBatchId": bad,
        }
    }


def test_a_data_set_is_deleted_with_its_batches_unless_one_is_under_way(
    desk: Any, stored: Any
) -> None:
    from headwater_local_flow_service.lake import sweeping

    desk.fill(ROWS)
    loading = desk.create()["id"]
    url = f"{desk.catalog}/dataSets/{desk.data_set}"
    answer = desk.talker.send("DELETE", url)
    assert (answer.status_code, "ABORT" in answer.text) == (400, True)
    desk.act(loading, "ABORT")
    assert desk.talker.send("DELETE", url).status_code == 200
    assert desk.talker.get(f"{desk.catalog}/batches").json() == {}
    assert desk.talker.get(f"{desk.catalog}/dataSetFiles").json() == {}
    lake = desk.talker.app.lake
    sweeping.sweep(lake.store, lake.files, older_than=-10)
    assert stored() == []


def test_what_is_not_offered_says_so(desk: Any, told: Any) -> None:
    for url in (f"{desk.imports}/nothing", f"{desk.exports}/nothing"):
        answer = desk.talker.get(url)
        assert answer.status_code == 404
        assert "not offered" in told(answer)
    assert desk.talker.send("PATCH", f"{desk.imports}/batches", json={}).status_code == 405  # fmt: skip


def test_without_parquet_the_calls_name_the_command_that_installs_it(
    desk: Any, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = desk.create()["id"]
    monkeypatch.setattr(
        "headwater_local_flow_service.lake.lake._has_parquet", lambda: False
    )
    calls = [
        ("POST", f"{desk.imports}/batches"),
        ("PUT", desk.url_of(batch, "a.json")),
        ("POST", f"{desk.imports}/batches/{batch}?action=COMPLETE"),
        ("GET", f"{desk.exports}/batches/{batch}/files"),
        ("GET", f"{desk.exports}/batches/{batch}/meta"),
        ("GET", f"{desk.exports}/datasets/{desk.data_set}/preview"),
    ]
    for method, url in calls:
        answer = desk.talker.send(
            method, url, data=b"{}", headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 501, url
        assert 'pip install "headwater-local-flow-service[lake]"' in told(answer)
    assert desk.talker.get(f"{desk.catalog}/batches").status_code == 200
