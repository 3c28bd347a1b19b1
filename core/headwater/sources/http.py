"""Requests to one source: bounded, guarded, and repeated only where that can harm nobody."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

import attrs

from headwater.errors import (
    InvalidInput,
    SourceError,
    SourceThrottled,
    SourceUnavailable,
)
from headwater.foreign import raise_bare
from headwater.http.authorities import find_bundle
from headwater.http.bodies import read_body
from headwater.http.exchanges import open_exchange
from headwater.http.json_body import decode_json, get_member
from headwater.http.no_answer import NoAnswer, classify_failure
from headwater.http.retry_after import retry_after
from headwater.http.retry_policy import retry_policy
from headwater.secret import Unshown
from headwater.sources.session import open_guarded_session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    import requests

    from headwater.sources.reach import Reach

TIMEOUTS = (10.0, 60.0)  # seconds to connect, and between two pieces of an answer
# Each has been seen to go away by itself.
TRANSIENT = frozenset({406, 420, 429, 500, 502, 503, 504})
LONGEST_PAUSE = 30.0  # seconds; a source that asks for more is not asked again
_FIRST_PAUSE = 0.2  # seconds


@attrs.frozen(kw_only=True)
class HttpAnswer:
    """One answer, its body read to the end."""

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)

    @property
    def fine(self) -> bool:
        """Whether the status says success."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Return the JSON value of the body, or None where it is not JSON: pages of proxies are HTML, XML or empty."""
        try:
            return decode_json(self.body)
        except ValueError:
            return None

    def member(self, name: str) -> Any:
        """Return a member of the JSON object in the body; None where there is none, or where the body is another."""
        return get_member(self.json(), name)


Outcome: TypeAlias = HttpAnswer | NoAnswer


class SourceHttp:
    """Requests below one root URL. Follows no redirects, keeps no cookies, leaves ``.netrc`` alone.

    What its errors say is made of the host, the method and rules; never of a query, a header or a body. `pause` waits
    between attempts, for so many seconds. Raises `InvalidInput` for a root that cannot be used; a bundle of certificate
    authorities that cannot is told when something is first asked for.
    """

    def __init__(
        self, root: str, *, reach: Reach, pause: Callable[[float], None] = time.sleep
    ) -> None:
        parts = urlsplit(root)
        is_http = parts.scheme in ("http", "https")
        has_credentials = bool(parts.username or parts.password)
        if not is_http or not parts.hostname or has_credentials:
            raise InvalidInput(
                "the source's address must be an http(s) URL with a host and without credentials"
            )
        self.root = root.rstrip("/")
        self.host = parts.netloc
        self._pause = pause
        self._reach = reach
        self._session = open_guarded_session(reach)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def get(
        self,
        path: str,
        *,
        attempts: int = 4,
        final: Callable[[HttpAnswer], bool] | None = None,
        **details: Any,
    ) -> HttpAnswer:
        """Return an answer that is a success, or a refusal the caller must class. `details` are those of requests.

        Failures that may pass are repeated, `attempts` in all, unless `final` says that this answer is the last word.
        Use one attempt where the request carries credentials that the source has not accepted yet. Raises
        `SourceThrottled` or `SourceUnavailable`.
        """
        is_final = final or _is_never_final
        policy = retry_policy(
            lambda outcome: _may_pass(outcome, is_final),
            attempts=attempts,
            first_pause=_FIRST_PAUSE,
            longest_pause=LONGEST_PAUSE,
            sleep=self._pause,
        )
        details = Unshown(details)
        outcome: Outcome = policy(self._send, "GET", path, details)
        return self._require_answer("GET", outcome, is_final)

    def post(
        self,
        path: str,
        *,
        final: Callable[[HttpAnswer], bool] | None = None,
        **details: Any,
    ) -> HttpAnswer:
        """Send once, as logins must be: a wrong password sent twice can lock its user out. Raises as `get` does."""
        details = Unshown(details)
        outcome = self._send("POST", path, details)
        return self._require_answer("POST", outcome, final or _is_never_final)

    @functools.cached_property
    def _verify(self) -> str | bool:
        """What TLS is verified with. Given with each request: of a session's, requests prefers the environment's."""
        return find_bundle(self._reach.ca_bundle) or True

    def _send(self, method: str, path: str, details: Mapping[str, Any]) -> Outcome:
        # Never joined as URLs are: a path that a source sends cannot lead elsewhere.
        url = f"{self.root}/{path.lstrip('/')}"
        options: dict[str, Any] = {
            "timeout": TIMEOUTS,
            "allow_redirects": False,
            "stream": True,
            "verify": self._verify,
        }
        with open_exchange(TIMEOUTS) as exchange:
            try:
                with self._session.request(
                    method, url, **options, **details
                ) as response:
                    return _read(response)
            except SourceError as error:  # the guard's; it contains nothing but names
                raise_bare(error.with_traceback(None))  # the frames it came through do
            except Exception as error:
                return classify_failure(
                    error,
                    self.host,
                    address="host",
                    authorities=self._reach.authorities_setting,
                    exchange=exchange,
                )

    def _require_answer(
        self, method: str, outcome: Outcome, is_final: Callable[[HttpAnswer], bool]
    ) -> HttpAnswer:
        if isinstance(outcome, NoAnswer):
            raise SourceUnavailable(
                f"{outcome.host}: {outcome.what}", remedy=outcome.remedy
            )
        if not outcome.fine and not is_final(outcome):
            self._check_status(method, outcome)
        return outcome

    def _check_status(self, method: str, answer: HttpAnswer) -> None:
        """Refuse an answer whose status says that the source did not look at the request."""
        if answer.status == 429:
            raise SourceThrottled(
                f"{self.host} allows no more requests for now (429)",
                retry_after=retry_after(answer.headers),
                remedy="wait, then try again",
            )
        if answer.status in TRANSIENT:
            raise SourceUnavailable(
                f"{self.host} answered {method} with {answer.status}",
                remedy="try again later",
            )
        if 300 <= answer.status < 400:
            raise SourceUnavailable(
                f"{self.host} redirects ({answer.status}), which is never followed",
                remedy="give the address the source really has",
            )


def _read(response: requests.Response) -> HttpAnswer:
    return HttpAnswer(
        status=response.status_code, headers=response.headers, body=read_body(response)
    )


def _may_pass(outcome: Outcome, is_final: Callable[[HttpAnswer], bool]) -> bool:
    """Say whether sending again may help, within a pause that is not too long to wait."""
    if isinstance(outcome, NoAnswer):
        return outcome.passing
    if outcome.status not in TRANSIENT or is_final(outcome):
        return False
    asked = retry_after(outcome.headers) or 0.0
    return asked <= LONGEST_PAUSE


def _is_never_final(_answer: HttpAnswer) -> bool:
    return False
