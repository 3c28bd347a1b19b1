"""What a fault puts in place of the application's answer, or of the request it gets: in the platform's own shapes."""

from __future__ import annotations

import http
import json
import uuid
from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.wsgi import Outgoing

if TYPE_CHECKING:
    from headwater_local_flow_service.faults.rules import Rule
    from headwater_local_flow_service.wsgi import Incoming

_OUTDATED = '"00000000-0000-0200-0000-000000000000"'  # written in 1970, so no object ever has it
_TEXT = "the fault rules wanted this request to fail"
_PAGE = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"
_CODES = {500: "FLOW-1400-500", 503: "FLOW-1103-503"}


def build_answer(rule: Rule) -> Outgoing:
    """Build the answer of a fault that answers by itself."""
    if rule.fault == "429":
        return _build_throttling(rule)
    if rule.fault == "expired-token":
        return _build_expiry()
    if rule.fault == "html":
        return _build_page(int(rule.detail("status")))
    if "status" in rule.kind.takes:
        return _build_failure(int(rule.detail("status")))
    return _build_failure(500)


def alter_request(rule: Rule, incoming: Incoming) -> Incoming:
    """Return the request as the application gets it: an outdated etag makes it write its refusal itself."""
    if rule.fault == "stale-etag":
        return incoming.with_header("If-Match", _OUTDATED)
    return incoming


def cut_in_half(answer: Outgoing) -> Outgoing | None:
    """Return the answer with half of its body, the announced length still that of the whole; None without a body."""
    if not answer.body:
        return None
    headers = [
        (name, value)
        for name, value in answer.headers
        if name.lower() != "content-length"
    ]
    headers.append(("Content-Length", str(len(answer.body))))
    half = answer.body[: len(answer.body) // 2]
    return attrs.evolve(answer, headers=tuple(headers), body=half)


def refuse_unreadable(status: int) -> Outgoing:
    """Build the answer to a request that is not HTTP, or too large."""
    return _build_failure(status, "the request cannot be read")


def _build_throttling(rule: Rule) -> Outgoing:
    body = {"error_code": "429000", "message": _TEXT}
    return _build_json(429, body, {"Retry-After": f"{rule.detail('retry_after'):.0f}"})


def _build_expiry() -> Outgoing:
    message = "the access token is not valid or has expired"
    return _build_json(401, {"error_code": "401013", "message": message}, {})


def _build_failure(status: int, text: str = _TEXT) -> Outgoing:
    request_id = uuid.uuid4().hex
    code = _CODES.get(status, f"HEADWATER-1000-{status}")
    body = FlowError(code, text).body(request_id)
    return _build_json(status, body, {"x-request-id": request_id})


def _build_page(status: int) -> Outgoing:
    page = _PAGE.format(f"{status} {_reason(status)}").encode()
    return _build(status, {"Content-Type": "text/html; charset=utf-8"}, page)


def _build_json(status: int, body: Any, headers: dict[str, str]) -> Outgoing:
    return _build(
        status,
        {"Content-Type": "application/json", **headers},
        json.dumps(body).encode(),
    )


def _build(status: int, headers: dict[str, str], body: bytes) -> Outgoing:
    length = ("Content-Length", str(len(body)))
    return Outgoing(
        status=status,
        reason=_reason(status),
        headers=(*headers.items(), length),
        body=body,
    )


def _reason(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Server Error"
