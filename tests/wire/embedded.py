"""The embedded Flow Service as what a `Rig` serves."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wire.rig import Page

from headwater_local_flow_service.wsgi import Incoming, call

if TYPE_CHECKING:
    from collections.abc import Callable
    from wsgiref.types import WSGIApplication

    from wire.rig import Received

HOST = "localhost"  # the service answers to names of this machine only, whatever the client calls it
# What the rig says itself, about one connection and one body.
_OF_THE_CONNECTION = ("content-length", "transfer-encoding", "connection")


def embedded(app: WSGIApplication) -> Callable[[Received], Page]:
    """Return what hands each request to the application, and its answer back."""

    def answer(request: Received) -> Page:
        target = urlsplit(request.target)
        outgoing = call(
            app,
            Incoming(
                method=request.method,
                path=target.path,
                query=target.query,
                headers={**request.headers, "host": HOST},
                body=request.body,
                authority=HOST,
            ),
        )
        headers = tuple(
            (name, value)
            for name, value in outgoing.headers
            if name.lower() not in _OF_THE_CONNECTION
        )
        return Page(outgoing.status, outgoing.body, headers)

    return answer
