"""What Salesforce's refusals mean. Codes are those of its documentation; texts it sends are never shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from headwater.errors import (
    CredentialsRefused,
    SourceBug,
    SourceError,
    SourceNotFound,
    SourceNotPermitted,
    SourceThrottled,
    SourceUnavailable,
)

if TYPE_CHECKING:
    from headwater.sources import HttpAnswer

# class, what it means, what to do
Meaning: TypeAlias = tuple[type[SourceError], str, str]

REFUSED = "Salesforce refuses these credentials"
RETIREMENT = (
    "SOAP login retires with Summer '27 (it is absent from API version 65.0 on): "
    "move to OAuth2 Client Credential"
)
_CODE = re.compile(r"[A-Za-z][A-Za-z_]{2,80}")
_ASK_ADMIN = "ask the administrator of the organization for"
_CHECK_APP = "check clientId and clientSecret, and that the app's client credentials flow runs as an active user"
_CHECK_LOGIN = (
    "check username, password and securityToken, and that the user is not locked"
)
_CHECK_SESSION = "check that the app has the scope api, and that sessions are not bound to another address"
_WAIT = "wait, then try again"

LOGIN: dict[str, Meaning] = {
    "invalid_client_id": (CredentialsRefused, REFUSED, _CHECK_APP),
    "invalid_client": (CredentialsRefused, REFUSED, _CHECK_APP),
    "invalid_grant": (
        CredentialsRefused,
        REFUSED,
        f"{_CHECK_APP}, and that it has the scope api",
    ),
    "inactive_user": (
        CredentialsRefused,
        f"{REFUSED}: the user is not active",
        f"{_ASK_ADMIN} an active user",
    ),
    "inactive_org": (
        CredentialsRefused,
        f"{REFUSED}: the organization is not active",
        "check environmentUrl",
    ),
    "unsupported_grant_type": (
        SourceNotPermitted,
        "the app does not offer the client credentials flow",
        f"{_ASK_ADMIN} that flow, and give the organization's own My Domain URL as environmentUrl",
    ),
    "rate_limit_exceeded": (
        SourceThrottled,
        "Salesforce allows no more logins for now",
        _WAIT,
    ),
    "INVALID_LOGIN": (CredentialsRefused, REFUSED, _CHECK_LOGIN),
    "LOGIN_MUST_USE_SECURITY_TOKEN": (
        CredentialsRefused,
        f"{REFUSED}: a security token is needed",
        _CHECK_LOGIN,
    ),
    "PASSWORD_LOCKOUT": (
        CredentialsRefused,
        f"{REFUSED}: the user is locked",
        f"{_ASK_ADMIN} unlocking it",
    ),
    "API_DISABLED_FOR_ORG": (
        SourceNotPermitted,
        "the organization's edition has no API",
        f"{_ASK_ADMIN} API access",
    ),
    "API_CURRENTLY_DISABLED": (
        SourceNotPermitted,
        "the API is disabled for now",
        f"{_ASK_ADMIN} API access",
    ),
    "UNSUPPORTED_API_VERSION": (
        SourceNotPermitted,
        "the organization takes no SOAP login any more",
        RETIREMENT,
    ),
    "INVALID_OPERATION": (
        SourceNotPermitted,
        "the organization takes no SOAP login",
        RETIREMENT,
    ),
    "LOGIN_DURING_RESTRICTED_DOMAIN": (
        SourceNotPermitted,
        "the user may not log in from this address",
        f"{_ASK_ADMIN} a login IP range with this machine in it",
    ),
    "LOGIN_DURING_RESTRICTED_TIME": (
        SourceNotPermitted,
        "the user may not log in at this hour",
        f"{_ASK_ADMIN} other login hours",
    ),
    "ORG_LOCKED": (
        SourceNotPermitted,
        "the organization is locked",
        f"{_ASK_ADMIN} unlocking it",
    ),
    "TRIAL_EXPIRED": (
        SourceNotPermitted,
        "the organization's trial has ended",
        f"{_ASK_ADMIN} a licence",
    ),
    "REQUEST_LIMIT_EXCEEDED": (
        SourceThrottled,
        "the organization's API requests are used up",
        _WAIT,
    ),
    "ORG_IN_MAINTENANCE": (
        SourceUnavailable,
        "the organization is in maintenance",
        "try again later",
    ),
    "SERVER_UNAVAILABLE": (
        SourceUnavailable,
        "Salesforce is not available",
        "try again later",
    ),
}

_NO_ACCESS = (
    SourceNotPermitted,
    "the user may not do this",
    f"{_ASK_ADMIN} the permission API Enabled and read access",
)

DATA: dict[str, Meaning] = {
    "INVALID_SESSION_ID": (
        CredentialsRefused,
        "Salesforce does not accept the session",
        _CHECK_SESSION,
    ),
    "REQUEST_LIMIT_EXCEEDED": LOGIN["REQUEST_LIMIT_EXCEEDED"],
    "API_DISABLED_FOR_ORG": _NO_ACCESS,
    "API_CURRENTLY_DISABLED": _NO_ACCESS,
    "INSUFFICIENT_ACCESS": _NO_ACCESS,
    "INSUFFICIENT_ACCESS_OR_READONLY": _NO_ACCESS,
    "FUNCTIONALITY_NOT_ENABLED": _NO_ACCESS,
    "API_ERROR": (
        SourceNotPermitted,
        "the user may not read this as a whole",
        f"{_ASK_ADMIN} View All Data",
    ),
    "TXN_SECURITY_METERING_ERROR": (
        SourceNotPermitted,
        "a transaction security policy stands in the way",
        f"{_ASK_ADMIN} the permission Exempt from Transaction Security",
    ),
    "NOT_FOUND": (
        SourceNotFound,
        "there is no such object",
        "run `headwater tables` for those there are",
    ),
    "INVALID_TYPE": (
        SourceNotFound,
        "there is no such object, or not for this user",
        "run `headwater tables` for those there are",
    ),
    "UNSUPPORTED_API_VERSION": (
        SourceNotFound,
        "the API version is not offered",
        "leave apiVersion out",
    ),
    "INVALIDENTITY": (
        SourceNotPermitted,
        "the object cannot be queried",
        "read another object",
    ),
    "QUERY_TIMEOUT": (
        SourceUnavailable,
        "the query took too long",
        "try again, with fewer rows",
    ),
    "INVALID_QUERY_LOCATOR": (
        SourceUnavailable,
        "the query's next page is gone",
        "try again",
    ),
    "SERVER_UNAVAILABLE": LOGIN["SERVER_UNAVAILABLE"],
}

# Codes that repeating the request would not change.
_LASTING = frozenset(
    code for code, meaning in DATA.items() if meaning[0] is not SourceUnavailable
)

# What a refusal means whose code is unknown, or that has none: proxies and old servers send pages.
_STATUSES: dict[int, Meaning] = {
    401: (
        CredentialsRefused,
        "does not accept the credentials",
        f"{_CHECK_APP}; or {_CHECK_LOGIN}",
    ),
    403: (SourceNotPermitted, "does not permit this", _NO_ACCESS[2]),
    404: (
        SourceNotFound,
        "has nothing at this path",
        "check environmentUrl and apiVersion",
    ),
    410: (SourceNotFound, "has retired this API version", "leave apiVersion out"),
}


def codes(answer: HttpAnswer) -> list[str]:
    """Return the error codes of a refusal: REST sends an array of objects, OAuth an object, and pages come as HTML."""
    parts = answer.json()
    if not isinstance(parts, list):
        parts = [parts]
    codes = []
    for part in parts:
        if isinstance(part, dict):
            code = part.get("errorCode", part.get("error"))
            if isinstance(code, str) and _CODE.fullmatch(code):
                codes.append(code)
    return codes


def is_final(answer: HttpAnswer) -> bool:
    """Say whether a status that usually passes carries a code that does not."""
    return not _LASTING.isdisjoint(codes(answer))


def refusal(answer: HttpAnswer, meanings: dict[str, Meaning], host: str) -> SourceError:
    """Return the error for an answer other than a success."""
    answer_codes = codes(answer)
    for code in answer_codes:
        if code in meanings:
            return error_for(code, meanings)
    if answer.status in _STATUSES:
        kind, meaning, remedy = _STATUSES[answer.status]
        return kind(f"{host} {meaning} ({answer.status})", remedy=remedy)
    if answer_codes:
        return not_taken(host, answer_codes[0])
    return SourceUnavailable(
        f"{host} answered {answer.status} with nothing that Salesforce documents",
        remedy="check environmentUrl: it must be the organization's own My Domain URL",
    )


def error_for(code: str, meanings: dict[str, Meaning]) -> SourceError:
    """Return the error for a code that is among the meanings."""
    kind, meaning, remedy = meanings[code]
    return kind(f"{meaning} ({code})", remedy=remedy)


def not_taken(host: str, code: str) -> SourceError:
    """Return the error for a code that is in no table here."""
    label = "no code"
    if _CODE.fullmatch(code):
        label = code
    return SourceBug(
        f"{host} does not take the request ({label})", remedy="report it with this code"
    )


def already_refused() -> SourceError:
    """Return the error for credentials that were refused before: they are not sent again, to lock nobody out."""
    return CredentialsRefused(
        f"{REFUSED}; they were not sent again",
        remedy=f"{_CHECK_APP}; or {_CHECK_LOGIN}",
    )


def unusable(host: str, what: str) -> SourceError:
    """Return the error for a success whose body cannot be used; `what` completes "answered"."""
    return SourceUnavailable(
        f"{host} answered {what}",
        remedy="check environmentUrl: a proxy or a login page may stand there; then try again",
    )
