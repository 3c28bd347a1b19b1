"""Actions: which operations there are, and how they must be asked for."""

from __future__ import annotations

from typing import Any

import pytest

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
        ("?op=publish&subOp=APPLY", None, "FLOW-1436-400"),
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
        ("?op=publish&colour=red", None, "FLOW-1451-400"),
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
