"""The token endpoint of Adobe's identity service, for clients that fetch their own tokens."""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING

import falcon

from headwater.secret import Secret
from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.gateway.incoming import raw_body

if TYPE_CHECKING:
    from headwater_local_flow_service.gateway.tokens import Tokens
    from headwater_local_flow_service.settings import Settings

_REQUIRED = ("grant_type", "client_id", "client_secret", "scope")


class TokenEndpoint:
    """``POST /ims/token/v2`` and ``/v3``: client credentials in the form body or the query string."""

    def __init__(self, settings: Settings, tokens: Tokens) -> None:
        self._settings = settings
        self._tokens = tokens

    def on_post(self, req: falcon.Request, resp: falcon.Response, version: str) -> None:
        """Issue a token, or answer with an OAuth error body."""
        if version not in ("v2", "v3"):
            raise falcon.HTTPNotFound
        form = self._form(req)
        refusal = self._refusal(form)
        resp.set_header("Cache-Control", "no-store")
        if refusal is not None:
            resp.status, error, description = refusal
            resp.media = {"error": error, "error_description": description}
            return
        token = self._tokens.issue(form["client_id"])
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

    def _refusal(self, form: dict[str, str]) -> tuple[str, str, str] | None:
        """Return status, error and description of a refusal in the words of OAuth, or None."""
        missing = [name for name in _REQUIRED if not form.get(name)]
        if missing:
            description = f"missing: {', '.join(missing)}"
            return falcon.HTTP_400, "invalid_request", description
        if form["grant_type"] != "client_credentials":
            description = "grant_type must be client_credentials"
            return falcon.HTTP_400, "unsupported_grant_type", description
        if not self._tokens.knows(form["client_id"], Secret(form["client_secret"])):
            description = "the client id or its secret is wrong"
            return falcon.HTTP_401, "invalid_client", description
        return None
