"""What Oracle Service Cloud's refusals mean. Codes are those of its documentation (`o:errorCode`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from headwater.errors import (
    CredentialsRefused,
    SourceBug,
    SourceError,
    SourceNotFound,
    SourceNotPermitted,
    SourceUnavailable,
)

if TYPE_CHECKING:
    from headwater.sources import HttpAnswer

_CODE = re.compile(r"OSC-CREST-[0-9]{5}")

REFUSED = "Oracle Service Cloud refuses these credentials"
# A site answers 401 as well where the account's profile lacks the permission.
_ASK_CREDENTIALS = (
    "check username and password, that the staff account is not locked or expired, and that its profile permits the "
    "public API (REST)"
)


class QueryRefused(SourceBug):
    """A query that the site does not take, as for a name it does not know: documented as an invalid query parameter."""


# code -> (class, what it means, what to do)
_MEANINGS: dict[str, tuple[type[SourceError], str, str]] = {
    "OSC-CREST-00005": (
        SourceNotPermitted,
        "does not let this resource be read",
        "ask the administrator for read access in the account's profile, or read another table",
    ),
    "OSC-CREST-00007": (
        QueryRefused,
        "does not take the query",
        "report it with this code",
    ),
    "OSC-CREST-00008": (
        SourceUnavailable,
        "reports an internal error",
        "try again later",
    ),
    "OSC-CREST-00013": (
        SourceNotFound,
        "does not know this resource, or a property of it",
        "run `headwater tables` for those it has",
    ),
    "OSC-CREST-00014": (
        SourceNotPermitted,
        "does not authorise this account for the site",
        "ask the administrator for a profile with access to this interface",
    ),
    "OSC-CREST-00015": (
        SourceNotPermitted,
        "has no REST API enabled for this account",
        "ask the administrator to enable the public API (REST) in the account's profile",
    ),
    "OSC-CREST-00028": (
        SourceNotPermitted,
        "does not permit this account to read this",
        "ask the administrator for read access in the account's profile",
    ),
    "OSC-CREST-00003": (
        SourceBug,
        "does not offer version 1.4 of its REST API",
        "ask for an upgrade of the site",
    ),
}


def code_of(answer: HttpAnswer) -> str:
    """Return the documented error code of a refusal, or an empty string: bodies also come as HTML or not at all."""
    code = answer.member("o:errorCode")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        return ""
    return code


def is_final(answer: HttpAnswer) -> bool:
    """Say whether an answer of 500 will not pass by itself: every documented code but that of an internal error."""
    return code_of(answer) not in ("", "OSC-CREST-00008")


def refusal(answer: HttpAnswer, host: str) -> SourceError:
    """Return the error for an answer other than a success."""
    code = code_of(answer)
    if answer.status == 401:
        return CredentialsRefused(REFUSED, remedy=_ASK_CREDENTIALS)
    if code in _MEANINGS:
        kind, meaning, remedy = _MEANINGS[code]
        return kind(f"{host} {meaning} ({code})", remedy=remedy)
    if answer.status == 403:
        return SourceNotPermitted(
            f"{host} does not permit this (403)",
            remedy="ask the administrator for the public API permission and read access in the account's profile",
        )
    if answer.status == 404:
        return SourceNotFound(
            f"{host} has nothing at this path (404)",
            remedy="check host: it names a site interface",
        )
    status = str(answer.status)
    if code:
        status = f"{status} ({code})"
    return SourceBug(
        f"{host} does not take the request: {status}", remedy="report it with this code"
    )


def already_refused() -> SourceError:
    """Return the error for credentials that were refused before: they are not sent again, to lock nobody out."""
    return CredentialsRefused(
        f"{REFUSED}; they were not sent again", remedy=_ASK_CREDENTIALS
    )
