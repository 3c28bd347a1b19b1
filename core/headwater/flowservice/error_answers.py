"""Every error answer becomes one of our errors: five body shapes, HTML, plain text, nothing at all, redirects."""

from __future__ import annotations

import contextlib
import http
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import attrs

from headwater.errors import (
    ChangedMeanwhile,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    Rejected,
    ServiceError,
    Unavailable,
)
from headwater.flowservice.answer import LOOK_FIRST
from headwater.flowservice.error_shapes import leaves_outcome_open
from headwater.flowservice.remedies import remedy_for
from headwater.http.foreign_text import MOST_READ, clean_line, clean_token
from headwater.http.json_body import decode_json, get_member
from headwater.http.retry_after import retry_after

if TYPE_CHECKING:
    from headwater.flowservice.answer import Answer

_CODE = re.compile(r"(?:[A-Z]{2,20}-)?[0-9]{1,8}(?:-[0-9]{3})?")
_OAUTH_CODE = re.compile(r"[a-z][a-z0-9_]{1,40}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:=+/-]{1,128}")
_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,255}")
_UNAUTHENTICATED = re.compile(r"FLOW-20[0-9]{2}-401")
_TITLE = re.compile("<title", re.IGNORECASE)

_NOT_OURS = (
    f"these are not the service's own words, so {LOOK_FIRST}; check that the URL leads to Flow Service itself, not to"
    " a proxy or a login page"
)
_TITLE = re.compile("<title", re.IGNORECASE)
_PAGE = "a web page answered: check that the URL leads to Flow Service itself, not to a proxy or a login page"

_CLASSES: dict[int, type[ServiceError]] = {
    401: NotAuthenticated,
    403: NotPermitted,
    404: NotFound,
    408: Unavailable,
    409: ChangedMeanwhile,
    412: ChangedMeanwhile,
    429: Unavailable,
}


@attrs.frozen(kw_only=True)
class ErrorBody:
    """What an error body says, cleaned of secrets and short enough to show."""

    code: str = ""
    title: str = ""
    detail: str = ""
    request_id: str = ""


def service_error(answer: Answer, *, renewable: bool = False) -> ServiceError:
    """Return the error for a failed request; `renewable` says that the token came from IMS, not from the caller.

    What is no refusal in the service's own words settles nothing for a request that changes something: `Unavailable`,
    whatever the status.
    """
    is_open = leaves_outcome_open(answer)
    if 300 <= answer.status < 400:
        return _redirect_error(answer)
    body = read_error_body(answer)
    kind = _class_for(answer.status, body.code)
    remedy = remedy_for(kind, body.code, renewable=renewable)
    if answer.is_page and answer.status < 500:
        remedy = _PAGE
    if answer.changes and is_open:
        kind = Unavailable
        remedy = _remedy_after_change(answer)
    return kind(
        _message(answer, body),
        method=answer.method,
        path=answer.path,
        status=answer.status,
        code=body.code,
        title=body.title,
        detail=body.detail,
        request_id=body.request_id,
        retry_after=retry_after(answer.headers),
        outcome_unknown=is_open or (answer.changes and answer.uncertain),
        remedy=remedy,
    )


def _remedy_after_change(answer: Answer) -> str:
    if answer.status < 500:
        return _NOT_OURS
    return LOOK_FIRST


def read_error_body(answer: Answer) -> ErrorBody:
    """Read the body of an error answer, whichever shape it has."""
    body: Any = None
    with contextlib.suppress(ValueError):
        body = decode_json(answer.body)
    if not isinstance(body, dict):
        return _read_unstructured(answer)
    report = body.get("report")
    request_id = clean_token(
        get_member(report, "request-id"), _REQUEST_ID, answer.secrets
    )
    return ErrorBody(
        code=_code(answer, body),
        title=clean_line(body.get("title"), answer.secrets),
        detail=_detail(answer, body),
        request_id=request_id or _header_request_id(answer),
    )


def request_id(answer: Answer) -> str:
    """Return the id the service gave the request, for the log: from the header, or from an error body."""
    header = _header_request_id(answer)
    if header or answer.fine:
        return header
    return read_error_body(answer).request_id


