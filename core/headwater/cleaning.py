"""Cut secrets out of text that is not ours: a plugin's exception, a server's body."""

from __future__ import annotations

import base64
import itertools
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
# characters; anything shorter occurs in ordinary words, so cutting it out would hide nothing
_SHORTEST_CLEANABLE = 4
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
    if min(map(len, values)) < _SHORTEST_CLEANABLE:
        return _WITHHELD
    for form in sorted(_forms(values), key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def holds(text: str, secrets: Iterable[Secret]) -> bool:
    """Say whether a text of ours contains a secret in any of these forms.

    One of fewer than four characters occurs in ordinary words; it counts where it stands as a word of its own.
    """
    cleanable = []
    for secret in secrets:
        value = secret.reveal()
        if len(value) >= _SHORTEST_CLEANABLE:
            cleanable.append(secret)
        elif value and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text):
            return True
    return clean(text, cleanable) != text


def _forms(values: set[str]) -> set[str]:
    """Return every form that secrets can have in a text, themselves included."""
    forms = set(values)
    newest = set(values)
    for _layer in range(_LAYERS):
        encoded = set(itertools.chain.from_iterable(map(_encodings, newest)))
        newest = encoded - forms
        forms |= newest
    return {form for form in forms if len(form) >= _SHORTEST_CLEANABLE}


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
        encoded = base64.b64encode(b"\0" * lead + raw).decode("ascii")
        spare = (lead + len(raw)) % 3
        if spare:
            # The last group of four depends on what follows, but for one character a byte.
            encoded = encoded[: spare - 4]
        steady = encoded[skip:]
        yield steady
        yield steady.replace("+", "-").replace("/", "_")
