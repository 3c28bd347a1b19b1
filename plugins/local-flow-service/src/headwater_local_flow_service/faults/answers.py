"""The answers that faults give by themselves, and the requests they change: in the platform's own shapes."""

from __future__ import annotations

import http
import json
import uuid
from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.wsgi import Outgoing

if TYPE_CHECKING:
    from headwater_local_flow_service.faults.rules import Rule
    from headwater_local_flow_service.wsgi import Incoming

_OUTDATED = '"00000000-0000-0200-0000-000000000000"'  # written in 1970, so no object ever has it
_TEXT = "the fault rules wanted this request to fail"
_PAGE = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"
_CODES = {500: "FLOW-1400-500", 503: "FLOW-1103-503"}


def own(rule: Rule) -> Outgoing:
    """Return the answer of a fault that answers by itself."""
    if rule.fault == "429":
        headers = {"Retry-After": f"{rule.detail('retry_after'):.0f}"}
        return _json(429, {"error_code": "429000", "message": _TEXT}, headers)
    if rule.fault == "expired-token":
        return _json(
            401,
            {
                "error_code": "401013",
                "message": "the access token is not valid or has expired",
            },
        )
    if rule.fault == "html":
        return _html(int(rule.detail("status")))
    return _failed(int(rule.detail("status")) if "status" in rule.kind.takes else 500)


def altered(rule: Rule, incoming: Incoming) -> Incoming:
    """Return the request as the application gets it: an outdated etag makes it write its refusal itself."""
    return (
        incoming.with_header("If-Match", _OUTDATED)
        if rule.fault == "stale-etag"
        else incoming
    )


def half(answer: Outgoing) -> Outgoing | None:
    """Return the answer with half of its body, the announced length still that of the whole; None without a body."""
    if not answer.body:
        return None
    kept = tuple(
        (name, value)
        for name, value in answer.headers
        if name.lower() != "content-length"
    )
    length = ("Content-Length", str(len(answer.body)))
    return Outgoing(
        status=answer.status,
        reason=answer.reason,
        headers=(*kept, length),
        body=answer.body[: len(answer.body) // 2],
    )


def unreadable(status: int) -> Outgoing:
    """Return the answer for a request that is no HTTP, or too large."""
    return _failed(status, "the request cannot be read")


def _failed(status: int, text: str = _TEXT) -> Outgoing:
    request_id = uuid.uuid4().hex
    body = FlowError(_CODES.get(status, f"HEADWATER-1000-{status}"), text).body(
        request_id
    )
    return _json(status, body, {"x-request-id": request_id})


def _html(status: int) -> Outgoing:
    page = _PAGE.format(f"{status} {_reason(status)}").encode()
    return _whole(status, {"Content-Type": "text/html; charset=utf-8"}, page)


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Outgoing:
    return _whole(
        status,
        {"Content-Type": "application/json", **(headers or {})},
        json.dumps(body).encode(),
    )


def _whole(status: int, headers: dict[str, str], body: bytes) -> Outgoing:
    given = (*headers.items(), ("Content-Length", str(len(body))))
    return Outgoing(status=status, reason=_reason(status), headers=given, body=body)


def _reason(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Server Error"
