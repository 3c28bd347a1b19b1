"""A `requests` session as every client here uses it: no redirects, no cookies."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy

import requests

from headwater.http.bodies import ENCODINGS
from headwater.http.exchanges import WatchingAdapter

_POOL = 32  # connections kept open per host; more threads than this open new ones


class _Session(requests.Session):
    """A session that neither follows a redirect nor looks where it leads."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - the parent's signature
        return None


def open_session(adapter: WatchingAdapter | None = None) -> requests.Session:
    """Return a session that keeps no cookies and follows no redirects; `adapter` makes its connections."""
    session = _Session()
    session.headers.update(
        {
            "User-Agent": "headwater",
            "Accept": "application/json",
            "Accept-Encoding": ENCODINGS,
        }
    )
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    transport = adapter or WatchingAdapter(pool_maxsize=_POOL)
    for prefix in ("https://", "http://"):
        session.mount(prefix, transport)
    return session
