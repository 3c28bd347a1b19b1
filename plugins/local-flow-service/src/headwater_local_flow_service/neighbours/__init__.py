"""The services beside Flow Service that a dataflow cannot do without, each as far as a dataflow needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.neighbours import (
    data_sets,
    mapping_sets,
    sandboxes,
    schemas,
)
from headwater_local_flow_service.neighbours.composition import KINDS
from headwater_local_flow_service.neighbours.refusals import NeighbourError

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.kernel.service_context import ServiceContext


def add_routes(app: falcon.App[Any, Any], context: ServiceContext) -> None:
    """Add the paths of sandbox management, the Schema Registry, Catalog and Data Prep to an application."""
    for base in (sandboxes.BASE, schemas.BASE, data_sets.BASE, mapping_sets.BASE):
        app.add_sink(_not_offered, base)
    app.add_route(sandboxes.BASE, sandboxes.Sandboxes(context))
    app.add_route(f"{sandboxes.BASE}/sandboxes", sandboxes.Sandboxes(context))
    app.add_route(f"{sandboxes.BASE}/sandboxes/{{name}}", sandboxes.Sandbox(context))
    for kind in KINDS:
        app.add_route(
            f"{schemas.BASE}/tenant/{kind}", schemas.RegistryResources(context, kind)
        )
        app.add_route(
            f"{schemas.BASE}/tenant/{kind}/{{id:path}}",
            schemas.RegistryResource(context, kind),
        )
    app.add_route(f"{schemas.BASE}/stats", schemas.Stats(context))
    app.add_route(f"{data_sets.BASE}/dataSets", data_sets.DataSets(context))
    app.add_route(f"{data_sets.BASE}/dataSets/{{id}}", data_sets.DataSet(context))
    for misprint in mapping_sets.MISPRINTS:
        app.add_sink(_misprinted, misprint)
    app.add_route(f"{mapping_sets.BASE}/mappingSets", mapping_sets.MappingSets(context))
    app.add_route(
        f"{mapping_sets.BASE}/mappingSets/{{id}}", mapping_sets.MappingSet(context)
    )


def _misprinted(req: falcon.Request, resp: falcon.Response, **kwargs: Any) -> None:  # noqa: ARG001
    raise NeighbourError(
        "HEADWATER-1404-404",
        f"nothing is at this path, which a tutorial misprints: mapping sets are at {mapping_sets.BASE}/mappingSets",
    )


def _not_offered(req: falcon.Request, resp: falcon.Response, **kwargs: Any) -> None:  # noqa: ARG001
    raise NeighbourError(
        "HEADWATER-1404-404", "this operation is not offered by the embedded service"
    )
