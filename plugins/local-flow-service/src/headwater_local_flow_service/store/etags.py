"""Etags in the platform's form, quotes included: a write counter, and the time of the write in seconds."""

from __future__ import annotations

import re
import secrets

FORM = re.compile(r'"([0-9a-f]{8})-0000-0200-0000-([0-9a-f]{8})0000"')
_WRAP = 0xFFFFFFFF


def first(now: int) -> str:
    """Return the etag of a new object; `now` is in milliseconds since 1970."""
    return _etag(secrets.randbits(32), now)


def advance(etag: str, now: int) -> str:
    """Return the next etag of an object. It differs from the last 2**32 ones, whatever the clock does."""
    form = FORM.fullmatch(etag)
    if form is None:
        return first(now)
    return _etag(int(form[1], 16) + 1, now)


def matches(sent: str, stored: str, *, quotes_required: bool) -> bool:
    """Say whether an ``If-Match`` value names the stored etag; without its quotes only where that is tolerated."""
    sent = sent.strip()
    if quotes_required:
        return sent == stored
    return stored in (sent, f'"{sent}"')


def _etag(counter: int, now: int) -> str:
    return f'"{counter & _WRAP:08x}-0000-0200-0000-{now // 1000 & _WRAP:08x}0000"'
