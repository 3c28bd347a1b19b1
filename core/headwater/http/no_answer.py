"""The one seam where exceptions of requests, urllib3, ssl and adapters become ours.

What matters is whether the request can have arrived. Only a failure that proves the contrary counts as "not sent".
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import attrs
import urllib3.exceptions as low
from requests import exceptions as high

from headwater.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

# Remedies; {address} is what the caller's users gave: a URL, or a host.
_CHECK = (
    "check the {address}, and that the service is running and can be reached from here"
)
_LATER = "try again; where it happens again, check the network and the service"
_PROXY = "check the address of the proxy and its credentials"

# urllib3 1.26 does not tell it apart
_UNRESOLVED = getattr(low, "NameResolutionError", low.LocationValueError)


@attrs.frozen(kw_only=True)
class NoAnswer:
    """No answer came: `what` happened, with which `host`.

    `sent` is False only when it is proven that nothing of the request was accepted; `passing` says that trying again
    may help.
    """

    what: str
    host: str
    sent: bool
    passing: bool
    remedy: str = ""

    def error(self, *, sent: bool) -> Unreachable:
        """Return the error; `sent` covers all attempts of the request."""
        return Unreachable(
            f"{self.host}: {self.what}", sent=sent, host=self.host, remedy=self.remedy
        )


@attrs.frozen
class _Rule:
    """What an exception of one of these kinds means; `sent` and `passing` as in `NoAnswer`."""

    kinds: tuple[type[BaseException], ...]
    what: str
    sent: bool
    passing: bool
    remedy: str


class _TunnelRefused(Exception):
    """Stands for http.client's plain OSError when a proxy does not open the tunnel: nothing went through it."""


# The first rule that fits any reason holds, so the kinds that prove "not sent" come first.
_RULES = (
    _Rule(
        (ssl.SSLCertVerificationError, ssl.CertificateError),
        "its TLS certificate cannot be verified",
        sent=False,
        passing=False,
        remedy="if a certificate authority of your own signs for it, name its file as ca_bundle",
    ),
    _Rule(
        (high.ProxyError, low.ProxyError, _TunnelRefused),
        "the proxy cannot be used",
        sent=False,
        passing=True,
        remedy=_PROXY,
    ),
    _Rule(
        (_UNRESOLVED,),
        "its name cannot be resolved",
        sent=False,
        passing=False,
        remedy="check the spelling of the host, and the network",
    ),
    _Rule(
        (low.NewConnectionError,),
        "the connection was refused, or the host cannot be reached",
        sent=False,
        passing=True,
        remedy=_CHECK,
    ),
    _Rule(
        (high.ConnectTimeout, low.ConnectTimeoutError),
        "no connection within connect_timeout",
        sent=False,
        passing=True,
        remedy=_CHECK,
    ),
    _Rule(
        (high.InvalidURL, high.InvalidSchema, low.LocationValueError),
        "the URL or the proxy cannot be used",
        sent=False,
        passing=False,
        remedy=f"check the {{address}}; {_PROXY}",
    ),
    _Rule(
        (high.Timeout, low.TimeoutError, TimeoutError),
        "no answer within read_timeout",
        sent=True,
        passing=True,
        remedy="try again, or raise read_timeout",
    ),
    _Rule(
        (high.ContentDecodingError, low.DecodeError),
        "its body cannot be decompressed",
        sent=True,
        passing=False,
        remedy=_LATER,
    ),
    _Rule(
        (high.ChunkedEncodingError, low.IncompleteRead),
        "the connection broke off within the answer",
        sent=True,
        passing=True,
        remedy=_LATER,
    ),
    _Rule(
        (ssl.SSLEOFError, ssl.SSLZeroReturnError),
        "the TLS connection broke off",
        sent=True,
        passing=True,
        remedy=_LATER,
    ),
    _Rule(
        (ssl.SSLError, low.SSLError, high.SSLError),
        "the TLS connection failed",
        sent=True,
        passing=False,
        remedy="check that the port of the {address} speaks TLS",
    ),
    _Rule(
        (high.ConnectionError, low.ProtocolError, ConnectionError),
        "the connection broke off before an answer came",
        sent=True,
        passing=True,
        remedy=_LATER,
    ),
)


def classify_failure(error: Exception, host: str, *, address: str = "URL") -> NoAnswer:
    """Say what an exception means, in names and rules only: its own text may print headers, URLs and bodies.

    `address` is what remedies call that which led to the host: what users gave, a URL or a host.
    """
    rule = _rule_for(error)
    return NoAnswer(
        what=rule.what,
        host=host,
        sent=rule.sent,
        passing=rule.passing,
        remedy=rule.remedy.format(address=address),
    )


def unwritable_request(error: Exception, host: str) -> NoAnswer:
    """Say that a request could not even be written."""
    what = f"the request cannot be written ({type(error).__name__})"
    return NoAnswer(
        what=what, host=host, sent=False, passing=False, remedy="check the URL"
    )


def _rule_for(error: Exception) -> _Rule:
    reasons = tuple(_reasons(error))
    for rule in _RULES:
        if any(isinstance(reason, rule.kinds) for reason in reasons):
            return rule
    return _Rule(
        (Exception,),
        f"sending failed ({type(error).__name__})",
        sent=True,
        passing=False,
        remedy=_LATER,
    )


def _reasons(error: BaseException, depth: int = 6) -> Iterator[BaseException]:
    """Yield the error and what it states as its reason; what it merely was raised after proves nothing."""
    yield error
    if type(error) is OSError and str(error).startswith("Tunnel connection failed"):
        yield _TunnelRefused()
    for reason in (*error.args, getattr(error, "reason", None)):
        if isinstance(reason, BaseException) and depth:
            yield from _reasons(reason, depth - 1)
