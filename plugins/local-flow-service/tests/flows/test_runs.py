"""Runs: on demand, by schedule and once more; and that none of them ever claims to have moved data."""

from __future__ import annotations

from typing import Any

import pytest
from dataflows import FUTURE, HOURLY, ONCE, PAST, Desk

from headwater_local_flow_service import Strictness
from headwater_local_flow_service.flows import run_reports
from headwater_local_flow_service.flows.run_metrics import (
    Failure,
    RunFigures,
    build_report,
)
from headwater_local_flow_service.store import tables
from headwater_local_flow_service.store.store import Scope

Open = Any
PATH = "/runs"
SCOPE = Scope(org="ACME@AdobeOrg", sandbox="prod")
WINDOW = {
    "startTime": str(FUTURE + 100),
    "windowStartTime": str(PAST),
    "windowEndTime": str(FUTURE),
}
COLUMN = {"name": "CreatedTime"}
SECRET_SHAPE = {"_due", "_covered"}


def _asked(desk: Desk, flow: str, **body: Any) -> Any:
    return desk.talker.post(f"{PATH}/", json={"flowId": flow} | body)


def _made(desk: Desk, flow: str, **body: Any) -> str:
    answer = _asked(desk, flow, **body)
    assert answer.status_code == 201, answer.text
    [reference] = answer.json()["items"]
    return str(reference["id"])


def test_a_new_run_is_scheduled_and_says_that_nothing_moves(service: Open) -> None:
    desk = Desk(service())
    flow = desk.flow(schedule=ONCE)["id"]
    answer = _asked(desk, flow, params=WINDOW | {"deltaColumn": COLUMN})
    assert answer.status_code == 201
    [reference] = answer.json()["items"]
    item = desk.read(reference["id"], PATH)
    assert (item["flowId"], item["etag"]) == (flow, reference["etag"])
    assert item["params"] == WINDOW | {"deltaColumn": COLUMN}, "as it was sent"
    summary = item["metrics"]["statusSummary"]
    assert (summary["status"], summary["errors"], item["activities"]) == (
        "scheduled",
        [],
        [],
    )
    assert "moves no data" in summary["extensions"]["note"]
    assert item["providerRefId"].startswith(f"M-{flow}-")
    assert not {"state", "version", *SECRET_SHAPE} & item.keys()


@pytest.mark.parametrize("form", ["items", "object", "full"])
def test_the_answer_to_a_create_has_the_form_that_is_set(
    service: Open, form: str
) -> None:
    desk = Desk(service(strictness=Strictness(run_create_envelope=form)))
    answer = _asked(desk, desk.flow(schedule=ONCE)["id"]).json()
    found = answer["items"][0] if form == "items" else answer
    assert desk.read(found["id"], PATH)["etag"] == found["etag"]
    assert ("flowId" in found) == (form == "full")


