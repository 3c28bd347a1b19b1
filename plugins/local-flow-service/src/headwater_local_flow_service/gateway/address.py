"""Under which address the caller reached the service: what a URL in an answer begins with."""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.settings import Settings

# A name or an address, brackets around one of IPv6, and a port.
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
_SCHEMES: Final = ("http", "https")

_address: ContextVar[str] = ContextVar("headwater_local_address", default="")


def note(req: falcon.Request, settings: Settings) -> None:
    """Remember, for the rest of the request, where its URLs lead: to ``public_url``, else to where it came in."""
    _address.set(settings.public_url or f"{_scheme(req, settings)}://{_host(req)}")


def current() -> str:
    """Return scheme and host without a path, as in ``http://127.0.0.1:8700``; nothing outside of a request."""
    return _address.get()


def _scheme(req: falcon.Request, settings: Settings) -> str:
    """Return the scheme; a proxy in front that speaks TLS says so, where it is one of ours."""
    forwarded = (req.get_header("x-forwarded-proto") or "").strip().lower()
    if req.remote_addr in settings.proxies and forwarded in _SCHEMES:
        return forwarded
    return str(req.scheme)


def _host(req: falcon.Request) -> str:
    """Return the Host header where it has the form of one; the gateway has let its name through."""
    host = (req.get_header("host") or "").strip()
    return host if _HOST.fullmatch(host) else ""
