"""Every error answer becomes one of our errors: five body shapes, HTML, plain text, nothing at all, redirects."""

from __future__ import annotations

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
from headwater.flowservice import wire
from headwater.flowservice.remedies import remedy_for
from headwater.http.foreign_text import shown, token
from headwater.http.retry_after import retry_after

if TYPE_CHECKING:
    from headwater.flowservice.answers import Answer

_CODE = re.compile(r"(?:[A-Z]{2,20}-)?[0-9]{1,8}(?:-[0-9]{3})?")
_OAUTH_CODE = re.compile(r"[a-z][a-z0-9_]{1,40}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:=+/-]{1,128}")
_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,255}")
_UNAUTHENTICATED = re.compile(r"FLOW-20[0-9]{2}-401")
_TITLE = re.compile(r"<title[^>]*>([^<]*)", re.IGNORECASE)

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
class Problem:
    """What an error body says, cleaned of secrets and short enough to show."""

    code: str = ""
    title: str = ""
    detail: str = ""
    request_id: str = ""


def failure(answer: Answer, *, renewable: bool = False) -> ServiceError:
    """Return the error for an answer that is no success. `renewable`: the token came from IMS, not from the caller."""
    if 300 <= answer.status < 400:
        return _redirected(answer)
    problem = read(answer)
    kind = _class_for(answer.status, problem.code)
    return kind(
        _message(answer, problem),
        method=answer.method,
        path=answer.path,
        status=answer.status,
        code=problem.code,
        title=problem.title,
        detail=problem.detail,
        request_id=problem.request_id,
        retry_after=retry_after(answer.headers),
        remedy=_PAGE
        if _is_page(answer)
        else remedy_for(kind, problem.code, renewable=renewable),
    )


def read(answer: Answer) -> Problem:
    """Read the body of an error answer, whichever shape it has."""
    body: Any = None
    try:
        body = wire.decode(answer.body)
    except ValueError:
        return _unstructured(answer)
    if not isinstance(body, dict):
        return _unstructured(answer)
    report = body.get("report")
    report = report if isinstance(report, dict) else {}
    texts = (
        report.get("detailed-message"),
        body.get("errorMessage"),
        body.get("detail"),
        body.get("message"),
    )
    details = (*texts, body.get("error_description"))
    return Problem(
        code=_code(answer, body),
        title=shown(body.get("title"), answer.secrets),
        detail=next(
            (
                text
                for text in (shown(each, answer.secrets) for each in details)
                if text
            ),
            "",
        ),
        request_id=token(report.get("request-id"), _REQUEST_ID, answer.secrets)
        or _header_request_id(answer),
    )


def request_id(answer: Answer) -> str:
    """Return the id the service gave the request, for the log: from the header, or from an error body."""
    header = _header_request_id(answer)
    return header if header or answer.fine else read(answer).request_id


def _class_for(status: int, code: str) -> type[ServiceError]:
    if 400 <= status < 500 and _UNAUTHENTICATED.fullmatch(code):
        return NotAuthenticated
    return _CLASSES.get(status, Rejected if 400 <= status < 500 else Unavailable)


def _message(answer: Answer, problem: Problem) -> str:
    text = problem.detail or problem.title or _phrase(answer.status)
    code = f" {problem.code}" if problem.code else ""
    return f"{answer.method} {answer.path} answered {answer.status}{code}: {text.rstrip('. ')}"


def _code(answer: Answer, body: dict[str, Any]) -> str:
    """Find the error code: last segment of a problem type, gateway code, or OAuth error."""
    kind = body.get("type")
    if isinstance(kind, str):
        found = token(kind.rstrip("/").rpartition("/")[2], _CODE, answer.secrets)
        if found:
            return found
    gateway = body.get("error_code")
    if isinstance(gateway, int) and not isinstance(gateway, bool):
        gateway = f"{gateway:d}" if 0 <= gateway < 10**8 else ""
    return token(gateway, _CODE, answer.secrets) or token(
        body.get("error"), _OAUTH_CODE, answer.secrets
    )


def _is_page(answer: Answer) -> bool:
    return answer.status < 500 and answer.body.lstrip()[:1] == b"<"


def _unstructured(answer: Answer) -> Problem:
    """Show a plain text as it is, of an HTML page its title, and of other bodies nothing."""
    text = answer.body.decode("utf-8", "replace")
    if text.lstrip()[:1] in ("{", "[") or "\x00" in text:
        text = ""
    elif text.lstrip()[:1] == "<":
        title = _TITLE.search(text)
        text = f"an HTML page{f', titled {title[1].strip()}' if title else ''}"
    return Problem(
        detail=shown(text, answer.secrets), request_id=_header_request_id(answer)
    )


def _header_request_id(answer: Answer) -> str:
    return token(answer.headers.get("x-request-id"), _REQUEST_ID, answer.secrets)


def _redirected(answer: Answer) -> Rejected:
    return Rejected(
        f"{answer.method} {answer.path} answered {answer.status}, a redirect to {_target_host(answer)};"
        " redirects are never followed",
        method=answer.method,
        path=answer.path,
        status=answer.status,
        request_id=_header_request_id(answer),
        remedy="check the URL: it must be the platform's own, and a login page or a proxy must not stand before it",
    )


def _target_host(answer: Answer) -> str:
    location = answer.headers.get("Location") or ""
    host: str | None = None
    try:
        host = urlsplit(location).hostname
    except ValueError:
        return "an unreadable address"
    if host is None:
        return "another path of the same host"
    # The whole location is looked at: parsing lower-cases the host, which would disguise a secret in it.
    safe = shown(location, answer.secrets, limit=len(location)) == " ".join(
        location.split()
    )
    return (
        token(host, _HOST, answer.secrets)
        if safe and _HOST.fullmatch(host)
        else "another host"
    )


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase.lower()
    except ValueError:
        return "a status that HTTP does not know"
