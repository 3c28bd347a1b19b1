"""``/health``: whether this worker can reach its store. For load balancers, so without a token and under any name."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import falcon

from headwater_local_flow_service.settings import DISTRIBUTION
from headwater_local_flow_service.store import tables
from headwater_local_flow_service.store.storeerrors import StoreUnavailable

if TYPE_CHECKING:
    from headwater_local_flow_service.store.store import Store

PATH = "/health"


class Health:
    """Answers 200 while the store answers, and 503 while it does not. It says nothing about what is stored."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._facts = {"version": version(DISTRIBUTION), "schema": tables.VERSION}

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """Ask the store one small question."""
        status, word = falcon.HTTP_200, "ok"
        try:
            self._store.check()
        except StoreUnavailable as error:
            status, word = falcon.HTTP_503, error.word
        resp.set_header("Cache-Control", "no-store")
        resp.status = status
        resp.media = {"status": word, **self._facts}
