"""States between two states, where the switch asks for them: shown for so many reads, and closed to other changes."""

from __future__ import annotations

from typing import Any

import pytest
from dataflows import Desk, source_body

from headwater_local_flow_service import Strictness

Open = Any
RENAME = {"op": "replace", "path": "/name", "value": "renamed"}


def _slow(service: Open, reads: int = 2) -> Any:
    return service(strictness=Strictness(async_states=reads))


def _states(talker: Any, path: str, reads: int) -> list[str]:
    """Read so many times and return the states seen; gone where there is nothing."""
    answers = [talker.get(path) for _read in range(reads)]
    return [
        answer.json()["items"][0]["state"] if answer.ok else "gone"
        for answer in answers
    ]


def _patch(talker: Any, path: str) -> Any:
    etag = talker.get(path).json()["items"][0]["etag"]
    return talker.send("PATCH", path, headers={"If-Match": etag}, json=[RENAME])


def _settled(talker: Any, path: str) -> str:
    """Read until nothing moves any more."""
    return _states(talker, path, 4)[-1]


def test_everything_is_done_at_once_unless_the_switch_is_set(service: Open) -> None:
    desk = Desk(service())
    flow = f"/flows/{desk.flow()['id']}"
    assert _states(desk.talker, f"/connections/{desk.base}", 1) == ["enabled"]
    assert desk.talker.post(f"{flow}/action?op=disable").status_code == 200
    assert _states(desk.talker, flow, 1) == ["disabled"]


def test_a_connection_is_initializing_until_it_was_read_often_enough(
    service: Open, code: Any
) -> None:
    talker = _slow(service)
    path = f"/connections/{talker.create()['id']}"
    assert code(_patch(talker, path)) == "FLOW-1417-400"
    assert code(talker.send("DELETE", path)) == "FLOW-1417-400"
    assert _states(talker, path, 3) == ["initializing", "enabled", "enabled"]
    assert talker.get("/connections?property=state==enabled&count=true").json() == {
        "count": 1
    }


def test_a_patched_connection_is_updating_and_then_what_it_was(
    service: Open, code: Any
) -> None:
    talker = _slow(service)
    path = f"/connections/{talker.create()['id']}"
    _settled(talker, path)
    assert _patch(talker, path).status_code == 200
    assert code(talker.post(f"{path}/action?op=publish")) == "FLOW-1421-400"
    assert code(talker.send("DELETE", path)) == "FLOW-1416-400"
    item = talker.get(path).json()["items"][0]
    assert (item["state"], item["name"]) == ("updating", "renamed")
    assert code(_patch(talker, path)) == "FLOW-1416-400"
    assert _settled(talker, path) == "enabled"


def test_what_is_deleted_can_still_be_read_for_a_while(
    service: Open, code: Any
) -> None:
    talker = _slow(service)
    path = f"/connections/{talker.create()['id']}"
    _settled(talker, path)
    assert talker.send("DELETE", path).status_code == 204
    assert code(talker.send("DELETE", path)) == "FLOW-1458-400"
    assert _states(talker, path, 4) == [
        "delete-finalizing",
        "delete-finalizing",
        "gone",
        "gone",
    ]


@pytest.mark.parametrize("kind", ["sourceConnections", "targetConnections"])
def test_source_and_target_connections_are_in_progress_first(
    service: Open, code: Any, kind: str
) -> None:
    desk = Desk(_slow(service))
    path = f"/{kind}/{desk.source if kind == 'sourceConnections' else desk.target}"
    assert _states(desk.talker, path, 3) == ["inProgress", "inProgress", "enabled"]
    assert desk.talker.get(f"/{kind}?property=state==enabled&count=true").json() == {
        "count": 1
    }
    assert _patch(desk.talker, path).status_code == 200
    assert code(_patch(desk.talker, path)) == "FLOW-1457-400"
    assert code(desk.talker.send("DELETE", path)) == "FLOW-1458-400"


def test_a_dataflow_goes_through_its_states_one_change_at_a_time(
    service: Open, code: Any
) -> None:
    desk = Desk(_slow(service))
    flow = desk.flow()["id"]
    path = f"/flows/{flow}"
    assert _states(desk.talker, path, 1) == ["enabled"], (
        "a dataflow is enabled as soon as it is made"
    )
    assert desk.act(flow, "disable").status_code == 200
    assert code(desk.act(flow, "enable")) == "FLOW-1421-400"
    assert _states(desk.talker, path, 3) == ["disabling", "disabling", "disabled"]
    assert desk.act(flow, "enable").status_code == 200
    assert code(_patch(desk.talker, path)) == "FLOW-1420-400"
    assert _settled(desk.talker, path) == "enabled"
    assert _patch(desk.talker, path).status_code == 200
    assert code(desk.act(flow, "disable")) == "FLOW-1421-400"
    assert _settled(desk.talker, path) == "enabled"
    assert desk.talker.send("DELETE", path).status_code == 204
    assert code(_patch(desk.talker, path)) == "FLOW-1420-400"
    assert _settled(desk.talker, path) == "gone"
    assert desk.talker.get("/runs?count=true").json() == {"count": 0}


def test_a_store_with_something_busy_is_not_stuck_when_the_switch_is_off_again(
    service: Open,
) -> None:
    path = f"/connections/{_slow(service, reads=1000).create()['id']}"
    assert _states(service(), path, 2) == ["enabled", "enabled"]


def test_a_draft_is_never_busy_before_it_is_published(service: Open) -> None:
    desk = Desk(_slow(service))
    flow = desk.made("/flows?mode=draft", desk.body())["id"]
    assert _states(desk.talker, f"/flows/{flow}", 1) == ["draft"]
    assert _patch(desk.talker, f"/flows/{flow}").status_code == 200
    assert desk.act(flow, "publish").status_code == 200
    assert _states(desk.talker, f"/flows/{flow}", 3) == [
        "enabling",
        "enabling",
        "enabled",
    ]
    assert len(desk.runs(flow)) == 1


def test_what_comes_next_is_neither_shown_nor_taken_from_a_caller(
    service: Open,
) -> None:
    talker = _slow(service)
    made = talker.create(_turning={"becomes": "disabled", "reads": 0})["id"]
    items = [talker.read(made) for _read in range(4)]
    assert all("_turning" not in item for item in items)
    assert items[-1]["state"] == "enabled"


def test_a_run_that_ends_while_its_dataflow_is_busy_is_followed_by_the_next(
    service: Open,
) -> None:
    desk = Desk(_slow(service))
    flow = desk.flow()["id"]
    assert _patch(desk.talker, f"/flows/{flow}").status_code == 200
    [run] = desk.runs(flow)
    assert desk.report(run["id"], "success").status_code == 200
    assert len(desk.runs(flow)) == 2
    assert _settled(desk.talker, f"/flows/{flow}") == "enabled"
    assert len(desk.runs(flow)) == 2


def test_nothing_is_built_on_what_is_being_deleted(service: Open, code: Any) -> None:
    desk = Desk(_slow(service))
    for path in (f"/sourceConnections/{desk.source}", f"/connections/{desk.base}"):
        _settled(desk.talker, path)
        assert desk.talker.send("DELETE", path).status_code == 204
    assert code(desk.talker.post("/flows", json=desk.body())) == "CONNECTOR-1338-400"
    assert (
        code(desk.talker.post("/sourceConnections", json=source_body(desk.base)))
        == "CONNECTOR-1312-400"
    )
