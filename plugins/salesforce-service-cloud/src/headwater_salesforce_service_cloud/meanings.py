"""What Salesforce's refusals mean. Codes are those of its documentation; texts it sends are never shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from headwater.errors import (
    CredentialsRefused,
    SourceBug,
    SourceError,
    SourceNotFound,
    SourceNotPermitted,
    SourceThrottled,
    SourceUnavailable,
)
from headwater_salesforce_service_cloud import soap

if TYPE_CHECKING:
    from collections.abc import Iterable

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

_NOT_APPROVED: Meaning = (
    SourceNotPermitted,
    "the user is not approved for the app",
    f"{_ASK_ADMIN} it: a profile or permission set of the user among those the app's policies permit",
)
_OWN_ERROR: Meaning = (
    SourceUnavailable,
    "Salesforce met an error of its own",
    "try again later",
)
_EXPIRED_PASSWORD: Meaning = (
    CredentialsRefused,
    f"{REFUSED}: the password has expired",
    "set a new one in Salesforce, then give it here with the new security token",
)
_CHALLENGED: Meaning = (
    CredentialsRefused,
    f"{REFUSED}: Salesforce wants the user to confirm who it is",
    f"{_ASK_ADMIN} a login IP range with this machine in it, or move to OAuth2 Client Credential",
)

LOGIN: dict[str, Meaning] = {
    "invalid_client_id": (CredentialsRefused, REFUSED, _CHECK_APP),
    "invalid_client": (CredentialsRefused, REFUSED, _CHECK_APP),
    "invalid_grant": (
        CredentialsRefused,
        REFUSED,
        f"{_CHECK_APP}, that it has the scope api, and that environmentUrl is the organization's own My Domain URL",
    ),
    "invalid_client_credentials": (CredentialsRefused, REFUSED, _CHECK_APP),
    "invalid_app_access": _NOT_APPROVED,
    "OAUTH_APP_ACCESS_DENIED": _NOT_APPROVED,
    "invalid_scope": (
        SourceNotPermitted,
        "the app has no scope that reads data",
        f"{_ASK_ADMIN} the scope api for the app",
    ),
    "server_error": _OWN_ERROR,
    "temporarily_unavailable": _OWN_ERROR,
    "unknown_error": _OWN_ERROR,
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
    "LOGIN_CHALLENGE_ISSUED": _CHALLENGED,
    "LOGIN_CHALLENGE_PENDING": _CHALLENGED,
    "INVALID_OPERATION_WITH_EXPIRED_PASSWORD": _EXPIRED_PASSWORD,
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
    "UNKNOWN_EXCEPTION": _OWN_ERROR,
}

_NO_ACCESS: Meaning = (
    SourceNotPermitted,
    "the user may not do this",
    f"{_ASK_ADMIN} the permission API Enabled and read access",
)
# Our queries are all of one form, columns and at most an order and a number of rows: it is the object that refuses it.
_NO_PLAIN_QUERY: Meaning = (
    SourceNotPermitted,
    "Salesforce answers no plain query of this object",
    "read the objects it belongs to; where it is an ordinary object, report it with this code",
)
_TOO_LONG: Meaning = (
    SourceUnavailable,
    "the query took too long",
    "try again, with fewer rows",
)

DATA: dict[str, Meaning] = {
    "INVALID_SESSION_ID": (
        CredentialsRefused,
        "Salesforce does not accept the session",
        _CHECK_SESSION,
    ),
    "INVALID_OPERATION_WITH_EXPIRED_PASSWORD": _EXPIRED_PASSWORD,
    "REQUEST_LIMIT_EXCEEDED": LOGIN["REQUEST_LIMIT_EXCEEDED"],
    "LIMIT_EXCEEDED": (
        SourceThrottled,
        "an allowance of the organization is used up",
        _WAIT,
    ),
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
    "INVALID_FIELD": (
        SourceNotFound,
        "a field was hidden or removed since the object was described",
        "run `headwater columns` again for those there are now",
    ),
    "QUERY_TOO_COMPLICATED": (
        SourceNotPermitted,
        "the query is too complicated for Salesforce",
        "read fewer columns: formulas count most; let the integration user see fewer of them",
    ),
    "OPERATION_TOO_LARGE": (
        SourceNotPermitted,
        "the object is too large for this user to read it as a whole",
        f"{_ASK_ADMIN} View All Data, or read another object",
    ),
    "MALFORMED_QUERY": _NO_PLAIN_QUERY,
    "INVALID_TYPE_FOR_OPERATION": _NO_PLAIN_QUERY,
    "BIG_OBJECT_UNSUPPORTED_OPERATION": _NO_PLAIN_QUERY,
    "INVALIDENTITY": (
        SourceNotPermitted,
        "the object cannot be queried",
        "read another object",
    ),
    "QUERY_TIMEOUT": _TOO_LONG,
    "REQUEST_RUNNING_TOO_LONG": _TOO_LONG,
    "INVALID_QUERY_LOCATOR": (
        SourceUnavailable,
        "the query's next page is gone",
        "try again",
    ),
    "SERVER_UNAVAILABLE": LOGIN["SERVER_UNAVAILABLE"],
    "UNKNOWN_EXCEPTION": _OWN_ERROR,
}
_EXTERNAL_OBJECT = "EXTERNAL_OBJECT_"
_EXTERNAL: Meaning = (
    SourceNotPermitted,
    "the external system behind the object does not answer this query",
    f"{_ASK_ADMIN} access to the external data source, or read another object",
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
    414: (SourceBug, "takes no request as long as this", "report it"),
    431: (SourceBug, "takes no request as long as this", "report it"),
}


def codes(answer: HttpAnswer) -> list[str]:
    """Return the error codes of a refusal; none where it has none.

    REST sends an array of objects, OAuth an object, SOAP and old interfaces XML; pages of HTML have no code.
    """
    body = answer.json()
    if body is None:
        return _well_formed([soap.read_error_code(answer.body)])
    parts = body if isinstance(body, list) else [body]
    return _well_formed(
        part.get("errorCode", part.get("error"))
        for part in parts
        if isinstance(part, dict)
    )


def _well_formed(codes: Iterable[Any]) -> list[str]:
    return [code for code in codes if isinstance(code, str) and _CODE.fullmatch(code)]


def is_final(answer: HttpAnswer) -> bool:
    """Say whether a status that usually passes carries a code that does not."""
    known = [_find_meaning(code, DATA) for code in codes(answer)]
    return any(meaning and meaning[0] is not SourceUnavailable for meaning in known)


def refusal(answer: HttpAnswer, meanings: dict[str, Meaning], host: str) -> SourceError:
    """Return the error for an answer other than a success."""
    answer_codes = codes(answer)
    for code in answer_codes:
        error = find_error(code, meanings)
        if error is not None:
            return error
    if answer.status in _STATUSES:
        kind, meaning, remedy = _STATUSES[answer.status]
        return kind(f"{host} {meaning} ({answer.status})", remedy=remedy)
    if answer_codes:
        return not_taken(host, answer_codes[0])
    return SourceUnavailable(
        f"{host} answered {answer.status} with nothing that Salesforce documents",
        remedy="check environmentUrl: it must be the organization's own My Domain URL",
    )


def find_error(code: str, meanings: dict[str, Meaning]) -> SourceError | None:
    """Return the error for a code, or None where it is not among the meanings."""
    meaning = _find_meaning(code, meanings)
    if meaning is None:
        return None
    kind, what, remedy = meaning
    return kind(f"{what} ({code})", remedy=remedy)


def _find_meaning(code: str, meanings: dict[str, Meaning]) -> Meaning | None:
    if code.startswith(_EXTERNAL_OBJECT):
        return _EXTERNAL
    return meanings.get(code)


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
