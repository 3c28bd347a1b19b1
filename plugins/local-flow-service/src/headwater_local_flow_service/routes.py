"""Which path leads to which resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.connections.connections import (
    Connections,
    ConnectionTest,
)
from headwater_local_flow_service.connections.explore import (
    ExploreConnection,
    ExploreSpec,
)
from headwater_local_flow_service.connections.source_connections import (
    SourceConnections,
)
from headwater_local_flow_service.connections.target_connections import (
    TargetConnections,
)
from headwater_local_flow_service.flows.flow_runs import FlowRuns
from headwater_local_flow_service.flows.flows import Flows
from headwater_local_flow_service.flows.run_reports import RunItem
from headwater_local_flow_service.flows.runs import Runs
from headwater_local_flow_service.kernel.handlers import BASE, Action, Collection, Item
from headwater_local_flow_service.kernel.search import Search
from headwater_local_flow_service.landing.routes import (
    add_routes as add_landing_routes,
)
from headwater_local_flow_service.landing.zones import Zones
from headwater_local_flow_service.specs.configs import ConnectionConfigs, SpecConfigs
from headwater_local_flow_service.specs.connection_specs import ConnectionSpecs
from headwater_local_flow_service.specs.flow_specs import FlowSpecs
from headwater_local_flow_service.specs.specs import (
    SpecCollection,
    SpecItem,
    SpecSearch,
)

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.kernel.service_context import ServiceContext


def add_routes(app: falcon.App[Any, Any], context: ServiceContext) -> None:
    """Add the paths of every resource to an application."""
    connections = Connections(context)
    flows, runs = Flows(context), Runs(context)
    for kind in (
        connections,
        SourceConnections(context),
        TargetConnections(context),
        flows,
    ):
        app.add_route(f"{BASE}/{kind.type}", Collection(kind))
        app.add_route(f"{BASE}/{kind.type}/{{id}}", Item(kind))
        app.add_route(f"{BASE}/{kind.type}/{{id}}/action", Action(kind))
    app.add_route(f"{BASE}/flows/search", Search(flows))
    app.add_route(f"{BASE}/flows/{{id}}/runs", FlowRuns(flows, runs))
    app.add_route(f"{BASE}/runs", Collection(runs))
    app.add_route(f"{BASE}/runs/{{id}}", RunItem(runs))
    app.add_route(f"{BASE}/runs/{{id}}/action", Action(runs))
    app.add_route(f"{BASE}/connections/search", Search(connections))
    app.add_route(f"{BASE}/connections/{{id}}/test", ConnectionTest(connections))
    app.add_route(f"{BASE}/connections/{{id}}/explore", ExploreConnection(connections))
    app.add_route(f"{BASE}/connections/{{id}}/configs", ConnectionConfigs(connections))
    for specs in (ConnectionSpecs(context), FlowSpecs(context)):
        app.add_route(f"{BASE}/{specs.type}", SpecCollection(specs))
        app.add_route(f"{BASE}/{specs.type}/{{id}}", SpecItem(specs))
    zones = Zones(context)
    add_landing_routes(app, zones)
    app.add_route(f"{BASE}/connectionSpecs/{{id}}/explore", ExploreSpec(context, zones))
    app.add_route(f"{BASE}/connectionSpecs/{{id}}/configs", SpecConfigs(context))
    app.add_route(f"{BASE}/flowSpecs/search", SpecSearch(FlowSpecs(context)))
