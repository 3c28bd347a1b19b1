"""Which path leads to which resource of Batch Ingestion, Catalog and Data Access."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.lake import (
    access,
    catalog,
    ingestion,
    previews,
    refusals,
)
from headwater_local_flow_service.lake.refusals import EXPORT, IMPORT
from headwater_local_flow_service.neighbours.data_sets import BASE as CATALOG
from headwater_local_flow_service.neighbours.refusals import NeighbourError
from headwater_local_flow_service.store.batch_files import FAILED, META

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.lake.lake import Lake


def add_routes(app: falcon.App[Any, Any], lake: Lake) -> None:
    """Add the paths to an application, and teach it how these services refuse."""
    app.add_error_handler(NeighbourError, refusals.write)
    for base in (IMPORT, EXPORT):
        app.add_sink(_not_offered, base)
    app.add_route(f"{IMPORT}/batches", ingestion.Batches(lake))
    app.add_route(f"{IMPORT}/batches/{{id}}", ingestion.Batch(lake))
    # Pages write it in both ways.
    for name in ("datasets", "dataSets"):
        app.add_route(
            f"{IMPORT}/batches/{{id}}/{name}/{{data_set}}/files/{{path:path}}",
            ingestion.File(lake),
        )
        app.add_route(
            f"{IMPORT}/batches/{{id}}/{name}/{{data_set}}/preview",
            previews.UploadPreview(lake),
        )
        app.add_route(f"{EXPORT}/{name}/{{id}}/preview", previews.DataSetPreview(lake))
    for name in ("batches", "batch"):
        app.add_route(f"{CATALOG}/{name}/{{id}}", catalog.Batch(lake))
    app.add_route(f"{CATALOG}/batches", catalog.Batches(lake))
    app.add_route(f"{CATALOG}/batches/uniques/{{field}}", catalog.Uniques(lake))
    app.add_route(f"{CATALOG}/lastBatches", catalog.LastBatches(lake))
    app.add_route(f"{CATALOG}/dataSetFiles", catalog.DataSetFiles(lake))
    app.add_route(f"{CATALOG}/dataSetFiles/{{id}}", catalog.DataSetFile(lake))
    app.add_route(f"{EXPORT}/batches/{{id}}/files", access.BatchFiles(lake))
    app.add_route(f"{EXPORT}/batches/{{id}}/failed", access.BatchReports(lake, FAILED))
    app.add_route(f"{EXPORT}/batches/{{id}}/meta", access.BatchReports(lake, META))
    app.add_route(f"{EXPORT}/files/{{id}}", access.File(lake))


def _not_offered(req: falcon.Request, resp: falcon.Response, **kwargs: Any) -> None:  # noqa: ARG001
    raise NeighbourError(
        "HEADWATER-1404-404", "this operation is not offered by the embedded service"
    )
