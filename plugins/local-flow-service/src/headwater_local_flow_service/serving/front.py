"""The front of a worker: granian's RSGI protocol outside, the WSGI application inside.

What a client can draw out is waited for here, in the event loop, where waiting costs next to nothing; threads are taken
for whole requests only. Reads, writes, questions to sources and `/health` each have threads of their own.
"""

from __future__ import annotations

import asyncio
import functools
import json
import time
import urllib.parse
from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.errors import FlowError, unavailable
from headwater_local_flow_service.gateway import health
from headwater_local_flow_service.gateway.gateway import request_id
from headwater_local_flow_service.serving import accesslog, bodies, sending
from headwater_local_flow_service.serving.pool import Pool, PoolFull
from headwater_local_flow_service.wsgi import Incoming, Outgoing, call

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from granian._granian import RSGIHTTPProtocol as HTTPProtocol
    from granian.rsgi import Scope

    from headwater_local_flow_service.settings import Settings

_HEALTH_SECONDS: Final = 1  # that the store has to answer
_READING: Final = ("GET", "HEAD")
_ASKING: Final = ("/test", "/explore")  # how the paths end at which sources are asked


class Front:
    """An RSGI application that answers with a WSGI application."""

    def __init__(self, app: WSGIApplication, settings: Settings) -> None:
        self._app = app
        self._legacy_errors = settings.strictness.legacy_errors
        self._bodies = bodies.BodyReader(bodies.rules_for(settings))
        self._sender = sending.Sender()
        self._reads = Pool("reads", threads=8, abreast=1, waiting=512)
        # Those who wait for a durable commit share it, so many may wait.
        self._writes = Pool("writes", threads=16, waiting=512)
        self._asking = Pool("asking", threads=16, waiting=16)
        self._health = Pool("health", threads=1, waiting=64)

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request."""
        self._sender.prepare(scope)
        if scope.path == health.PATH and scope.method in _READING:
            await self._answer_health(scope, protocol)
            return
        came = time.perf_counter()
        try:
            async with self._bodies.read(scope, protocol) as body:
                answer = functools.partial(self._answer, scope, protocol, body)
                on_its_way = await self._pool_for(scope).run(answer)
            if on_its_way is not None:
                await self._sender.follow(on_its_way)
        except FlowError as refusal:
            self._refuse(scope, protocol, refusal, came)
        except PoolFull:
            full = unavailable("too many requests are waiting; try again later")
            self._refuse(scope, protocol, full, came)

    async def _answer_health(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer within the second, whatever the store and all other threads do."""
        try:
            async with asyncio.timeout(_HEALTH_SECONDS):
                answer = functools.partial(self._answer, scope, protocol, b"")
                await self._health.run(answer)
        except (TimeoutError, PoolFull):
            reason = f"{health.SILENT} within {_HEALTH_SECONDS} second"
            body = health.report("unavailable", reason=reason)
            _respond(protocol, _json(503, body, {"Cache-Control": "no-store"}))

    def _pool_for(self, scope: Scope) -> Pool:
        if scope.path.rstrip("/").endswith(_ASKING):
            return self._asking
        if scope.method in _READING:
            return self._reads
        return self._writes

    def _answer(
        self, scope: Scope, protocol: HTTPProtocol, body: bytes
    ) -> sending.Sending | None:
        """Answer, and return the answer's way where it must be followed. Raises `FlowError` where it finds no room."""
        outgoing = call(self._app, _incoming(scope, body))
        # What was written has been done, and is never answered otherwise.
        may_refuse = scope.method in _READING
        size = len(outgoing.body)
        on_its_way = self._sender.begin(scope, size, may_refuse=may_refuse)
        _respond(protocol, outgoing)
        return on_its_way

    def _refuse(
        self, scope: Scope, protocol: HTTPProtocol, refusal: FlowError, came: float
    ) -> None:
        """Answer without the application, as it would have."""
        # Its frames hold the request, and with it the connection.
        refusal.__traceback__ = None
        id = request_id(scope.headers.get("x-request-id"))
        body = refusal.body(id, legacy=self._legacy_errors)
        headers = {"x-request-id": id, **refusal.headers}
        _respond(protocol, _json(refusal.status, body, headers))
        accesslog.write(
            accesslog.line(id, scope.method, scope.path, refusal.status, came)
        )


def _incoming(scope: Scope, body: bytes) -> Incoming:
    # A missing Host is no name at all, and no other way to name the server.
    headers = {"host": ""}
    for name, value in scope.headers.items():
        headers[name] = f"{headers[name]},{value}" if headers.get(name) else value
    return Incoming(
        method=scope.method,
        path=urllib.parse.quote(scope.path),
        query=scope.query_string,
        headers=headers,
        body=body,
        authority=scope.server,
        peer=scope.client.rpartition(":")[0].strip("[]"),
    )


def _respond(protocol: HTTPProtocol, outgoing: Outgoing) -> None:
    protocol.response_bytes(outgoing.status, list(outgoing.headers), outgoing.body)


def _json(status: int, body: dict[str, Any], headers: dict[str, str]) -> Outgoing:
    text = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **headers}
    return Outgoing(status=status, reason="", headers=tuple(headers.items()), body=text)
