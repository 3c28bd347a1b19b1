"""The application: every path, what stands in front of it, and the store behind it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import falcon

from headwater_local_flow_service import errors
from headwater_local_flow_service.catalog import Catalog
from headwater_local_flow_service.connections import BASE, Connection, Connections, ConnectionTest, Room
from headwater_local_flow_service.gateway import Gateway
from headwater_local_flow_service.ims import TokenEndpoint
from headwater_local_flow_service.specs import ConnectionSpec, ConnectionSpecs
from headwater_local_flow_service.store import Store
from headwater_local_flow_service.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headwater.connector import Connector
    from headwater_local_flow_service.settings import Settings


class FlowServiceApp(falcon.App[falcon.Request, falcon.Response]):
    """A WSGI application that owns its store; `close` lets go of it."""

    store: Store

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()


def build_app(settings: Settings, connectors: Iterable[Connector] | None = None) -> FlowServiceApp:
    """Open the store and return the application. `connectors` are the installed ones unless given.

    Raises `StoreError` or `StoreBusy` when the store cannot be used.
    """
    store = Store(settings)
    given = None if connectors is None else tuple(connectors)

    @functools.cache
    def catalog() -> Catalog:
        return Catalog.installed() if given is None else Catalog.of(given)

    tokens = Tokens(settings, store.vault)
    app = FlowServiceApp(middleware=[Gateway(settings, tokens)])
    app.store = store
    app.req_options.strip_url_path_trailing_slash = True
    _add_routes(app, Room(store=store, settings=settings, catalog=catalog), TokenEndpoint(settings, tokens))
    errors.install(app)
    return app


def _add_routes(app: FlowServiceApp, room: Room, token_endpoint: TokenEndpoint) -> None:
    app.add_route("/ims/token/{version}", token_endpoint)
    app.add_route(f"{BASE}/connections", Connections(room))
    app.add_route(f"{BASE}/connections/{{id}}", Connection(room))
    app.add_route(f"{BASE}/connections/{{id}}/test", ConnectionTest(room))
    app.add_route(f"{BASE}/connectionSpecs", ConnectionSpecs(room))
    app.add_route(f"{BASE}/connectionSpecs/{{id}}", ConnectionSpec(room))
    app.add_sink(_nowhere)
    app.add_sink(_not_offered, BASE)  # the sink added last is asked first


def _not_offered(req: falcon.Request, resp: falcon.Response, **kwargs: Any) -> None:  # noqa: ARG001
    raise errors.FlowError("FLOW-1439-404", "this operation is not offered by the embedded service")


def _nowhere(req: falcon.Request, resp: falcon.Response, **kwargs: Any) -> None:  # noqa: ARG001
    raise errors.GatewayError("404000", "there is nothing at this path")