def test_a_list_is_filtered_by_dataflow_and_state_newest_first(service: Open) -> None:
    desk = Desk(service())
    first, second = desk.flow(schedule=ONCE)["id"], desk.flow(schedule=ONCE)["id"]
    early, late = _made(desk, first), _made(desk, first)
    assert [run["id"] for run in desk.runs(first)][:2] == [late, early]
    assert desk.report(early, "FAILED").status_code == 200
    for name in ("state", "metrics.statusSummary.status"):
        found = desk.talker.get(PATH, params={"property": f"{name}==Failed"}).json()[
            "items"
        ]
        assert [run["id"] for run in found] == [early]
    wanted = {
        "property": [f"flowId=={first},{second}", "state==scheduled"],
        "count": "true",
    }
    assert desk.talker.get(PATH, params=wanted).json() == {"count": 3}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"flowId": None}, "FLOW-1446-400"),
        ({"flowId": ""}, "FLOW-1446-400"),
        ({"flowId": 5}, "CONNECTOR-1312-400"),
        ({"flowId": "11111111-2222-4333-8444-555555555555"}, "FLOW-1430-400"),
        ({"flowId": "nonsense"}, "FLOW-1430-400"),
        ({"params": []}, "CONNECTOR-1384-400"),
        ({"params": {"startTime": "soon"}}, "CONNECTOR-1340-400"),
        ({"params": {"startTime": "16515859567"}}, "CONNECTOR-1340-400"),
        ({"params": {"startTime": True}}, "CONNECTOR-1340-400"),
        ({"params": WINDOW | {"windowEndTime": PAST - 1}}, "CONNECTOR-1381-400"),
        ({"params": {"deltaColumn": "CreatedTime"}}, "CONNECTOR-1384-400"),
        ({"params": {"deltaColumn": {}}}, "CONNECTOR-1384-400"),
        ({"predecessors": [{"flowRunId": "x"}]}, "FLOW-1428-400"),
        (
            {"predecessors": [{"flowId": "11111111-2222-4333-8444-555555555555"}]},
            "FLOW-1429-400",
        ),
        ({"predecessors": "x"}, "CONNECTOR-1312-400"),
        ({"recordTypes": [5]}, "CONNECTOR-1312-400"),
    ],
)
def test_a_wrong_body_is_refused_with_its_code(
    service: Open, code: Any, body: Any, expected: str
) -> None:
    desk = Desk(service())
    flow = desk.flow(schedule=ONCE)["id"]
    before = desk.runs(flow)
    assert code(_asked(desk, flow, **body)) == expected
    assert desk.runs(flow) == before


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (None, "CONNECTOR-1384-400"),
        ({}, "CONNECTOR-1384-400"),
        ({"startTime": FUTURE}, "CONNECTOR-1384-400"),
        (WINDOW, "CONNECTOR-1383-400"),
        (WINDOW | {"deltaColumn": COLUMN}, ""),
    ],
)
def test_a_strict_service_demands_all_params_and_a_tolerant_one_those_that_hurt(
    service: Open, code: Any, params: Any, expected: str
) -> None:
    tolerant = Desk(service())
    body = {"status": "active"} | ({} if params is None else {"params": params})
    assert (
        _asked(tolerant, tolerant.flow(schedule=ONCE)["id"], **body).status_code == 201
    )
    strict = Desk(service(strictness=Strictness(on_demand_strict=True)))
    answer = _asked(strict, strict.flow(schedule=ONCE)["id"], **body)
    assert answer.status_code == 201 if not expected else code(answer) == expected


def test_milliseconds_are_taken_for_what_they_are(service: Open, code: Any) -> None:
    desk = Desk(service())
    flow = desk.flow(schedule=ONCE)["id"]
    window = {
        "startTime": FUTURE * 1000,
        "windowStartTime": PAST,
        "windowEndTime": FUTURE * 1000,
    }
    assert _asked(desk, flow, params=window).status_code == 201
    reversed_window = window | {"windowEndTime": (PAST - 1) * 1000}
    assert code(_asked(desk, flow, params=reversed_window)) == "CONNECTOR-1381-400"


def test_the_first_run_teaches_its_dataflow_the_column_of_changes(
    service: Open, code: Any
) -> None:
    desk = Desk(service(strictness=Strictness(on_demand_strict=True)))
    made = desk.flow(schedule=ONCE)
    _made(desk, made["id"], params=WINDOW | {"deltaColumn": COLUMN})
    item = desk.read(made["id"])
    assert item["transformations"][0] == {
        "name": "Copy",
        "params": {"deltaColumn": COLUMN},
    }
    assert item["etag"] != made["etag"]
    _made(desk, made["id"], params=WINDOW)
    other = WINDOW | {"deltaColumn": {"name": "UpdatedTime"}}
    assert code(_asked(desk, made["id"], params=other)) == "CONNECTOR-1382-400"
    assert (
        desk.patch(
            made["id"], {"op": "replace", "path": "/name", "value": "x"}
        ).status_code
        == 200
    )


def test_a_dataflow_that_repeats_has_no_runs_on_demand(
    service: Open, code: Any
) -> None:
    desk = Desk(service())
    assert code(_asked(desk, desk.flow()["id"])) == "CONNECTOR-1386-400"
    paused = desk.flow(schedule=ONCE)["id"]
    desk.act(paused, "disable")
    assert code(_asked(desk, paused)) == "CONNECTOR-1380-400"
    draft = desk.made("/flows?mode=draft", desk.body())["id"]
    assert code(_asked(desk, draft)) == "CONNECTOR-1386-400"
    assert (
        code(desk.talker.post(f"{PATH}?mode=draft", json={"flowId": paused}))
        == "FLOW-1451-400"
    )


