"""The gateway in front of the service: who may come in at all. It answers in its own error shape."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

import attrs

from headwater.credentials import request_budget
from headwater_local_flow_service.errors import FlowError, GatewayError
from headwater_local_flow_service.gateway import address, health
from headwater_local_flow_service.gateway.incoming import warnings_of
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
        strictness = self._settings.strictness
        req.context.legacy_errors = strictness.legacy_errors
        req.context.refuse_unknown_parameters = strictness.refuse_unknown_parameters
        req.context.request_id = request_id(req.get_header("x-request-id"))
        req.context.validation = request_budget.begin_request()
        # Whoever watches the service may know it by its address only.
        if req.path != health.PATH:
            self._check_host(req)
        address.note(req, self._settings)
        if req.path.startswith(PLATFORM):
            client = self._authenticate(req)
            scope = Scope(org=_organization(req), sandbox=self._sandbox(req))
            req.context.caller = Caller(client=client, scope=scope)

    def process_response(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        _resource: Any,
        _succeeded: bool,
    ) -> None:
        """Name the request in the answer, and tell what was done other than asked."""
        for warning in warnings_of(req):
            resp.append_header("Warning", warning)
        resp.set_header("x-request-id", req.context.request_id)
        request_budget.end_request(req.context.validation)

    def _check_host(self, req: falcon.Request) -> None:
        """Refuse foreign Host names: a web page whose name resolves to this machine could otherwise reach it."""
        if _host_name(req) not in self._settings.hosts:
            raise GatewayError(
                "421000", "this service does not answer to the name in the Host header"
            )

    def _authenticate(self, req: falcon.Request) -> str:
        """Return the API key of the client. Raises `GatewayError`."""
        scheme, _blank, token = _header(req, "authorization").partition(" ")
        key = _header(req, "x-api-key")
        if not scheme:
            raise GatewayError("403010", "the Authorization header is missing")
        if not key:
            raise GatewayError("403000", "the header x-api-key is missing")
        if scheme.lower() != "bearer" or not token.strip():
            raise GatewayError(
                "401013", "the Authorization header does not hold a bearer token"
            )
        if self._tokens.required:
            self._check_token(token.strip(), key, _header(req, "x-gw-ims-org-id"))
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
        """Return the name of the sandbox. Raises `FlowError`."""
        # Sandbox management belongs to the organization, and is asked which sandboxes there are.
        if req.path.startswith(SANDBOXES):
            return self._settings.default_sandbox
        name = _header(req, "x-sandbox-name")
        _check_sandbox_headers(name, _header(req, "x-sandbox-id"))
        if not name and self._settings.strictness.require_sandbox_header:
            raise FlowError("FLOW-2105-400", "the header x-sandbox-name is missing")
        if not name:
            return self._settings.default_sandbox
        if name not in self._settings.sandboxes:
            raise FlowError(
                "FLOW-2100-404", "there is no sandbox of this name in the organization"
            )
        return name


def _header(req: falcon.Request, name: str) -> str:
    """Return a header without blanks around it, or an empty string."""
    return (req.get_header(name) or "").strip()


def request_id(given: str | None) -> str:
    """Return the id that the client gave the request, or a new one."""
    if given and _REQUEST_ID.fullmatch(given):
        return given
    return uuid.uuid4().hex


def _host_name(req: falcon.Request) -> str:
    """Return the name in the Host header, in lower case, without a port and the brackets of IPv6."""
    host = (req.get_header("host") or "").lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _check_sandbox_headers(name: str, id: str) -> None:
    """Refuse what only service tokens may ask for. Raises `FlowError`."""
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


def _organization(req: falcon.Request) -> str:
    org = _header(req, "x-gw-ims-org-id")
    if not org:
        raise GatewayError("400003", "the header x-gw-ims-org-id is missing")
    if not ORGANIZATION.fullmatch(org):
        raise GatewayError("403027", "the organization id must look like NAME@AdobeOrg")
    return org


def caller_of(req: falcon.Request) -> Caller:
    """Return who asks, as the gateway found out."""
    caller: Caller = req.context.caller
    return caller
