"""Actions: which operations there are, and how they must be asked for."""

from __future__ import annotations

from typing import Any

import pytest
from dataflows import Desk

from headwater_local_flow_service import Strictness

Open = Any


@pytest.mark.parametrize(
    ("query", "body", "expected"),
    [
        ("", None, "FLOW-1434-400"),
        ("?op=", None, "FLOW-1434-400"),
        ("?op=enable", None, "FLOW-1434-400"),
        ("?op=publish&op=finalize", None, "FLOW-1434-400"),
        ("?op=publish", None, "FLOW-1422-400"),
        ("?op=PUBLISH", {}, "FLOW-1422-400"),
        ("?op=publish&subOp=APPLY", None, "FLOW-1422-400"),
        ("?op=publish&subOp=undo", None, "FLOW-1435-400"),
        ("?op=finalize&subOp=progress&subOp=apply", None, "FLOW-1406-400"),
        ("?op=finalize&subOp=progress,apply", None, "FLOW-1406-400"),
        (
            "?op=finalize&subOp=PROGRESS",
            {"status": {"value": "FAILED"}},
            "FLOW-1407-400",
        ),
        (
            "?op=finalize",
            {"status": {"value": "COMPLETED"}, "percentCompleted": 99.5},
            "FLOW-1408-400",
        ),
        (
            "?op=finalize",
            {"status": {"value": "COMPLETED"}, "percentCompleted": 100},
            "FLOW-1402-400",
        ),
        ("?op=finalize", {"status": {"value": "done"}}, "FLOW-1437-400"),
        ("?op=finalize", {"status": {"value": ["FAILED"]}}, "FLOW-1437-400"),
        ("?op=finalize", {"status": "FAILED"}, "FLOW-1437-400"),
        ("?op=finalize", {"percentCompleted": "100"}, "CONNECTOR-1312-400"),
        ("?op=finalize", [1], "CONNECTOR-1000-400"),
        ("?op=FINALIZE", None, "FLOW-1402-400"),
        ("?op=FINALIZE_UPDATE", None, "FLOW-1402-400"),
        ("?op=finalizeUpdate&subOp=rollback", None, "FLOW-1402-400"),
        ("?op=publish&colour=red", None, "FLOW-1422-400"),
        ("?op=publish&sub_op=APPLY", None, "FLOW-1451-400"),
    ],
)
def test_an_action_on_a_connection_has_its_own_codes(
    service: Open, code: Any, *, query: str, body: Any, expected: str
) -> None:
    talker = service()
    made = talker.create()
    path = f"/connections/{made['id']}/action{query}"
    answer = talker.post(path) if body is None else talker.post(path, json=body)
    assert code(answer) == expected
    assert talker.read(made["id"])["etag"] == made["etag"]


def test_source_and_target_connections_can_only_be_published(
    service: Open, code: Any, source_body: Any
) -> None:
    talker = service()
    made = talker.post(
        "/sourceConnections", json=source_body(talker.create()["id"])
    ).json()
    path = f"/sourceConnections/{made['id']}/action"
    assert code(talker.post(f"{path}?op=finalize")) == "FLOW-1434-400"
    assert code(talker.post(f"{path}?op=publish")) == "FLOW-1422-400"
    assert (
        code(talker.post("/targetConnections/nothing/action?op=publish"))
        == "FLOW-1439-404"
    )


@pytest.mark.parametrize("op", ["DISABLE", "ENABLE"])
def test_a_sub_operation_where_none_belongs_is_passed_over_or_refused_by_strict(
    service: Open, code: Any, op: str
) -> None:
    # Adobe's file marks it as required, so generated clients always send one
    desk = Desk(service())
    flow = desk.flow()["id"]
    if op == "ENABLE":
        assert desk.act(flow, "disable").status_code == 200
    strict = service(strictness=Strictness(refuse_sub_operations=True))
    path = f"/flows/{flow}/action?op={op}&subOp=APPLY"
    assert code(strict.post(path)) == "FLOW-1436-400"
    assert desk.talker.post(path).status_code == 200
    assert desk.read(flow)["state"] == f"{op.lower()}d"