def test_a_report_moves_a_run_on_and_its_dataflow_takes_note(service: Open) -> None:
    desk = Desk(service())
    flow = desk.flow(schedule=ONCE)["id"]
    run = _made(desk, flow)
    assert desk.report(run, "IN_PROGRESS").status_code == 200
    item = desk.read(run, PATH)
    assert item["metrics"]["statusSummary"]["status"] == "inProgress"
    assert item["metrics"]["statusSummary"]["extensions"] == {}
    assert "lastRunDetails" not in desk.read(flow)
    before = desk.read(flow)["etag"]
    answer = desk.report(
        run,
        "partialSuccess",
        durationSummary={
            "startedAtUTC": 1_600_000_000_000,
            "completedAtUTC": 1_600_000_001_000,
        },
        recordSummary={
            "inputRecordCount": 3,
            "outputRecordCount": 2,
            "failedRecordCount": 1,
        },
    )
    assert answer.status_code == 200
    assert answer.headers["Location"].endswith(f"{PATH}/{run}")
    assert answer.json() == {"id": run, "etag": desk.read(run, PATH)["etag"]}
    noted = desk.read(flow)
    assert noted["lastRunDetails"] == {
        "id": run,
        "state": "success",
        "startedAtUTC": 1_600_000_000_000,
        "completedAtUTC": 1_600_000_001_000,
    }
    assert noted["etag"] == before, "nobody has changed the dataflow"


def test_more_about_an_earlier_run_is_not_taken_for_the_last_one(service: Open) -> None:
    desk = Desk(service())
    flow = desk.flow(schedule=ONCE)["id"]
    first, second = _made(desk, flow), _made(desk, flow)
    for run, status in ((first, "success"), (second, "failed"), (first, "failed")):
        assert desk.report(run, status).status_code == 200
    assert desk.read(flow)["lastRunDetails"]["id"] == second
    desk.report(second, "success")
    details = desk.read(flow)["lastRunDetails"]
    assert (details["id"], details["state"]) == (second, "success")


def test_a_report_and_a_patch_at_the_same_time_both_count(service: Open) -> None:
    desk = Desk(service())
    flow = desk.flow(schedule=ONCE)
    run = _made(desk, flow["id"])
    desk.report(run, "success")
    operations = [{"op": "replace", "path": "/name", "value": "renamed"}]
    stale = desk.talker.send(
        "PATCH",
        f"/flows/{flow['id']}",
        headers={"If-Match": flow["etag"]},
        json=operations,
    )
    assert stale.status_code == 200, "its etag was read before the report"
    item = desk.read(flow["id"])
    assert (item["name"], item["lastRunDetails"]["id"]) == ("renamed", run)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"metrics": {"statusSummary": {"status": "done"}}}, "FLOW-1437-400"),
        ({"metrics": {"statusSummary": {"status": 5}}}, "FLOW-1437-400"),
        ({"metrics": {"statusSummary": []}}, "CONNECTOR-1312-400"),
        (
            {"metrics": {"durationSummary": {"startedAtUTC": "now"}}},
            "CONNECTOR-1312-400",
        ),
        ({"metrics": []}, "CONNECTOR-1312-400"),
        ({"activities": [5]}, "CONNECTOR-1312-400"),
        ({"flowId": "other"}, "CONNECTOR-1312-400"),
        ({"params": 5}, "CONNECTOR-1384-400"),
        ({"predecessors": [{"flowRunId": "x"}]}, "FLOW-1428-400"),
        ({}, "FLOW-1405-400"),
    ],
)
def test_a_wrong_report_is_refused_with_its_code(
    service: Open, code: Any, body: Any, expected: str
) -> None:
    desk = Desk(service())
    run = _made(desk, desk.flow(schedule=ONCE)["id"])
    before = desk.read(run, PATH)
    answer = desk.talker.send(
        "PUT", f"{PATH}/{run}", headers={"If-Match": before["etag"]}, json=body
    )
    assert code(answer) == expected
    assert desk.read(run, PATH) == before


def test_a_report_needs_the_etag_and_a_run_that_is_over_stays_so(
    service: Open, code: Any
) -> None:
    desk = Desk(service())
    run = _made(desk, desk.flow(schedule=ONCE)["id"])
    body = {"metrics": {"statusSummary": {"status": "success"}}}
    stale = desk.read(run, PATH)["etag"]
    assert code(desk.talker.send("PUT", f"{PATH}/{run}", json=body)) == "FLOW-1403-400"
    assert desk.report(run, "success").status_code == 200
    answer = desk.talker.send(
        "PUT", f"{PATH}/{run}", headers={"If-Match": stale}, json=body
    )
    assert code(answer) == "FLOW-1404-412"
    assert code(desk.report(run, "inProgress")) == "FLOW-1421-400"
    assert (
        code(desk.talker.send("PATCH", f"{PATH}/{run}", json=[]))
        == "HEADWATER-1405-405"
    )
    assert code(desk.talker.send("DELETE", f"{PATH}/{run}")) == "HEADWATER-1405-405"


