"""Cut secrets out of text that is not ours: a plugin's exception, a server's body."""

from __future__ import annotations

import base64
import json
import re
import urllib.parse
import xml.sax.saxutils
from typing import TYPE_CHECKING

from headwater.secret import MASK, in_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from headwater.secret import Secret

_WITHHELD = "(text withheld: it could show a secret)"
_SHORTEST_CLEANABLE = (
    4  # anything shorter occurs in ordinary words, so cutting it out would hide nothing
)
_LAYERS = 2  # a body that was encoded and then quoted inside another one


def clean(text: str, secrets: Iterable[Secret]) -> str:
    """Cut secrets out of foreign text (a plugin's exception, a server's body).

    Every secret is looked for as it stands and as JSON, percent, XML, ``repr`` and Base64 would write it, one inside
    the other up to two layers, the longest form first. A secret of fewer than four characters cannot be cut out of a
    text reliably, so the whole text is withheld instead.
    """
    values = {secret.reveal() for secret in secrets} - {""}
    if not text or not values:
        return text
    if any(len(value) < _SHORTEST_CLEANABLE for value in values):
        return _WITHHELD
    forms = {form for value in values for form in _forms(value)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def holds(text: str, secrets: Iterable[Secret]) -> bool:
    """Say whether a text of ours holds a secret in any of these forms.

    One of fewer than four characters occurs in ordinary words; it counts where it stands as a word of its own.
    """
    secrets = tuple(secrets)
    short = [
        secret.reveal()
        for secret in secrets
        if 0 < len(secret.reveal()) < _SHORTEST_CLEANABLE
    ]
    whole = [
        secret for secret in secrets if len(secret.reveal()) >= _SHORTEST_CLEANABLE
    ]
    alone = any(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) for value in short)
    return alone or clean(text, whole) != text


def _forms(value: str) -> set[str]:
    seen = {value}
    frontier = {value}
    for _layer in range(_LAYERS):
        frontier = {form for text in frontier for form in _encodings(text)} - seen
        seen |= frontier
    return {form for form in seen if len(form) >= _SHORTEST_CLEANABLE}


def _encodings(text: str) -> Iterator[str]:
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield json.dumps(text)[1:-1].replace("/", "\\/")
    raw = in_bytes(text)
    for safe in ("", "/", "!*'()~-._"):
        quoted = urllib.parse.quote(raw, safe=safe)
        yield quoted
        yield quoted.replace("%20", "+")
        yield _lower_hex(quoted)
    yield xml.sax.saxutils.escape(text)
    yield xml.sax.saxutils.escape(text, {'"': "&quot;", "'": "&apos;"})
    yield xml.sax.saxutils.escape(text, {'"': "&#34;", "'": "&#39;"})
    yield xml.sax.saxutils.escape(text, {'"': "&quot;", "'": "&#x27;"})
    yield repr(text)[1:-1]
    yield repr(raw)[2:-1]
    yield from _base64_forms(raw)


def _lower_hex(quoted: str) -> str:
    parts = quoted.split("%")
    return "%".join([parts[0], *(part[:2].lower() + part[2:] for part in parts[1:])])


def _base64_forms(raw: bytes) -> Iterator[str]:
    """Yield what Base64 makes of the bytes at each of the three places they can start within a longer text."""
    for lead, skip in ((0, 0), (1, 2), (2, 3)):
        whole = base64.b64encode(b"\0" * lead + raw).decode("ascii")
        spare = (lead + len(raw)) % 3
        steady = whole[skip : len(whole) - (4 if spare else 0)] + (
            whole[-4:][:spare] if spare else ""
        )
        yield steady
        yield steady.replace("+", "-").replace("/", "_")