def _class_for(status: int, code: str) -> type[ServiceError]:
    if not 400 <= status < 500:
        return _CLASSES.get(status, Unavailable)
    if _UNAUTHENTICATED.fullmatch(code):
        return NotAuthenticated
    return _CLASSES.get(status, Rejected)


def _message(answer: Answer, body: ErrorBody) -> str:
    status = str(answer.status)
    if body.code:
        status = f"{status} {body.code}"
    text = body.detail or body.title or _phrase(answer.status)
    return f"{answer.method} {answer.path} answered {status}: {text.rstrip('. ')}"


def _detail(answer: Answer, body: dict[str, Any]) -> str:
    """Find the text that says most; each shape of error body has it under a name of its own."""
    texts = (
        get_member(body.get("report"), "detailed-message"),
        body.get("errorMessage"),
        body.get("detail"),
        body.get("message"),
        body.get("error_description"),
    )
    for text in texts:
        line = clean_line(text, answer.secrets)
        if line:
            return line
    return ""


def _code(answer: Answer, body: dict[str, Any]) -> str:
    """Find the error code: last segment of a problem type, gateway code, or OAuth error."""
    problem_type = body.get("type")
    if isinstance(problem_type, str):
        segment = problem_type.rstrip("/").rpartition("/")[2]
        code = clean_token(segment, _CODE, answer.secrets)
        if code:
            return code
    gateway_code = clean_token(_gateway_code(body), _CODE, answer.secrets)
    return gateway_code or clean_token(body.get("error"), _OAUTH_CODE, answer.secrets)


def _gateway_code(body: dict[str, Any]) -> Any:
    """Return the gateway's code, which comes as a string or as a number."""
    code = body.get("error_code")
    if isinstance(code, int) and not isinstance(code, bool) and 0 <= code < 10**8:
        return str(code)
    return code


def _read_unstructured(answer: Answer) -> ErrorBody:
    """Show plain text as it is, of an HTML page its title, and of other bodies nothing."""
    text = answer.body[:MOST_READ].decode("utf-8", "replace")
    is_json = text.lstrip().startswith(("{", "["))
    if is_json or "\x00" in text:
        text = ""
    elif answer.is_page:
        text = _describe_page(text)
    return ErrorBody(
        detail=clean_line(text, answer.secrets), request_id=_header_request_id(answer)
    )


def _describe_page(text: str) -> str:
    title = _find_title(text)
    return f"an HTML page, titled {title}" if title else "an HTML page"


def _find_title(text: str) -> str:
    """Return what stands in the first title element; one look for each of its ends, however the page goes on."""
    start = _TITLE.search(text)
    if start is None:
        return ""
    _attributes, _end, rest = text[start.end() :].partition(">")
    return rest.partition("<")[0].strip()


def _header_request_id(answer: Answer) -> str:
    return clean_token(answer.headers.get("x-request-id"), _REQUEST_ID, answer.secrets)


def _redirect_error(answer: Answer) -> ServiceError:
    """Return the error for a redirect, which the service itself never answers."""
    kind: type[ServiceError] = Rejected
    remedy = "check the URL: it must be the platform's own, and a login page or a proxy must not stand before it"
    if answer.changes:
        kind = Unavailable
        remedy = _NOT_OURS
    error = answer.error(
        kind,
        f"a redirect to {_target_host(answer)}; redirects are never followed",
        request_id=_header_request_id(answer),
        remedy=remedy,
    )
    error.outcome_unknown = True
    return error


def _target_host(answer: Answer) -> str:
    location = answer.headers.get("Location") or ""
    try:
        host = urlsplit(location).hostname
    except ValueError:
        return "an unreadable address"
    if host is None:
        return "another path of the same host"
    # The whole location is looked at: parsing lower-cases the host, which would disguise a secret in it.
    cleaned = clean_line(location, answer.secrets, limit=len(location))
    is_harmless = cleaned == " ".join(location.split())
    if not is_harmless or not _HOST.fullmatch(host):
        return "another host"
    return clean_token(host, _HOST, answer.secrets)


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase.lower()
    except ValueError:
        return "a status that HTTP does not know"
