"""The one seam where exceptions of requests, urllib3, ssl and adapters become ours.

What matters is whether the request can have arrived. Only a failure that proves the contrary counts as "not sent":
before a byte of the request can have left. Our own connections know when that was (`exchanges`); of connections that
are not ours, only exceptions that cannot come later are believed. A `ProxyError` alone is not one: urllib3 raises it
for a reset after the request has gone through, too.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import attrs
import urllib3.exceptions as low
from requests import exceptions as high

from headwater.errors import Unreachable
from headwater.http.bodies import NotDecompressible
from headwater.http.exchanges import OverLimit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from headwater.http.exchanges import Exchange

# Remedies; {address} is what the caller's users gave, a URL or a host, and {authorities} where they name a
# certificate authority of their own.
_CHECK = (
    "check the {address}, and that the service is running and can be reached from here"
)
_LATER = "try again; where it happens again, check the network and the service"
_PROXY = "check the address of the proxy and its credentials"
_AUTHORITIES = "as ca_bundle"

# urllib3 1.26 does not tell it apart
_UNRESOLVED = getattr(low, "NameResolutionError", low.LocationValueError)
_UNCONNECTED = (low.NewConnectionError, low.ConnectTimeoutError, _UNRESOLVED)


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


class _ProxyUnusable(Exception):
    """Stands for what proves that nothing went through a proxy: it refuses the tunnel, or cannot be reached."""


_TIMED_OUT = _Rule(
    (high.Timeout, low.TimeoutError, TimeoutError),
    "no answer within read_timeout",
    sent=True,
    passing=True,
    remedy="try again, or raise read_timeout",
)
_BROKEN_OFF = _Rule(
    (high.ConnectionError, low.ProtocolError, ConnectionError),
    "the connection broke off before an answer came",
    sent=True,
    passing=True,
    remedy=_LATER,
)

# The first rule that fits any reason holds, so the kinds that prove "not sent" come first.
_RULES = (
    _Rule(
        (ssl.SSLCertVerificationError, ssl.CertificateError),
        "its TLS certificate cannot be verified",
        sent=False,
        passing=False,
        remedy="if a certificate authority of your own signs for it, name its file {authorities}",
    ),
    _Rule(
        (_ProxyUnusable,),
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
    _TIMED_OUT,
    _Rule(
        (high.ContentDecodingError, low.DecodeError, NotDecompressible),
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
    _BROKEN_OFF,
)
# The same for connections of ours, which know themselves whether a byte of the request may have left.
_SENT = tuple(rule for rule in _RULES if rule.sent)
_UNSENT = (
    *(rule for rule in _RULES if not rule.sent),
    attrs.evolve(
        _BROKEN_OFF,
        kinds=(high.ProxyError, low.ProxyError),
        what="the proxy cannot be used",
        remedy=_PROXY,
    ),
    attrs.evolve(
        _TIMED_OUT, what="no connection within connect_timeout", remedy=_CHECK
    ),
    *(rule for rule in _SENT if rule not in (_TIMED_OUT, _BROKEN_OFF)),
    attrs.evolve(
        _BROKEN_OFF,
        what="the connection broke off before the request was sent",
        remedy=_CHECK,
    ),
)
# And for an answer that has begun.
_WITHIN = (
    *(rule for rule in _SENT if rule is not _BROKEN_OFF),
    attrs.evolve(_BROKEN_OFF, what="the connection broke off within the answer"),
)


def classify_failure(
    error: Exception,
    host: str,
    *,
    address: str = "URL",
    authorities: str = _AUTHORITIES,
    exchange: Exchange | None = None,
) -> NoAnswer:
    """Say what an exception means, in names and rules only: its own text may print headers, URLs and bodies.

    `address` is what remedies call that which led to the host: what users gave, a URL or a host; `authorities` is how
    they name a certificate authority of their own. Where our own connections carried the request, the `exchange` says
    whether a byte of it may have left, and not the exception.
    """
    if isinstance(error, OverLimit):
        return _over_limit(error, host, sent=exchange is None or exchange.may_have_left)
    reasons = tuple(_reasons(error))
    words = {"address": address, "authorities": authorities}
    if exchange is None or not exchange.watched:
        return _no_answer(_find(_RULES, reasons), host, words)
    if exchange.sent:
        return _no_answer(_find(_SENT, reasons), host, words)
    rule = _find(_UNSENT, reasons)
    return attrs.evolve(_no_answer(rule, host, words), sent=False)


def broken_answer(error: Exception, host: str) -> NoAnswer:
    """Say what an exception means that came within an answer: the request has arrived, whatever broke off then."""
    if isinstance(error, OverLimit):
        return _over_limit(error, host, sent=True)
    words = {"address": "URL", "authorities": _AUTHORITIES}
    return _no_answer(_find(_WITHIN, tuple(_reasons(error))), host, words)


def unwritable_request(error: Exception, host: str) -> NoAnswer:
    """Say that a request could not even be written."""
    what = f"the request cannot be written ({type(error).__name__})"
    return NoAnswer(
        what=what, host=host, sent=False, passing=False, remedy="check the URL"
    )


def _no_answer(rule: _Rule, host: str, words: Mapping[str, str]) -> NoAnswer:
    return NoAnswer(
        what=rule.what,
        host=host,
        sent=rule.sent,
        passing=rule.passing,
        remedy=rule.remedy.format(**words),
    )


def _over_limit(error: OverLimit, host: str, *, sent: bool) -> NoAnswer:
    return NoAnswer(
        what=error.what, host=host, sent=sent, passing=False, remedy=error.remedy
    )


def _find(rules: Iterable[_Rule], reasons: tuple[BaseException, ...]) -> _Rule:
    for rule in rules:
        if any(isinstance(reason, rule.kinds) for reason in reasons):
            return rule
    return _Rule(
        (Exception,),
        f"sending failed ({type(reasons[0]).__name__})",
        sent=True,
        passing=False,
        remedy=_LATER,
    )


def _reasons(error: BaseException) -> Iterator[BaseException]:
    """Yield what an exception is and states as its reasons, and what those together prove of a proxy."""
    stated = tuple(_stated(error))
    yield from stated
    through_proxy = any(isinstance(reason, low.ProxyError) for reason in stated)
    unconnected = any(isinstance(reason, _UNCONNECTED) for reason in stated)
    refused = any(map(_refuses_tunnel, stated))
    if refused or (through_proxy and unconnected):
        yield _ProxyUnusable()


def _stated(error: BaseException, depth: int = 6) -> Iterator[BaseException]:
    """Yield the error and what it states as its reason; what it merely was raised after proves nothing."""
    yield error
    for reason in (*error.args, getattr(error, "reason", None)):
        if isinstance(reason, BaseException) and depth:
            yield from _stated(reason, depth - 1)


def _refuses_tunnel(error: BaseException) -> bool:
    """Recognize http.client's plain OSError for a proxy that does not open the tunnel."""
    return type(error) is OSError and str(error).startswith("Tunnel connection failed")
