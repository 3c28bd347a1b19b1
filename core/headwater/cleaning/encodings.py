"""The forms of a secret that are looked for as they are: nothing in a text says reliably where they begin."""

from __future__ import annotations

import base64
import json
import urllib.parse
import xml.sax.saxutils
from typing import TYPE_CHECKING

from headwater.secret import SHORTEST, in_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def list_quoted(secret: str) -> set[bytes]:
    """Return a secret as it stands, in Latin-1, and as JSON, percent, XML and ``repr`` write it."""
    forms = {in_bytes(text) for text in (secret, *_quoted(secret))}
    forms.add(secret.encode("latin-1", "ignore"))
    return _long_enough(forms)


def list_base64(secret: str) -> set[bytes]:
    """Return what Base64 makes of a secret, of its quoted forms, and of itself."""
    once = _all_base64(list_quoted(secret))
    return _long_enough(once | _all_base64(_all_base64([in_bytes(secret)])))


def list_hexadecimal(secret: str) -> set[bytes]:
    """Return a secret and its quoted forms in hexadecimal digits, lower case."""
    return {form.hex().encode("ascii") for form in list_quoted(secret)}


def _long_enough(forms: Iterable[bytes]) -> set[bytes]:
    return {form for form in forms if len(form) >= SHORTEST}


def _quoted(text: str) -> Iterator[str]:
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


def _lower_hex(quoted: str) -> str:
    parts = quoted.split("%")
    return "%".join([parts[0], *(part[:2].lower() + part[2:] for part in parts[1:])])


def _all_base64(forms: Iterable[bytes]) -> set[bytes]:
    return {encoded for form in forms for encoded in _base64(form)}


def _base64(raw: bytes) -> Iterator[bytes]:
    """Yield what Base64 makes of the bytes at each of the three places they can start within a longer text."""
    for lead, skip in ((0, 0), (1, 2), (2, 3)):
        encoded = base64.b64encode(b"\0" * lead + raw)
        spare = (lead + len(raw)) % 3
        if spare:
            # The last group of four depends on what follows, but for one character a byte.
            encoded = encoded[: spare - 4]
        steady = encoded[skip:]
        yield steady
        yield steady.replace(b"+", b"-").replace(b"/", b"_")
