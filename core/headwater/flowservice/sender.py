"""One `requests` Session and how it is used: verified TLS, timeouts always, no redirects, no cookies, no netrc."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote, urlsplit

import attrs
import requests

from headwater.errors import HeadwaterError
from headwater.flowservice.adapters import adapter_for
from headwater.flowservice.answer import Answer
from headwater.flowservice.error_answers import request_id
from headwater.foreign import raise_bare, shows
from headwater.http.authorities import check_bundle, check_environment_bundle
from headwater.http.bodies import NotDecompressible, read_body
from headwater.http.exchanges import LARGEST_ANSWER, open_exchange
from headwater.http.hosts import host_of, is_local, scheme_of
from headwater.http.no_answer import (
    NoAnswer,
    broken_answer,
    classify_failure,
    unwritable_request,
)
from headwater.http.session import open_session
from headwater.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from requests.auth import AuthBase

    from headwater.flowservice.endpoint import Endpoint

LARGEST_REFUSAL = 1024 * 1024  # bytes; those of the service have some hundred

logger = logging.getLogger("headwater.flowservice")


@attrs.frozen(kw_only=True)
class OutgoingRequest:
    """One request to write; `path` is what messages and the log call it, `query` never appears in either.

    `changes` says that it changes something where it is carried out; `largest` is how many bytes its answer may have.
    """

    method: str
    path: str
    query: str = attrs.field(default="", repr=False)
    body: bytes | BinaryIO | None = attrs.field(default=None, repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    auth: AuthBase | None = attrs.field(default=None, repr=False)
    secrets: tuple[Secret, ...] = attrs.field(default=(), repr=False)
    changes: bool = False
    largest: int = LARGEST_ANSWER


class Sender:
    """Sends to the hosts of one endpoint and returns an answer or the knowledge why there is none; never retries.

    Proxy and certificate settings of the environment are read once, here, and not at all for this machine. After that
    the session is not changed any more (cookies are refused), and urllib3's pools take care of themselves: any number
    of threads may send at once.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._timeout = (endpoint.connect_timeout, endpoint.read_timeout)
        self._session = open_session()
        roots = {endpoint.url}
        if endpoint.access_token is None:
            roots.add(endpoint.ims_url)
        self._settings = {
            root: _settings(self._session, root, endpoint) for root in roots
        }
        _check_bundles(endpoint.ca_bundle, self._settings.values())
        # So that netrc never takes the place of our Authorization.
        self._session.trust_env = False
        for scheme in {scheme_of(root) for root in roots} - {"http", "https"}:
            self._session.mount(f"{scheme}://", adapter_for(scheme))
        self._proxy_secrets = _proxy_secrets(self._settings.values())

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def send(
        self, root: str, base: str, outgoing: OutgoingRequest
    ) -> Answer | NoAnswer:
        """Send once to ``root + base + path``."""
        started = time.perf_counter()
        outgoing = attrs.evolve(
            outgoing, secrets=outgoing.secrets + self._proxy_secrets
        )
        outcome = self._exchange(root, f"{root}{base}{outgoing.path}", outgoing)
        if logger.isEnabledFor(logging.INFO):
            _log(outgoing, outcome, 1000 * (time.perf_counter() - started))
        return outcome

    def _exchange(
        self, root: str, url: str, outgoing: OutgoingRequest
    ) -> Answer | NoAnswer:
        host = host_of(root)
        if outgoing.query:
            url = f"{url}?{outgoing.query}"
        request = requests.Request(
            outgoing.method,
            url,
            headers=dict(outgoing.headers),
            data=outgoing.body,
            auth=outgoing.auth,
        )
        try:
            prepared = self._session.prepare_request(request)
        except Exception as error:
            return unwritable_request(error, host)
        with open_exchange(self._timeout, largest=outgoing.largest) as exchange:
            try:
                response = self._session.send(
                    prepared,
                    timeout=self._timeout,
                    allow_redirects=False,
                    **self._settings[root],
                )
            except HeadwaterError as error:
                return _pass_on(error, outgoing, host)
            except Exception as error:
                return classify_failure(error, host, exchange=exchange)
            return _read(response, outgoing, host)


def _read(
    response: requests.Response, outgoing: OutgoingRequest, host: str
) -> Answer | NoAnswer:
    """Read the body to the end. Where it breaks off or is too large, an error status still tells what happened."""
    body, flaw = b"", ""
    largest = outgoing.largest
    if response.status_code >= 300:
        largest = LARGEST_REFUSAL
    try:
        body = read_body(response, largest=largest)
    except Exception as error:
        broken = broken_answer(error, host)
        unreadable = isinstance(error, NotDecompressible)
        if response.status_code < 300 and not unreadable:
            return broken
        flaw = broken.what
    finally:
        response.close()
    return Answer(
        method=outgoing.method,
        path=outgoing.path,
        status=response.status_code,
        headers=response.headers,
        body=body,
        secrets=outgoing.secrets,
        flaw=flaw,
        changes=outgoing.changes,
    )


def _pass_on(error: HeadwaterError, outgoing: OutgoingRequest, host: str) -> NoAnswer:
    """Let an adapter's own error through, without what it chains, if its text is harmless; else keep only its class."""
    if not shows(error, outgoing.secrets):
        raise_bare(error.with_traceback(None))  # its frames hold the request
    return classify_failure(error, host)


def _settings(
    session: requests.Session, root: str, endpoint: Endpoint
) -> Mapping[str, Any]:
    """Return proxies and certificates for one host; the endpoint's own come before those of the environment."""
    verify = endpoint.ca_bundle or True
    if is_local(root):
        return {"proxies": {}, "verify": verify, "stream": True, "cert": None}
    proxies = {}
    if endpoint.proxy:
        proxies = {"http": endpoint.proxy, "https": endpoint.proxy}
    return session.merge_environment_settings(root, proxies, True, verify, None)


def _check_bundles(
    ca_bundle: str | None, settings: Iterable[Mapping[str, Any]]
) -> None:
    """Tell a wrong certificate bundle now and by the name of its setting, not at the first request.

    A given one is loaded. One of the environment is usually the system's, large and good: that it exists must do.
    """
    if ca_bundle is not None:
        check_bundle(ca_bundle)
    for setting in settings:
        bundle = setting["verify"]
        if bundle is not True:
            check_environment_bundle(bundle)


def _proxy_secrets(settings: Iterable[Mapping[str, Any]]) -> tuple[Secret, ...]:
    secrets = set()
    for setting in settings:
        for proxy in setting["proxies"].values():
            password = _password_of(proxy)
            if password:
                secrets |= {Secret(password), Secret(unquote(password))}
    return tuple(secrets)


def _password_of(proxy: Any) -> str | None:
    if not isinstance(proxy, str) or "@" not in proxy:
        return None
    return urlsplit(proxy).password


def _log(
    outgoing: OutgoingRequest, outcome: Answer | NoAnswer, milliseconds: float
) -> None:
    if isinstance(outcome, NoAnswer):
        logger.info(
            "%s %s: %s (%.0f ms)",
            outgoing.method,
            outgoing.path,
            outcome.what,
            milliseconds,
        )
    else:
        logger.info(
            "%s %s %d %.0f ms %s",
            outgoing.method,
            outgoing.path,
            outcome.status,
            milliseconds,
            request_id(outcome),
        )
