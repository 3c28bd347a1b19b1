"""The application: every path, what stands in front of it, and the store behind it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import falcon

from headwater_local_flow_service import errors, neighbours
from headwater_local_flow_service.gateway import health
from headwater_local_flow_service.gateway.gateway import Gateway
from headwater_local_flow_service.gateway.ims import RetiredExchange, TokenEndpoint
from headwater_local_flow_service.gateway.tokens import Tokens
from headwater_local_flow_service.kernel.handlers import BASE
from headwater_local_flow_service.kernel.service_context import ServiceContext
from headwater_local_flow_service.lake.lake import Lake
from headwater_local_flow_service.lake.routes import add_routes as add_lake_routes
from headwater_local_flow_service.routes import add_routes
from headwater_local_flow_service.specs.catalog import catalog_of, installed_catalog
from headwater_local_flow_service.store.store import Store
from headwater_local_flow_service.streaming import collection
from headwater_local_flow_service.streaming.going_on import GoOn
from headwater_local_flow_service.streaming.streaming import Streaming

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headwater.connectors.connector import Connector
    from headwater_local_flow_service.kernel.catalog import Catalog
    from headwater_local_flow_service.settings import Settings


class FlowServiceApp(falcon.App[falcon.Request, falcon.Response]):
    """A WSGI application that owns its store; `close` lets go of it."""

    store: Store
    lake: Lake
    streaming: Streaming

    def close(self) -> None:
        """Let go of the database, once the promotion that is under way has ended."""
        self.streaming.close()
        self.lake.close()
        self.store.close()


def build_app(
    settings: Settings,
    connectors: Iterable[Connector] | None = None,
    *,
    outer: Iterable[Any] = (),
) -> FlowServiceApp:
    """Open the store and return the application. `connectors` are the installed ones unless given.

    `outer` are Falcon middlewares that stand in front of the gateway.

    Raises `StoreError` or `StoreBusy` when the store cannot be used.
    """
    store = Store(settings)
    given = None if connectors is None else tuple(connectors)

    @functools.cache
    def catalog() -> Catalog:
        return installed_catalog() if given is None else catalog_of(given)

    tokens = Tokens(settings, store.vault)
    context = ServiceContext(store=store, settings=settings, catalog=catalog)
    lake = Lake(context)
    streaming = Streaming(lake, tokens)
    gateway = Gateway(settings, tokens)
    app = FlowServiceApp(middleware=[*outer, gateway, GoOn(streaming)])
    app.store, app.lake, app.streaming = store, lake, streaming
    app.req_options.strip_url_path_trailing_slash = True
    _add_routes(app, context, TokenEndpoint(settings, tokens))
    collection.add_routes(app, streaming)
    errors.install(app)
    return app


def _add_routes(
    app: FlowServiceApp, context: ServiceContext, token_endpoint: TokenEndpoint
) -> None:
    app.add_route("/ims/token/{version}", token_endpoint)
    app.add_route("/ims/exchange/jwt", RetiredExchange())
    add_routes(app, context)
    app.add_route(health.PATH, health.Health(context.store))
    app.add_sink(_nowhere)
    app.add_sink(_not_offered, BASE)  # the sink added last is asked first
    neighbours.add_routes(app, context)
    add_lake_routes(app, app.lake)


def _not_offered(req: falcon.Request, resp: falcon.Response, **kwargs: Any) -> None:  # noqa: ARG001
    raise errors.FlowError(
        "FLOW-1439-404", "this operation is not offered by the embedded service"
    )


def _nowhere(req: falcon.Request, resp: falcon.Response, **kwargs: Any) -> None:  # noqa: ARG001
    raise errors.GatewayError("404000", "there is nothing at this path")
