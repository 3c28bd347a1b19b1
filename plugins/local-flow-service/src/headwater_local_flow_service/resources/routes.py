"""Which path leads to which resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.resources.configs import ConnectionConfigs, SpecConfigs
from headwater_local_flow_service.resources.connection_specs import ConnectionSpecs
from headwater_local_flow_service.resources.connections import Connections, ConnectionTest
from headwater_local_flow_service.resources.explore import ExploreConnection, ExploreSpec
from headwater_local_flow_service.resources.flow_specs import FlowSpecs
from headwater_local_flow_service.resources.flows import Flows
from headwater_local_flow_service.resources.handlers import BASE, Action, Collection, Item
from headwater_local_flow_service.resources.run_reports import Run
from headwater_local_flow_service.resources.runs import Runs
from headwater_local_flow_service.resources.search import Search
from headwater_local_flow_service.resources.source_connections import SourceConnections
from headwater_local_flow_service.resources.specs import SpecCollection, SpecItem, SpecSearch
from headwater_local_flow_service.resources.target_connections import TargetConnections

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.resources.kind import Room


def add_routes(app: falcon.App[Any, Any], room: Room) -> None:
    """Add the paths of every resource to an application."""
    connections = Connections(room)
    flows, runs = Flows(room), Runs(room)
    for kind in (connections, SourceConnections(room), TargetConnections(room), flows):
        app.add_route(f"{BASE}/{kind.type}", Collection(kind))
        app.add_route(f"{BASE}/{kind.type}/{{id}}", Item(kind))
        app.add_route(f"{BASE}/{kind.type}/{{id}}/action", Action(kind))
    app.add_route(f"{BASE}/flows/search", Search(flows))
    app.add_route(f"{BASE}/runs", Collection(runs))
    app.add_route(f"{BASE}/runs/{{id}}", Run(runs))
    app.add_route(f"{BASE}/runs/{{id}}/action", Action(runs))
    app.add_route(f"{BASE}/connections/search", Search(connections))
    app.add_route(f"{BASE}/connections/{{id}}/test", ConnectionTest(connections))
    app.add_route(f"{BASE}/connections/{{id}}/explore", ExploreConnection(connections))
    app.add_route(f"{BASE}/connections/{{id}}/configs", ConnectionConfigs(connections))
    for specs in (ConnectionSpecs(room), FlowSpecs(room)):
        app.add_route(f"{BASE}/{specs.type}", SpecCollection(specs))
        app.add_route(f"{BASE}/{specs.type}/{{id}}", SpecItem(specs))
    app.add_route(f"{BASE}/connectionSpecs/{{id}}/explore", ExploreSpec(room))
    app.add_route(f"{BASE}/connectionSpecs/{{id}}/configs", SpecConfigs(room))
    app.add_route(f"{BASE}/flowSpecs/search", SpecSearch(FlowSpecs(room)))
