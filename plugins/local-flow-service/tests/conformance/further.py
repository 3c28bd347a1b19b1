"""Further valid requests of some operations: those whose answers show more than the first one's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.valid import REQUESTS, Request
from conformance.world import CRM_TO_AEP, ORACLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.world import World


def _of(made: dict[str, Any], **rest: Any) -> Request:
    return Request(made["id"], **rest)


def _table(world: World, **more: str) -> Request:
    return _of(world.base, query={"objectType": "TABLE", "object": "incidents", **more})


def _draft(path: str, world: World, body: Any) -> Request:
    return _of(world.draft_of(path, body))


def _after_a_run(world: World) -> Request:
    assert world.failed_run
    return _of(world.single)


def _labelled(world: World) -> Request:
    flow, patch = world.flow, [{"op": "add", "path": "/labels", "value": ["core/C1"]}]
    answer = world.send(
        "PATCH", f"/flows/{flow['id']}", json=patch, headers={"If-Match": flow["etag"]}
    )
    assert answer.status_code == 200, answer.text
    return _of(flow)


# By operation id, and what it is that is asked for.
FURTHER: dict[tuple[str, str], Callable[[World], Request]] = {
    ("listConnections", "a number"): lambda _world: Request(query={"count": "true"}),
    ("getConnectionsByFilters", "a number"): lambda _world: Request(
        body={"count": True}
    ),
    ("searchFlowSpecs", "a number"): lambda _world: Request(body={"count": True}),
    ("getByConnectionId", "a table"): _table,
    ("getByConnectionId", "first rows"): lambda world: _table(world, preview="true"),
    ("retrieveConnection", "a draft"): lambda world: _draft(
        "/connections", world, world.connection_body()
    ),
    ("retrieveSourceConnection", "a draft"): lambda world: _draft(
        "/sourceConnections", world, world.source_body()
    ),
    ("retrieveTargetConnection", "a draft"): lambda world: _draft(
        "/targetConnections", world, world.target_body()
    ),
    ("retrieveFlow", "a draft"): lambda world: _draft(
        "/flows", world, world.flow_body()
    ),
    ("retrieveFlow", "after a run"): _after_a_run,
    ("retrieveFlow", "with labels"): _labelled,
    ("retrieveFlowRun", "one that failed"): lambda world: _of(world.failed_run),
    ("retrieveConnectionSpec", "a connector's"): lambda _world: Request(ORACLE),
    ("retrieveFlowSpec", "a fixed one"): lambda _world: Request(CRM_TO_AEP),
}


def request(world: World, operation: str, asked_for: str = "") -> Request:
    """Return a valid request of an operation: a further one, or the first."""
    return (FURTHER[operation, asked_for] if asked_for else REQUESTS[operation])(world)
