"""The embedded service as a transport of ``requests``: the same application, called in the process."""

from __future__ import annotations

import functools
import io
import threading
import urllib.parse
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPResponse

from headwater_local_flow_service.wsgi import Incoming, call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from wsgiref.types import WSGIApplication

    from headwater_local_flow_service.app import FlowServiceApp
    from headwater_local_flow_service.faults.engine import Faults
    from headwater_local_flow_service.faults.inprocess import InProcess
    from headwater_local_flow_service.settings import Settings
    from headwater_local_flow_service.wsgi import Outgoing

_published: dict[str, LocalAdapter] = {}


class LocalAdapter(BaseAdapter):
    """Answers ``http+local://embedded/...``, and hosts that are given to `publish`.

    The store is opened with the first request: `settings`, or by default the one ``HEADWATER_LOCAL_STORE`` names. An
    `app` given by the caller is used instead, and stays the caller's to close. With `faults`, requests fail as those
    say.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        app: WSGIApplication | None = None,
        faults: Faults | None = None,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._given = app
        self._own: FlowServiceApp | None = None
        self._opening = threading.Lock()
        self._faulty = None if faults is None else _faulty(faults)

    def send(
        self, request: requests.PreparedRequest, *args: Any, **options: Any
    ) -> requests.Response:
        """Call the application and return its answer. Raises `StoreError` or `StoreBusy` where it cannot open."""
        incoming = _incoming(request)
        other = _published.get(incoming.authority, self)
        if other is not self:
            return other.send(request, *args, **options)
        ask = functools.partial(call, self._app())
        if self._faulty is None:
            outgoing = ask(incoming, takes_files=True)
        else:
            timeout = options.get("timeout")
            outgoing = self._faulty.exchange(request, incoming, ask, timeout)
        return _response(request, outgoing, self)

    def close(self) -> None:
        """Let go of the store; a later request opens it again. What a fault delays is carried out first."""
        if self._faulty is not None:
            self._faulty.close()
        with self._opening:
            own, self._own = self._own, None
        if own is not None:
            own.close()

    def _app(self) -> WSGIApplication:
        if self._given is not None:
            return self._given
        with self._opening:
            if self._own is None:
                from headwater_local_flow_service.app import build_app
                from headwater_local_flow_service.settings import Settings

                self._own = build_app(self._settings or Settings.from_environ())
            return self._own


@contextmanager
def publish(host: str, adapter: LocalAdapter) -> Iterator[None]:
    """Let every `LocalAdapter` of this process reach this one under a host of its own: ``http+local://host``.

    So a client that only takes a URL can be led to a service other than the default one.
    """
    _published[host] = adapter
    try:
        yield
    finally:
        del _published[host]


def _faulty(faults: Faults) -> InProcess:
    from headwater_local_flow_service.faults.inprocess import InProcess

    return InProcess(faults)


def _incoming(request: requests.PreparedRequest) -> Incoming:
    url = urllib.parse.urlsplit(request.url or "")
    return Incoming(
        method=(request.method or "GET").upper(),
        path=url.path or "/",
        query=url.query,
        headers={name: _text(value) for name, value in request.headers.items()},
        authority=url.netloc,
        # What links in answers begin with.
        environ={"wsgi.url_scheme": url.scheme},
        **_body(request),
    )


def _response(
    request: requests.PreparedRequest, outgoing: Outgoing, adapter: LocalAdapter
) -> requests.Response:
    response = requests.Response()
    response.status_code = outgoing.status
    response.reason = outgoing.reason
    response.headers = CaseInsensitiveDict(outgoing.headers)
    response.encoding = get_encoding_from_headers(response.headers)
    body: Any = io.BytesIO(outgoing.body)
    if outgoing.file is not None:
        body = io.BufferedReader(_Pieces(iter(outgoing.file)))
    response.raw = HTTPResponse(
        body=body,
        headers=dict(outgoing.headers),
        status=outgoing.status,
        reason=outgoing.reason,
        preload_content=False,
        request_method=request.method,
    )
    response.url = request.url or ""
    response.request = request
    response.connection = adapter  # type: ignore[assignment]
    return response


def _body(request: requests.PreparedRequest) -> dict[str, Any]:
    """Return the body as `Incoming` has it; what `requests` would have streamed is read by the application."""
    body: Any = request.body
    if body is None:
        return {}
    if isinstance(body, str):
        return {"body": body.encode("utf-8")}
    if isinstance(body, (bytes, bytearray)):
        return {"body": bytes(body)}
    if not hasattr(body, "read"):
        body = io.BufferedReader(_Pieces(iter(body)))
    length = request.headers.get("Content-Length")
    return {"stream": body, "length": None if length is None else int(length)}


class _Pieces(io.RawIOBase):
    """A file that reads the pieces an iterator yields."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Put the next bytes into a buffer, and return how many; 0 at the end."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = bytes(piece)
        given, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)


def _text(value: str | bytes) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value
