"""A site of Oracle Service Cloud: requests in turn, at its pace, and never a refused password twice."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from headwater.errors import CredentialsRefused, InvalidInput, SourceThrottled
from headwater.sources import SourceHttp, is_loopback
from headwater_oracle_service_cloud import error_codes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headwater import Secret
    from headwater.sources import HttpAnswer, SourceCredentials

CONNECT = "/services/rest/connect/v1.4"
CONTEXT = "Headwater reads tables"  # demanded from v1.4 on; clients keep it within 40 characters
LONGEST_WAIT = 30.0  # seconds the site may ask us to wait before the next request

_NEXT = "osvc-crest-next-request-after"
_MILLISECONDS = re.compile(r"[0-9]{1,9}")


class Site:
    """One site and one account. Basic authentication travels with every request, so a refusal ends all of them."""

    def __init__(
        self, credentials: SourceCredentials, pause: Callable[[float], None]
    ) -> None:
        root = _root(str(credentials.params["host"]))
        self.user = str(credentials.params["username"])
        self._password: Secret = credentials.params["password"]
        self._http = SourceHttp(
            f"{root}{CONNECT}", reach=credentials.reach, pause=pause
        )
        self._pause = pause
        # The access token is a chain: each request carries that of the last answer.
        self._turn = threading.Lock()
        self._chain = ""
        self.wait = 0.0  # seconds before the next request, as the last answer asked
        self._accepted = False
        self._refused = False

    @property
    def host(self) -> str:
        """The host, and its port where that is not the usual one."""
        return self._http.host

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def query(self, query: str) -> HttpAnswer:
        """Return the answer to a ROQL query. Raises `SourceError`."""
        return self.get("/queryResults/", params={"query": query})

    def get(
        self, path: str, *, headers: Mapping[str, str] | None = None, **details: Any
    ) -> HttpAnswer:
        """Return a success; until the credentials have been accepted once, nothing is sent a second time."""
        with self._turn:
            if self._refused:
                raise error_codes.already_refused()
            answer = self._send_in_turn(path, headers or {}, **details)
            if answer.fine:
                self._accepted = True
                return answer
            error = error_codes.refusal(answer, self._http.host)
            self._refused = isinstance(error, CredentialsRefused)
        raise error

    def _send_in_turn(
        self, path: str, headers: Mapping[str, str], **details: Any
    ) -> HttpAnswer:
        """Send until the answer no longer asks for a pause first. Raises `SourceThrottled`."""
        attempts = 4 if self._accepted else 1
        for _attempt in range(attempts):
            self._keep_pace()
            answer = self._send(path, attempts, headers, **details)
            if not _asks_for_pause(answer):
                return answer
        raise _pause_error(self._http.host, self.wait)

    def _send(
        self, path: str, attempts: int, headers: Mapping[str, str], **details: Any
    ) -> HttpAnswer:
        answer = self._http.get(
            path,
            attempts=attempts,
            final=_is_final,
            headers={**self._headers(), **headers},
            auth=(self.user.encode(), self._password.reveal().encode()),
            **details,
        )
        token = answer.headers.get("osvc-crest-api-access-token", "")
        self._chain = token or self._chain
        self.wait = _seconds(answer.headers.get(_NEXT))
        return answer

    def _headers(self) -> dict[str, str]:
        headers = {
            "OSvC-CREST-Application-Context": CONTEXT,
            "OSvC-CREST-Time-UTC": "yes",
        }
        if self._chain:
            headers["osvc-crest-api-access-token"] = self._chain
        return headers

    def _keep_pace(self) -> None:
        if self.wait > LONGEST_WAIT:
            wait, self.wait = self.wait, 0.0
            raise _pause_error(self._http.host, wait)
        if self.wait:
            self._pause(self.wait)


def _root(host: str) -> str:
    """Return the site's root URL; plain HTTP is for this machine only. Raises `InvalidInput`."""
    root = host.strip().rstrip("/")
    if "://" not in root:
        root = f"https://{root}"
    site = _split_site(root)
    if site is None:
        raise InvalidInput(
            "host names a site, and nothing else",
            remedy="give it like acme.custhelp.com",
        )
    if site.scheme == "http" and not is_loopback(site.hostname or ""):
        raise InvalidInput(
            "host must be reached by https: the password travels with every request"
        )
    return root


def _split_site(root: str) -> SplitResult | None:
    """Return the parts of a root URL; None where it names no host, or more than a host and its port."""
    try:
        site = urlsplit(root)
        port = site.port  # one that is not a number shows only here
    except ValueError:
        return None
    names_more = root.partition("://")[2] != site.netloc
    has_blanks = any(character.isspace() for character in root)
    if not site.hostname or port == 0 or names_more or has_blanks:
        return None
    return site


def _is_final(answer: HttpAnswer) -> bool:
    return error_codes.is_final(answer) or _asks_for_pause(answer)


def _asks_for_pause(answer: HttpAnswer) -> bool:
    """Say whether a failure names the time of the next request: then it is that pause which counts, and a new token."""
    return answer.status in (429, 503) and _seconds(answer.headers.get(_NEXT)) > 0


def _pause_error(host: str, wait: float) -> SourceThrottled:
    return SourceThrottled(
        f"{host} asks for a pause of {wait:g} s",
        retry_after=wait,
        remedy="wait, then try again",
    )


def _seconds(header: str | None) -> float:
    """Return the seconds of a header that counts milliseconds; 0 where it does not."""
    milliseconds = (header or "").strip()
    if not _MILLISECONDS.fullmatch(milliseconds):
        return 0.0
    return int(milliseconds) / 1000
