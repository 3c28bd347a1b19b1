"""Who we are: a given access token, or one fetched from IMS (OAuth server-to-server), kept in memory and renewed."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

import attrs
from requests.auth import AuthBase

from headwater.errors import NotAuthenticated, NotFound, Unavailable, Unreachable
from headwater.flowservice.error_answers import service_error
from headwater.flowservice.remedies import remedy_for
from headwater.flowservice.sender import OutgoingRequest
from headwater.http.hosts import host_of
from headwater.http.json_body import decode_json, get_member
from headwater.http.no_answer import NoAnswer
from headwater.secret import Secret, reveal_all

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from headwater.errors import ServiceError
    from headwater.flowservice.answer import Answer
    from headwater.flowservice.endpoint import Endpoint
    from headwater.flowservice.retries import Outcome

PATH = "/ims/token/v3"
SCOPE = (
    "openid,AdobeID,read_organizations,additional_info.projectedProductContext,session"
)
DEFAULT_LIFETIME = 3600.0  # seconds, where the answer names none
LONGEST_LIFETIME = 172_800.0  # seconds; a larger number is milliseconds, as the retired JWT exchange gave
MOST_MILLISECONDS = 1e12  # beyond any lifetime somebody could mean
LARGEST_GRANT = 1024 * 1024  # bytes; a token has some 2 kB
MARGIN = 300.0  # seconds before its end that a token is renewed, but never more than a tenth of its life

_WRONG_PLACE = "check ims_url: it must be the root of the identity service"
_VISIBLE = re.compile(r"[!-~]+")


class Bearer(AuthBase):
    """Put an access token on a request: the only place where it is revealed."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return r


class TokenSource(Protocol):
    """Where access tokens come from."""

    renewable: bool

    def token(self) -> Secret:
        """Return a token to send now."""

    def renew(self, stale: Secret) -> Secret | None:
        """Return another token than the one the service refused, or None where there is no other."""


class GivenToken:
    """An access token from the caller: sent as it is, and not renewed."""

    renewable = False

    def __init__(self, token: Secret) -> None:
        self._token = token

    def token(self) -> Secret:
        """Return the token."""
        return self._token

    def renew(self, stale: Secret) -> Secret | None:  # noqa: ARG002 - the protocol's signature
        """Return None: only the caller can get another one."""
        return None


@attrs.frozen
class _Current:
    token: Secret
    renew_at: float


class FetchedToken:
    """A token from IMS. One thread fetches while the others wait for the same answer.

    `send` carries one request to IMS, with its retries; `clock` counts seconds.
    """

    renewable = True

    def __init__(
        self,
        endpoint: Endpoint,
        send: Callable[[OutgoingRequest], Outcome],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint
        self._send = send
        self._clock = clock
        self._lock = threading.Lock()
        self._current: _Current | None = None

    def token(self) -> Secret:
        """Return the current token, fetched when there is none or its end is near.

        Raises `NotAuthenticated`, `Rejected`, `Unavailable` or `Unreachable`, naming the IMS host.
        """
        current = self._get_fresh()
        if current is None:
            with self._lock:
                current = self._get_fresh() or self._fetch()
        return current.token

    def renew(self, stale: Secret) -> Secret | None:
        """Return a token fetched after the stale one, by this thread or by another. Raises as `token` does."""
        with self._lock:
            current = self._current
            if current is None or current.token == stale:
                current = self._fetch()
        if current.token == stale:
            return None
        return current.token

    def _get_fresh(self) -> _Current | None:
        current = self._current
        if current is None or self._clock() >= current.renew_at:
            return None
        return current

    def _fetch(self) -> _Current:
        asked_at = self._clock()
        outcome = self._send(self._request())
        host = host_of(self._endpoint.ims_url)
        if isinstance(outcome, NoAnswer):
            # Whatever became of the token request: the request it was for has not been sent.
            raise Unreachable(
                f"IMS at {host}: {outcome.what}",
                sent=False,
                host=host,
                remedy=outcome.remedy,
            )
        if not outcome.fine:
            raise _refusal(outcome, host)
        token, lifetime = _read_grant(outcome, host)
        margin = min(MARGIN, lifetime / 10)
        self._current = _Current(token, asked_at + lifetime - margin)
        return self._current

    def _request(self) -> OutgoingRequest:
        secret = self._endpoint.client_secret
        assert secret is not None  # the endpoint demands it where it has no token
        form: dict[str, Any] = {
            "grant_type": "client_credentials",
            "client_id": self._endpoint.client_id,
            "client_secret": secret,
            "scope": SCOPE,
        }
        return OutgoingRequest(
            method="POST",
            path=PATH,
            body=urlencode(reveal_all(form)).encode("ascii"),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            secrets=(secret,),
            largest=LARGEST_GRANT,
        )


def tokens_for(
    endpoint: Endpoint, send: Callable[[OutgoingRequest], Outcome]
) -> TokenSource:
    """Return the caller's token where there is one, and otherwise what fetches one."""
    if endpoint.access_token is None:
        return FetchedToken(endpoint, send)
    return GivenToken(endpoint.access_token)


def _read_grant(answer: Answer, host: str) -> tuple[Secret, float]:
    """Read token and lifetime in seconds; the body is never shown, for it contains the token."""
    grant = _decode_grant(answer)
    if grant is None:
        raise Unavailable(
            f"IMS at {host} answered {answer.status}, but its body contains no usable access_token",
            method=answer.method,
            path=answer.path,
            status=answer.status,
            remedy=_WRONG_PLACE,
        )
    return grant


def _decode_grant(answer: Answer) -> tuple[Secret, float] | None:
    """Return token and lifetime, or None where there is no usable token. Raises nothing: its locals show the token."""
    body: Any = None
    with contextlib.suppress(ValueError):
        body = decode_json(answer.body)
    token = get_member(body, "access_token")
    if not isinstance(token, str) or not _VISIBLE.fullmatch(token):
        return None
    return Secret(token), _lifetime(get_member(body, "expires_in"))


def _lifetime(expires_in: Any) -> float:
    """Return the seconds a token lives, whatever the answer says of it."""
    is_number = isinstance(expires_in, (int, float))
    if not is_number or isinstance(expires_in, bool):
        return DEFAULT_LIFETIME
    if not 0 <= expires_in < MOST_MILLISECONDS:
        return DEFAULT_LIFETIME
    if expires_in > LONGEST_LIFETIME:
        return float(expires_in / 1000)
    return float(expires_in)


def _refusal(answer: Answer, host: str) -> ServiceError:
    error = service_error(answer, renewable=True)
    kind = type(error)
    if answer.status in (400, 401, 403):
        kind = NotAuthenticated
    remedy = remedy_for(kind, error.code, renewable=True)
    if isinstance(error, NotFound):
        remedy = _WRONG_PLACE
    return kind(
        f"IMS at {host}: {error.message}",
        method=error.method,
        path=error.path,
        status=error.status,
        code=error.code,
        title=error.title,
        detail=error.detail,
        request_id=error.request_id,
        retry_after=error.retry_after,
        remedy=remedy,
    )