def test_a_failed_run_is_repeated_as_a_new_one_over_the_same_window(
    service: Open, code: Any
) -> None:
    desk = Desk(service())
    flow = desk.flow(schedule=ONCE)["id"]
    run = _made(desk, flow, params=WINDOW)
    assert code(desk.act(run, "re-trigger", PATH)) == "CONNECTOR-1387-400"
    desk.report(run, "failed")
    answer = desk.act(run, "RE_TRIGGER", PATH)
    assert answer.status_code == 200
    again = desk.read(answer.json()["id"], PATH)
    assert (again["id"] != run, again["etag"]) == (True, answer.json()["etag"])
    assert (again["params"], again["metrics"]["statusSummary"]["status"]) == (
        WINDOW,
        "scheduled",
    )
    assert desk.read(run, PATH)["metrics"]["statusSummary"]["status"] == "failed"
    desk.act(flow, "disable")
    assert code(desk.act(run, "re-trigger", PATH)) == "CONNECTOR-1388-400"
    assert code(desk.act(run, "publish", PATH)) == "CONNECTOR-1401-400"


@pytest.mark.parametrize(
    ("status", "written", "repeated"),
    [
        ("success", 0, True),
        ("completed", 0, True),
        ("success", 1, False),
        ("success", None, False),
        ("partialFailure", 5, True),
    ],
)
def test_a_success_is_repeated_only_where_nothing_was_written(
    service: Open, code: Any, status: str, written: int | None, repeated: bool
) -> None:
    desk = Desk(service())
    run = _made(desk, desk.flow(schedule=ONCE)["id"])
    desk.report(
        run,
        status,
        **(
            {} if written is None else {"recordSummary": {"outputRecordCount": written}}
        ),
    )
    answer = desk.act(run, "re-trigger", PATH)
    assert (
        answer.status_code == 200 if repeated else code(answer) == "CONNECTOR-1387-400"
    )


def test_the_schedule_s_next_run_is_there_from_the_start_and_covers_everything(
    service: Open,
) -> None:
    desk = Desk(service())
    [run] = desk.runs(desk.flow()["id"])
    assert run["params"] == {
        "startTime": FUTURE,
        "windowStartTime": 0,
        "windowEndTime": FUTURE,
        "deltaColumn": COLUMN,
    }
    [single] = desk.runs(desk.flow(schedule=ONCE)["id"])
    assert single["params"]["startTime"] == FUTURE
    [late] = desk.runs(desk.flow(schedule=HOURLY | {"backfill": "false"})["id"])
    assert late["params"]["windowStartTime"] == FUTURE


def test_a_run_whose_time_has_come_waits_and_so_does_the_next_one(
    service: Open,
) -> None:
    desk = Desk(service())
    flow = desk.flow(schedule=HOURLY | {"startTime": PAST})["id"]
    [run] = desk.runs(flow)
    assert run["metrics"]["statusSummary"]["status"] == "scheduled"
    desk.act(flow, "disable")
    desk.act(flow, "enable")
    assert desk.runs(flow) == [run], "it is not over, and it is not repeated"


def test_when_a_run_is_over_the_next_goes_on_where_it_ended(service: Open) -> None:
    desk = Desk(service())
    flow = desk.flow(schedule=HOURLY | {"startTime": PAST})["id"]
    [first] = desk.runs(flow)
    desk.report(first["id"], "success")
    [second, _first] = desk.runs(flow)
    assert (
        second["params"]["windowStartTime"] == first["params"]["windowEndTime"] == PAST
    )
    assert second["params"]["startTime"] == second["params"]["windowEndTime"] > PAST
    assert (second["params"]["startTime"] - PAST) % 3600 == 0


def test_a_dataflow_that_runs_once_does_so_once(service: Open) -> None:
    desk = Desk(service())
    flow = desk.flow(schedule=ONCE | {"startTime": PAST})["id"]
    [run] = desk.runs(flow)
    desk.report(run["id"], "success")
    desk.act(flow, "disable")
    desk.act(flow, "enable")
    assert len(desk.runs(flow)) == 1


