"""A valid request for each operation of the OpenAPI file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from conformance.world import (
    COLUMNS,
    FUTURE,
    connection_spec_body,
    failure,
    flow_spec_body,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.world import World


@attrs.frozen
class Request:
    """What is sent for one operation: what stands in for the parameter of its path, and the rest."""

    id: str = ""
    query: dict[str, str] = attrs.Factory(dict)
    body: Any = None
    headers: dict[str, str] = attrs.Factory(dict)


def _patch(path: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"op": "REPLACE", "path": path, "value": value}


def _of(made: dict[str, Any], **rest: Any) -> Request:
    return Request(made["id"], **rest)


def _beside(_made: dict[str, Any], **rest: Any) -> Request:
    """Return a request for what comes with the service, and what has been made beside it."""
    return Request(**rest)


def _guarded(made: dict[str, Any], body: Any) -> Request:
    return Request(made["id"], body=body, headers={"If-Match": made["etag"]})


_SCHEDULE = {
    "startTime": FUTURE,
    "frequency": "hour",
    "interval": "2",
    "backfill": True,
}
_LIST = {"limit": "10", "orderby": "-createdAt"}
_SEARCH = {"limit": 10, "orderby": "-createdAt"}


def _listing(made: dict[str, Any]) -> Request:
    return Request(query={**_LIST, "property": f"id=={made['id']}"})


def _searching(made: dict[str, Any]) -> Request:
    return Request(body={**_SEARCH, "queryString": f"id=={made['id']}"})


# By operation id. Patched values are objects, as the file would have them; `value` may be anything else as well.
REQUESTS: dict[str, Callable[[World], Request]] = {
    "listConnections": lambda world: _listing(world.base),
    "createConnection": lambda world: Request(body=world.connection_body()),
    "retrieveConnection": lambda world: _of(world.base),
    "testConnection": lambda world: _of(world.base),
    "getByConnectionId": lambda world: _of(world.base, query={"objectType": "ROOT"}),
    "performAction": lambda world: _of(
        world.draft_of("/connections", world.connection_body()), query={"op": "PUBLISH"}
    ),
    "deleteConnection": lambda world: _of(world.base),
    "patchConnection": lambda world: _guarded(
        world.base, _patch("/auth/params", world.connection_body()["auth"]["params"])
    ),
    "exploreConfigByConnectionId": lambda world: _of(world.base),
    "getConnectionsByFilters": lambda world: _searching(world.base),
    "listConnectionSpecs": lambda world: _beside(world.connection_spec),
    "createConnectionSpec": lambda _world: Request(body=connection_spec_body()),
    "retrieveConnectionSpec": lambda world: _of(world.connection_spec),
    "updateConnectionSpec": lambda world: _of(
        world.connection_spec, body=connection_spec_body()
    ),
    "exploreByConnectionSpecId": lambda _world: Request(
        "26f526f2-58f4-4712-961d-e41bf1ccc0e8", query={"objectType": "root"}
    ),
    "configByConnectionSpecId": lambda world: Request(
        "23598e46-f560-407b-88d5-ea6207e49db0" if world.data_set else "",
        query={"outputType": "activationDatasets", "outputField": "datasets"},
    ),
    "listFlows": lambda world: _listing(world.flow),
    "createFlow": lambda world: Request(body=world.flow_body()),
    "retrieveFlow": lambda world: _of(world.flow),
    "deleteByFlow": lambda world: _of(world.flow),
    "patchFlow": lambda world: _guarded(
        world.flow, [_patch("/scheduleParams", _SCHEDULE)]
    ),
    "getFlowsByFilters": lambda world: _searching(world.flow),
    "postStateTransition": lambda world: _of(world.flow, query={"op": "DISABLE"}),
    "listFlowSpecs": lambda world: _beside(world.flow_spec),
    "createFlowSpec": lambda _world: Request(body=flow_spec_body()),
    "retrieveFlowSpec": lambda world: _of(world.flow_spec),
    "updateFlowSpec": lambda world: _of(world.flow_spec, body=flow_spec_body()),
    "searchFlowSpecs": lambda world: _beside(
        world.flow_spec,
        body={"queryString": 'name=="CRMToAEP","HouseToAEP"', "limit": 10},
    ),
    "listFlowRuns": lambda world: _listing(world.run),
    "createFlowRun": lambda world: Request(body=world.run_body()),
    "retrieveFlowRun": lambda world: _of(world.run),
    "updateRun": lambda world: _guarded(world.run, failure()),
    "postAction": lambda world: _of(world.failed_run, query={"op": "RE_TRIGGER"}),
    "getSourceConnections": lambda world: _listing(world.source_connection),
    "createSourceConnection": lambda world: Request(body=world.source_body()),
    "retrieveSourceConnection": lambda world: _of(world.source_connection),
    "deleteSourceConnection": lambda world: _of(world.source_connection),
    "patchSourceConnection": lambda world: _guarded(
        world.source_connection,
        [_patch("/params", {"tableName": "contacts", "columns": COLUMNS})],
    ),
    "performAction_1": lambda world: _of(
        world.draft_of("/sourceConnections", world.source_body()),
        query={"op": "PUBLISH"},
    ),
    "getTargetConnections": lambda world: _listing(world.target_connection),
    "createTargetConnection": lambda world: Request(body=world.target_body()),
    "performAction_2": lambda world: _of(
        world.draft_of("/targetConnections", world.target_body()),
        query={"op": "PUBLISH"},
    ),
    "retrieveTargetConnection": lambda world: _of(world.target_connection),
    "deleteTargetConnection": lambda world: _of(world.target_connection),
    "patchTargetConnection": lambda world: _guarded(
        world.target_connection, [_patch("/data", {"format": "parquet_xdm"})]
    ),
}
