"""The gateway in front of the service: who may come in at all. It answers in its own error shape."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.errors import FlowError, GatewayError
from headwater_local_flow_service.gateway import health
from headwater_local_flow_service.settings import ORGANIZATION
from headwater_local_flow_service.store.store import Scope

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.gateway.tokens import Tokens
    from headwater_local_flow_service.settings import Settings

PLATFORM = "/data/foundation/"
SANDBOXES = f"{PLATFORM}sandbox-management"

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@attrs.frozen(kw_only=True)
class Caller:
    """Who asks, and for which organization and sandbox."""

    client: str
    scope: Scope


class Gateway:
    """Falcon middleware: request id, Host name, token, API key, organization, sandbox, in this order."""

    def __init__(self, settings: Settings, tokens: Tokens) -> None:
        self._settings = settings
        self._tokens = tokens

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Let the request in, or raise `GatewayError` or `FlowError`."""
        req.context.legacy_errors = self._settings.strictness.legacy_errors
        given = req.get_header("x-request-id") or ""
        req.context.request_id = (
            given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        )
        if (
            req.path != health.PATH
        ):  # whoever watches the service may know it by its address only
            self._check_host(req)
        if req.path.startswith(PLATFORM):
            client = self._client(req)
            scope = Scope(org=_org(req), sandbox=self._sandbox(req))
            req.context.caller = Caller(client=client, scope=scope)

    def process_response(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        _resource: Any,
        _succeeded: bool,
    ) -> None:
        """Name the request in the answer."""
        resp.set_header("x-request-id", req.context.request_id)

    def _check_host(self, req: falcon.Request) -> None:
        """Refuse foreign Host names: a web page whose name resolves to this machine could otherwise reach it."""
        given = (req.get_header("host") or "").lower()
        name = (
            given[1:].partition("]")[0]
            if given.startswith("[")
            else given.partition(":")[0]
        )
        if name not in self._settings.hosts:
            raise GatewayError(
                "421000", "this service does not answer to the name in the Host header"
            )

    def _client(self, req: falcon.Request) -> str:
        scheme, _blank, token = (
            (req.get_header("authorization") or "").strip().partition(" ")
        )
        key = (req.get_header("x-api-key") or "").strip()
        if not scheme:
            raise GatewayError("403010", "the Authorization header is missing")
        if not key:
            raise GatewayError("403000", "the header x-api-key is missing")
        if scheme.lower() != "bearer" or not token.strip():
            raise GatewayError(
                "401013", "the Authorization header holds no bearer token"
            )
        if self._tokens.required:
            self._check_token(
                token.strip(), key, (req.get_header("x-gw-ims-org-id") or "").strip()
            )
        return key

    def _check_token(self, token: str, key: str, org: str) -> None:
        client = self._tokens.client_of(token)
        if client is None:
            raise GatewayError("401013", "the access token is not valid or has expired")
        if client.id != key:
            raise GatewayError(
                "403003",
                "the API key is not that of the client the token was issued to",
            )
        if ORGANIZATION.fullmatch(org) and org not in client.organizations:
            raise GatewayError("403025", "the client may not act for this organization")

    def _sandbox(self, req: falcon.Request) -> str:
        if req.path.startswith(
            SANDBOXES
        ):  # it belongs to the organization, and is asked which sandboxes there are
            return self._settings.default_sandbox
        name = (req.get_header("x-sandbox-name") or "").strip()
        id = (req.get_header("x-sandbox-id") or "").strip()
        if "*" in (name, id):
            if name != id:
                raise FlowError(
                    "FLOW-2112-400",
                    "all sandboxes at once are asked for with * in both sandbox headers",
                )
            raise FlowError(
                "FLOW-2111-403",
                "asking all sandboxes at once is for service tokens only",
            )
        if id:
            raise FlowError(
                "FLOW-2110-400", "the header x-sandbox-id is for service tokens only"
            )
        if not name and self._settings.strictness.require_sandbox_header:
            raise FlowError("FLOW-2105-400", "the header x-sandbox-name is missing")
        if not name:
            return self._settings.default_sandbox
        if name not in self._settings.sandboxes:
            raise FlowError(
                "FLOW-2100-404", "there is no sandbox of this name in the organization"
            )
        return name


def _org(req: falcon.Request) -> str:
    org = (req.get_header("x-gw-ims-org-id") or "").strip()
    if not org:
        raise GatewayError("400003", "the header x-gw-ims-org-id is missing")
    if not ORGANIZATION.fullmatch(org):
        raise GatewayError("403027", "the organization id must look like NAME@AdobeOrg")
    return org


def caller_of(req: falcon.Request) -> Caller:
    """Return who asks, as the gateway found out."""
    caller: Caller = req.context.caller
    return caller