def test_a_run_on_demand_that_ends_leaves_the_run_to_come_alone(service: Open) -> None:
    desk = Desk(service())
    flow = desk.flow(schedule=ONCE)["id"]
    [before] = desk.runs(flow)
    first, second = _made(desk, flow), _made(desk, flow)
    for run in (first, second):
        desk.report(run, "success")
        assert before in desk.runs(flow)


def test_disabling_takes_back_the_run_to_come_and_enabling_brings_it_again(
    service: Open,
) -> None:
    desk = Desk(service())
    flow = desk.flow()["id"]
    [before] = desk.runs(flow)
    desk.act(flow, "disable")
    assert desk.runs(flow) == []
    desk.act(flow, "enable")
    [after] = desk.runs(flow)
    assert after["params"] == before["params"]


def test_a_changed_schedule_changes_the_run_to_come(service: Open) -> None:
    desk = Desk(service())
    flow = desk.flow()["id"]
    [before] = desk.runs(flow)
    desk.patch(flow, {"op": "replace", "path": "/name", "value": "the same schedule"})
    assert desk.runs(flow) == [before]
    later = {"op": "replace", "path": "/scheduleParams/startTime", "value": FUTURE + 5}
    assert desk.patch(flow, later).status_code == 200
    [after] = desk.runs(flow)
    assert (after["params"]["startTime"], after["params"]["windowStartTime"]) == (
        FUTURE + 5,
        0,
    )


def test_the_run_to_come_keeps_its_id_whatever_becomes_of_its_window(
    service: Open,
) -> None:
    desk = Desk(service())
    flow = desk.flow(schedule=ONCE)["id"]
    [before] = desk.runs(flow)
    desk.report(_made(desk, flow, params=WINDOW | {"deltaColumn": COLUMN}), "success")
    after = desk.read(before["id"], PATH)
    assert after["params"] == before["params"] | {"deltaColumn": COLUMN}
    assert after["etag"] != before["etag"]


def test_what_was_said_of_a_run_to_come_is_kept(service: Open) -> None:
    desk = Desk(service())
    flow = desk.flow()["id"]
    [run] = desk.runs(flow)
    desk.report(run["id"], "queued", recordSummary={"inputRecordCount": 5})
    desk.patch(flow, {"op": "replace", "path": "/scheduleParams/interval", "value": 3})
    desk.act(flow, "disable")
    [kept] = desk.runs(flow)
    assert (kept["id"], kept["metrics"]["recordSummary"]) == (
        run["id"],
        {"inputRecordCount": 5},
    )


def test_runs_that_repeat_others_hold_up_nothing(service: Open) -> None:
    desk = Desk(service())
    flow = desk.flow(schedule=HOURLY | {"startTime": PAST})["id"]
    [first] = desk.runs(flow)
    desk.report(first["id"], "failed")
    assert desk.act(first["id"], "re-trigger", PATH).status_code == 200
    desk.act(flow, "disable")
    desk.act(flow, "enable")
    to_come = [run for run in desk.runs(flow) if run["params"]["startTime"] > PAST]
    assert len(to_come) == 1


@pytest.mark.parametrize(
    "column",
    [
        {"name": "CreatedTime", "dateFormat": 5},
        {"name": "CreatedTime", "timezone": [1]},
    ],
)
def test_a_first_run_teaches_nothing_that_a_dataflow_could_not_say(
    service: Open, code: Any, column: Any
) -> None:
    desk = Desk(service())
    flow = desk.flow(schedule=ONCE)["id"]
    assert (
        code(_asked(desk, flow, params=WINDOW | {"deltaColumn": column}))
        == "CONNECTOR-1384-400"
    )
    assert (
        desk.patch(flow, {"op": "replace", "path": "/name", "value": "x"}).status_code
        == 200
    )


