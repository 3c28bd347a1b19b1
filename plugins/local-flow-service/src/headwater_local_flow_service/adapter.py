"""The embedded service as a transport of ``requests``: the same application, called in the process."""

from __future__ import annotations

import io
import threading
import urllib.parse
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPResponse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import WSGIApplication

    from headwater_local_flow_service.app import FlowServiceApp
    from headwater_local_flow_service.settings import Settings


class LocalAdapter(BaseAdapter):
    """Answers ``http+local://embedded/...``.

    The store is opened with the first request: `settings`, or by default the one ``HEADWATER_LOCAL_STORE`` names. An
    `app` given by the caller is used instead, and stays the caller's to close.
    """

    def __init__(self, settings: Settings | None = None, *, app: WSGIApplication | None = None) -> None:
        super().__init__()
        self._settings = settings
        self._given = app
        self._own: FlowServiceApp | None = None
        self._opening = threading.Lock()

    def send(self, request: requests.PreparedRequest, *_args: Any, **_options: Any) -> requests.Response:
        """Call the application and return its answer. Raises `StoreError` or `StoreBusy` where it cannot open."""
        return _call(self._app(), request, self)

    def close(self) -> None:
        """Let go of the store; a later request opens it again."""
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


def _call(app: WSGIApplication, request: requests.PreparedRequest, adapter: LocalAdapter) -> requests.Response:
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Any:
        started.append((status, headers))

    chunks: Iterable[bytes] = app(_environ(request), start_response)
    try:
        body = b"".join(chunks)
    finally:
        getattr(chunks, "close", lambda: None)()
    return _response(request, *started[-1], body, adapter)


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    url = urllib.parse.urlsplit(request.url or "")
    body = _bytes(request.body)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": (request.method or "GET").upper(),
        "SCRIPT_NAME": "",
        "PATH_INFO": urllib.parse.unquote_to_bytes(url.path or "/").decode("latin-1"),
        "QUERY_STRING": url.query,
        "SERVER_NAME": url.hostname or "",
        "SERVER_PORT": str(url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": url.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = _text(value)
    return environ


def _response(
    request: requests.PreparedRequest, status: str, headers: list[tuple[str, str]], body: bytes, adapter: LocalAdapter
) -> requests.Response:
    number, _blank, reason = status.partition(" ")
    response = requests.Response()
    response.status_code = int(number)
    response.reason = reason
    response.headers = CaseInsensitiveDict(headers)
    response.encoding = get_encoding_from_headers(response.headers)
    response.raw = HTTPResponse(
        body=io.BytesIO(body), headers=dict(headers), status=int(number), reason=reason, preload_content=False
    )
    response.url = request.url or ""
    response.request = request
    response.connection = adapter  # type: ignore[assignment]
    return response


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode("utf-8")
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    return bytes(body.read()) if hasattr(body, "read") else b"".join(body)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
