"""The token endpoint of Adobe's identity service, for clients that fetch their own tokens."""

from __future__ import annotations

import logging
import urllib.parse
from typing import TYPE_CHECKING, TypeAlias

import falcon

from headwater.secret import Secret
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.gateway.incoming import raw_body
from headwater_local_flow_service.gateway.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater_local_flow_service.gateway.tokens import Tokens
    from headwater_local_flow_service.settings import Settings

log = logging.getLogger("headwater.local")

# status, error and description
Refusal: TypeAlias = tuple[str, str, str]

_WRONG: Refusal = (
    falcon.HTTP_401,
    "invalid_client",
    "the client id or its secret is wrong",
)
_TOO_MANY: Refusal = (
    falcon.HTTP_429,
    "temporarily_unavailable",
    "too many token requests of this client have failed; try again later",
)
_LONGEST_ADDRESS = 64  # characters

_REQUIRED = ("grant_type", "client_id", "client_secret", "scope")


class RetiredExchange:
    """``POST /ims/exchange/jwt``: where integrations exchanged a signed JWT for a token, until January 2025."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:  # noqa: ARG002
        """Refuse with an OAuth error body, and say what has taken its place."""
        resp.status = falcon.HTTP_400
        resp.set_header("Cache-Control", "no-store")
        resp.media = {
            "error": "unsupported_grant_type",
            "error_description": "JWT credentials were retired on 2025-01-01: add OAuth Server-to-Server "
            "credentials to the project, and ask POST /ims/token/v3 with grant_type=client_credentials",
        }


class TokenEndpoint:
    """``POST /ims/token/v2`` and ``/v3``: client credentials in the form body or the query string."""

    def __init__(self, settings: Settings, tokens: Tokens) -> None:
        self._settings = settings
        self._tokens = tokens
        self._throttle = Throttle()

    def on_post(self, req: falcon.Request, resp: falcon.Response, version: str) -> None:
        """Issue a token, or answer with an OAuth error body."""
        if version not in ("v2", "v3"):
            raise falcon.HTTPNotFound
        form = self._form(req)
        address = client_address(req, self._settings.proxies)
        refusal, wait = self._judge(form, address)
        resp.set_header("Cache-Control", "no-store")
        if wait:
            resp.set_header("Retry-After", str(wait))
        if refusal is not None:
            resp.status, error, description = refusal
            resp.media = {"error": error, "error_description": description}
            return
        token = self._tokens.issue(form["client_id"], Secret(form["client_secret"]))
        resp.media = {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": self._tokens.lifetime,
        }

    def _form(self, req: falcon.Request) -> dict[str, str]:
        """Return the parameters; those of the body count more. None are found in what is too large or too many."""
        query = req.query_string.encode("latin-1", "replace").decode("utf-8", "replace")
        try:
            body = raw_body(req, self._settings.largest_body).decode("utf-8", "replace")
            return dict(urllib.parse.parse_qsl(f"{query}&{body}", max_num_fields=100))
        except (ValueError, FlowError):
            return {}

    def _judge(self, form: dict[str, str], address: str) -> tuple[Refusal | None, int]:
        """Return a refusal, or None, and for how many seconds the client is not listened to."""
        client = form.get("client_id", "")
        wait = self._throttle.wait_of(client, address)
        if wait:
            return _TOO_MANY, wait
        refusal = self._refusal(form)
        if refusal is None:
            self._throttle.succeed(client, address)
        elif refusal is _WRONG:
            self._throttle.fail(client, address)
            name = client if self._tokens.is_configured(client) else "no known client"
            log.warning("a token was refused: %s, from %s", name, address)
        return refusal, 0

    def _refusal(self, form: dict[str, str]) -> Refusal | None:
        """Return status, error and description of a refusal in the words of OAuth, or None."""
        missing = [name for name in _REQUIRED if not form.get(name)]
        if missing:
            description = f"missing: {', '.join(missing)}"
            return falcon.HTTP_400, "invalid_request", description
        if form["grant_type"] != "client_credentials":
            description = "grant_type must be client_credentials"
            return falcon.HTTP_400, "unsupported_grant_type", description
        if not self._tokens.knows(form["client_id"], Secret(form["client_secret"])):
            return _WRONG
        return None


def client_address(req: falcon.Request, proxies: Sequence[str]) -> str:
    """Return where a request comes from: what the proxy in front says, where that is one of ours."""
    address = req.remote_addr
    if address not in proxies:
        return address
    forwarded = req.get_header("x-forwarded-for") or ""
    return forwarded.rpartition(",")[2].strip()[:_LONGEST_ADDRESS] or address