@pytest.mark.parametrize(
    "metrics",
    [
        {"statusSummary": {"status": "failed", "errors": "x"}},
        {"statusSummary": {"status": "failed", "errors": [1]}},
        {"statusSummary": {"status": "failed", "extensions": []}},
        {"recordSummary": {"outputRecordCount": "zero"}},
        {"sizeSummary": {"inputBytes": 1.5}},
        {"durationSummary": {"startedAtUTC": 2, "completedAtUTC": 1}},
    ],
)
def test_a_report_holds_what_a_reader_expects(
    service: Open, code: Any, metrics: Any
) -> None:
    desk = Desk(service())
    run = _made(desk, desk.flow(schedule=ONCE)["id"])
    etag = desk.read(run, PATH)["etag"]
    answer = desk.talker.send(
        "PUT", f"{PATH}/{run}", headers={"If-Match": etag}, json={"metrics": metrics}
    )
    assert code(answer) == "CONNECTOR-1312-400"


def test_null_in_a_report_says_nothing(service: Open) -> None:
    desk = Desk(service())
    flow = desk.flow(schedule=ONCE)["id"]
    run = _made(desk, flow)
    assert (
        desk.report(
            run,
            "success",
            durationSummary={"startedAtUTC": None, "completedAtUTC": None},
        ).status_code
        == 200
    )
    details = desk.read(flow)["lastRunDetails"]
    assert all(
        isinstance(details[name], int) for name in ("startedAtUTC", "completedAtUTC")
    )


def test_what_ingests_inside_the_service_ends_a_run_and_its_dataflow_tells(
    service: Open,
) -> None:
    desk = Desk(service())
    flow = desk.flow()["id"]
    [run] = desk.runs(flow)
    figures = RunFigures(started=1, completed=2, input_records=3, output_records=3)
    with desk.talker.app.store.writing(SCOPE) as rows:
        row = rows.get(tables.runs, SCOPE, run["id"])
        run_reports.end_run(rows, row, "lake", build_report(figures))
    last = desk.read(flow)["lastRunDetails"]
    assert (last["id"], last["state"]) == (run["id"], "success")
    assert (last["startedAtUTC"], last["completedAtUTC"]) == (1, 2)
    item = desk.read(run["id"], PATH)
    assert item["metrics"]["recordSummary"]["outputRecordCount"] == 3
    assert "note" not in item["metrics"]["statusSummary"]["extensions"]
    assert [one["id"] for one in item["activities"]] == [
        "copyActivity",
        "promotionActivity",
    ]
    assert len(desk.runs(flow)) == 2, "the schedule calls for the next one"


def test_what_ingests_inside_the_service_records_a_run_that_nobody_called_for(
    service: Open,
) -> None:
    desk = Desk(service())
    flow = desk.flow(schedule=ONCE)["id"]
    figures = RunFigures(started=1, completed=2, failure=Failure.COPY)
    with desk.talker.app.store.writing(SCOPE) as rows:
        row = rows.get(tables.flows, SCOPE, flow)
        made = run_reports.add_run(rows, row, "stream", {}, build_report(figures))
    item = desk.read(made.id, PATH)
    assert item["metrics"]["statusSummary"]["status"] == "failed"
    assert desk.read(flow)["lastRunDetails"]["state"] == "failed"
    found = desk.talker.get(PATH, params={"property": "state==failed"}).json()["items"]
    assert [one["id"] for one in found] == [made.id]


def test_the_runs_of_a_dataflow_are_found_below_it_as_well(
    service: Open, code: Any
) -> None:
    desk = Desk(service())
    flow, other = desk.flow(schedule=ONCE)["id"], desk.flow(schedule=ONCE)["id"]
    late = [_made(desk, flow) for _count in range(3)][::-1]
    assert _made(desk, other)
    path = f"/flows/{flow}/runs"
    found = desk.talker.get(path).json()
    assert [run["id"] for run in found["items"]][:3] == late
    assert {run["flowId"] for run in found["items"]} == {flow}
    assert desk.talker.get(f"{path}?count=true").json()["count"] == len(found["items"])
    first = desk.talker.get(f"{path}?limit=1").json()
    following = first["_links"]["next"]["href"]
    for next_page in (following, following.replace("/runs", path)):
        rest = desk.talker.get(f"{next_page}&limit=100").json()["items"]
        ids = [run["id"] for run in (*first["items"], *rest)]
        assert ids == [run["id"] for run in found["items"]], next_page
    of_other = {"property": f"flowId=={other}"}
    assert desk.talker.get(path, params=of_other).json()["items"] == []
    foreign = desk.talker.like(x_sandbox_name="dev")
    assert code(foreign.get(path)) == "FLOW-1439-404"
    assert code(desk.talker.get("/flows/nothing/runs")) == "FLOW-1439-404"
