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
from headwater_local_flow_service.inlets import problems, registry
from headwater_local_flow_service.serving import accesslog, bodies, sending, uploads
from headwater_local_flow_service.serving.pool import Pool, PoolFull
from headwater_local_flow_service.wsgi import (
    BODY_TO_COME,
    SPOOLED,
    Incoming,
    Outgoing,
    call,
)

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from granian._granian import RSGIHTTPProtocol as HTTPProtocol
    from granian.rsgi import Scope

    from headwater_local_flow_service.settings import Settings

_HEALTH_SECONDS: Final = 1  # that the store has to answer
_READING: Final = ("GET", "HEAD")
_CONTINUE: Final = 100  # how the application says that a file may come
_ASKING: Final = ("/test", "/explore")  # how the paths end at which sources are asked


class Front:
    """An RSGI application that answers with a WSGI application."""

    def __init__(self, app: WSGIApplication, settings: Settings) -> None:
        self._app = app
        self._legacy_errors = settings.strictness.legacy_errors
        self._bodies = bodies.BodyReader(bodies.rules_for(settings))
        self._uploads = uploads.Uploads(settings)
        self._sender = sending.Sender()
        self._reads = Pool("reads", threads=8, abreast=1, waiting=512)
        # Those who wait for a durable commit share it, so many may wait.
        self._writes = Pool("writes", threads=16, waiting=512)
        self._asking = Pool("asking", threads=16, waiting=16)
        # A file is written through to its disk, or sent on to an object store.
        self._storing = Pool("storing", threads=16, waiting=64)
        self._health = Pool("health", threads=1, waiting=64)

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request."""
        self._sender.prepare(scope)
        if scope.path == health.PATH and scope.method in _READING:
            await self._answer_health(scope, protocol)
            return
        came = time.perf_counter()
        try:
            if uploads.has_file(scope):
                await self._take_file(scope, protocol)
            else:
                await self._take(scope, protocol)
        except FlowError as refusal:
            self._refuse(scope, protocol, refusal, came)
        except PoolFull:
            full = unavailable("too many requests are waiting; try again later")
            self._refuse(scope, protocol, full, came)

    async def _take(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer a request whose body is held in memory. Raises `FlowError`, `PoolFull`."""
        async with self._bodies.read(scope, protocol) as body:
            answer = functools.partial(self._answer, scope, protocol, body)
            on_its_way = await self._pool_for(scope).run(answer)
        if isinstance(on_its_way, Outgoing):
            await self._stream(scope, protocol, on_its_way)
        elif on_its_way is not None:
            await self._sender.follow(on_its_way)

    async def _take_file(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer a request with a file: the application first says whether it may come. Raises `FlowError`, `PoolFull`.

        So nobody's disk is filled by somebody who may not, and who waits to be told to go on is told.
        """
        length = uploads.announced(scope)
        environ: dict[str, Any] = {
            BODY_TO_COME: True,
            "CONTENT_LENGTH": "" if length is None else str(length),
        }
        incoming = _incoming(scope, b"", environ)
        said = await self._reads.run(functools.partial(call, self._app, incoming))
        arriving = uploads.Arriving(protocol)
        if said.status != _CONTINUE:
            await uploads.drain(scope, arriving)
            _respond(protocol, said)
            return
        try:
            async with self._uploads.receive(scope, arriving) as (path, size):
                environ = {SPOOLED: str(path), "CONTENT_LENGTH": str(size)}
                answer = functools.partial(self._answer, scope, protocol, b"", environ)
                await self._storing.run(answer)
        except FlowError as refusal:
            if refusal.headers.get("Connection") != "close":
                await uploads.drain(scope, arriving)
                refusal.headers["Connection"] = "close"
            raise

    async def _stream(
        self, scope: Scope, protocol: HTTPProtocol, outgoing: Outgoing
    ) -> None:
        """Send a file that lies elsewhere piece by piece, each when the client has the one before it."""
        transport = protocol.response_stream(outgoing.status, list(outgoing.headers))
        loop = asyncio.get_running_loop()
        pieces = iter(outgoing.file or ())
        while piece := await loop.run_in_executor(None, next, pieces, b""):
            on_its_way = self._sender.begin(scope, len(piece), may_refuse=False)
            await transport.send_bytes(piece)
            if on_its_way is not None:
                await self._sender.follow(on_its_way)

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
        if uploads.is_upload(scope):
            return self._storing
        return self._writes

    def _answer(
        self,
        scope: Scope,
        protocol: HTTPProtocol,
        body: bytes,
        environ: dict[str, Any] | None = None,
    ) -> sending.Sending | Outgoing | None:
        """Answer, and return the answer's way where it must be followed. Raises `FlowError` where it finds no room.

        An answer that is a file of another machine is returned to be sent; one of this machine granian reads itself.
        """
        incoming = _incoming(scope, body, environ)
        outgoing = call(self._app, incoming, takes_files=True)
        if outgoing.file is not None:
            return _respond_with_file(protocol, outgoing)
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
        if scope.path.startswith(f"{registry.PATH}/"):
            refusal = problems.translate(refusal)
        body = refusal.body(id, legacy=self._legacy_errors)
        headers = {"x-request-id": id, **refusal.headers}
        _respond(protocol, _json(refusal.status, body, headers))
        accesslog.write(
            accesslog.line(id, scope.method, scope.path, refusal.status, came)
        )


def _incoming(
    scope: Scope, body: bytes, environ: dict[str, Any] | None = None
) -> Incoming:
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
        environ=environ or {},
        authority=scope.server,
        peer=scope.client.rpartition(":")[0].strip("[]"),
    )


def _respond(protocol: HTTPProtocol, outgoing: Outgoing) -> None:
    protocol.response_bytes(outgoing.status, list(outgoing.headers), outgoing.body)


def _respond_with_file(protocol: HTTPProtocol, outgoing: Outgoing) -> Outgoing | None:
    """Answer with a file of this machine; return the answer where it is none."""
    file = outgoing.file
    if file is None or file.path is None:
        return outgoing
    headers = list(outgoing.headers)
    end = file.start + file.size
    protocol.response_file_range(
        outgoing.status, headers, str(file.path), file.start, end
    )
    return None


def _json(status: int, body: dict[str, Any], headers: dict[str, str]) -> Outgoing:
    text = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **headers}
    return Outgoing(status=status, reason="", headers=tuple(headers.items()), body=text)
