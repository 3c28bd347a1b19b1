"""Requests to one source: bounded, guarded, and repeated only where that can harm nobody."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

import attrs
import tenacity

from headwater.errors import (
    InvalidInput,
    SourceError,
    SourceThrottled,
    SourceUnavailable,
)
from headwater.http.no_answer import NoAnswer, no_answer
from headwater.http.retry_after import retry_after
from headwater.sources.session import guarded_session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    import requests

    from headwater.sources.reach import Reach

TIMEOUTS = (10.0, 60.0)  # seconds to connect, and between two pieces of an answer
LARGEST_ANSWER = (
    64 * 1024 * 1024
)  # bytes, decompressed; the describe of 800 fields has 1 MB
TRANSIENT = frozenset(
    {406, 420, 429, 500, 502, 503, 504}
)  # each seen to go away by itself
LONGEST_PAUSE = 30.0  # seconds; a source that asks for more is not asked again
_PIECE = 65_536  # bytes
_JITTER = 0.1  # seconds

_backoff = tenacity.wait_exponential(multiplier=0.2, max=5.0)


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
        """Return the body as a JSON value, or None where it is none: error pages come as HTML, XML or nothing."""
        try:
            return json.loads(self.body, parse_constant=_refuse)
        except (ValueError, RecursionError):
            return None


Outcome: TypeAlias = HttpAnswer | NoAnswer


class SourceHttp:
    """Requests below one root URL. Follows no redirects, keeps no cookies, leaves ``.netrc`` alone.

    What its errors say is made of the host, the method and rules; never of a query, a header or a body. `pause` waits
    between attempts, for so many seconds.
    """

    def __init__(
        self, root: str, *, reach: Reach, pause: Callable[[float], None] = time.sleep
    ) -> None:
        parts = urlsplit(root)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.username
            or parts.password
        ):
            raise InvalidInput(
                "the source's address must be an http(s) URL with a host and without credentials"
            )
        self.root = root.rstrip("/")
        self.host = parts.netloc
        self._pause = pause
        self._session = guarded_session(reach)

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
        decided = final or _never
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda outcome: _passing(outcome, decided)),
            stop=tenacity.stop_after_attempt(attempts),
            wait=tenacity.wait_combine(
                _asked_or_backoff, tenacity.wait_random(0, _JITTER)
            ),
            sleep=self._pause,
            retry_error_callback=_outcome,
        )
        outcome: Outcome = retrying(self._once, "GET", path, **details)
        return self._settled(outcome, "GET", decided)

    def post(
        self,
        path: str,
        *,
        final: Callable[[HttpAnswer], bool] | None = None,
        **details: Any,
    ) -> HttpAnswer:
        """Send once, as logins must be: a wrong password sent twice can lock its user out. Raises as `get` does."""
        return self._settled(
            self._once("POST", path, **details), "POST", final or _never
        )

    def _once(self, method: str, path: str, **details: Any) -> Outcome:
        url = f"{self.root}/{path.lstrip('/')}"  # never joined: a path that a source sends cannot lead elsewhere
        options: dict[str, Any] = {
            "timeout": TIMEOUTS,
            "allow_redirects": False,
            "stream": True,
        }
        try:
            with self._session.request(method, url, **options, **details) as response:
                return _read(response, self.host)
        except SourceError:  # the guard's; it holds nothing but names
            raise
        except Exception as error:
            return no_answer(error, self.host)

    def _settled(
        self, outcome: Outcome, method: str, final: Callable[[HttpAnswer], bool]
    ) -> HttpAnswer:
        if isinstance(outcome, NoAnswer):
            raise SourceUnavailable(
                f"{outcome.host}: {outcome.what}",
                remedy=outcome.remedy.replace("URL", "host"),
            )
        if outcome.fine or final(outcome):
            return outcome
        if outcome.status == 429:
            raise SourceThrottled(
                f"{self.host} allows no more requests for now (429)",
                retry_after=retry_after(outcome.headers),
                remedy="wait, then try again",
            )
        if outcome.status in TRANSIENT:
            raise SourceUnavailable(
                f"{self.host} answered {method} with {outcome.status}",
                remedy="try again later",
            )
        if 300 <= outcome.status < 400:
            raise SourceUnavailable(
                f"{self.host} redirects ({outcome.status}), which is never followed",
                remedy="give the address the source really has",
            )
        return outcome


def _read(response: requests.Response, host: str) -> Outcome:
    body = bytearray()
    for piece in response.iter_content(_PIECE):
        body += piece
        if len(body) > LARGEST_ANSWER:
            what = f"its answer is larger than {LARGEST_ANSWER // 1024**2} MB"
            return NoAnswer(
                what=what, host=host, sent=True, passing=False, remedy="ask for less"
            )
    return HttpAnswer(
        status=response.status_code, headers=response.headers, body=bytes(body)
    )


def _passing(outcome: Outcome, final: Callable[[HttpAnswer], bool]) -> bool:
    if isinstance(outcome, NoAnswer):
        return outcome.passing
    asked = retry_after(outcome.headers) or 0.0
    return outcome.status in TRANSIENT and asked <= LONGEST_PAUSE and not final(outcome)


def _refuse(_name: str) -> Any:
    """Refuse NaN and the infinities, which Python reads and JSON has not."""
    raise ValueError


def _never(_answer: HttpAnswer) -> bool:
    return False


def _asked_or_backoff(state: tenacity.RetryCallState) -> float:
    outcome = _outcome(state)
    asked = retry_after(outcome.headers) if isinstance(outcome, HttpAnswer) else None
    return _backoff(state) if asked is None else asked


def _outcome(state: tenacity.RetryCallState) -> Outcome:
    assert state.outcome is not None  # tenacity asks only after an attempt
    outcome: Outcome = state.outcome.result()
    return outcome
