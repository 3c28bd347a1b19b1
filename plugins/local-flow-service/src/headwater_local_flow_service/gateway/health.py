"""``/health``: whether this worker can reach its store. For load balancers, so without a token and under any name."""

from __future__ import annotations

import functools
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import falcon

from headwater_local_flow_service.settings import DISTRIBUTION
from headwater_local_flow_service.store import tables
from headwater_local_flow_service.store.storeerrors import (
    StoreKeyless,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from headwater_local_flow_service.store.store import Store

PATH = "/health"
SILENT = "the store does not answer"


class Health:
    """Answers 200 while the store answers, and 503 while it does not. It says nothing about what is stored."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """Ask the store one small question."""
        resp.set_header("Cache-Control", "no-store")
        try:
            self._store.check()
        except StoreUnavailable as error:
            resp.status = falcon.HTTP_503
            resp.media = report(error.word, reason=error.told)
            return
        trouble = self._store.vault.trouble
        if trouble:
            # Reads go on. A 503 would have supervisors restart the service, which cannot start without its key.
            resp.media = report(StoreKeyless.word, reason=StoreKeyless.told)
            return
        resp.media = report("ok")


def report(status: str, **reason: str) -> dict[str, Any]:
    """Return the body of an answer: its status, which version answers, and the reason where something is wrong."""
    return {"status": status, **_facts(), **reason}


@functools.cache
def _facts() -> dict[str, Any]:
    return {"version": version(DISTRIBUTION), "schema": tables.VERSION}
