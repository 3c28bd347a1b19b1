"""An opaque secret value, and the texts a secret must be cut out of."""

from __future__ import annotations

import base64
import hmac
import json
import urllib.parse
import xml.sax.saxutils
from typing import TYPE_CHECKING, Any, NoReturn, final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MASK = "******"

_WITHHELD = "(text withheld: it could show a secret)"
_SHORTEST_CLEANABLE = 4  # anything shorter occurs in ordinary words, so cutting it out would hide nothing
_LAYERS = 2  # a body that was encoded and then quoted inside another one


@final
class Secret:
    """A value that prints as ``******`` wherever it goes; `reveal` is the only way in.

    Not a ``str`` and not an attrs class on purpose: string functions, ``json.dumps``, ``pickle`` and
    ``attrs.asdict`` would all carry the value out without anyone having asked for it.
    """

    __slots__ = ("_value",)
    _value: str

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError("a secret is made from a str")
        object.__setattr__(self, "_value", value)

    def reveal(self) -> str:
        """Return the value itself. Callers hand it to the wire and to nothing else."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_bytes(self._value), _bytes(other._value))

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __bool__(self) -> bool:
        return bool(self._value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, _memo: object) -> Secret:
        return self

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("a secret cannot be pickled")

    def __setattr__(self, _name: str, _value: object) -> NoReturn:
        raise AttributeError("a secret cannot be changed")

    def __delattr__(self, _name: str) -> NoReturn:
        raise AttributeError("a secret cannot be changed")


def is_mask(value: str) -> bool:
    """Say whether a text is a mask copied from somebody's output rather than a value."""
    return bool(value) and not value.strip("*")


def secrets_in(value: Any) -> Iterator[Secret]:
    """Yield every `Secret` inside nested mappings and sequences."""
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from secrets_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from secrets_in(item)


def masked(value: Any) -> Any:
    """Return the same structure with every `Secret` replaced by the mask, fit for JSON."""
    return _replaced(value, lambda _secret: MASK)


def revealed(value: Any) -> Any:
    """Return the same structure with every `Secret` replaced by its value: for the wire, and for ``--reveal``."""
    return _replaced(value, Secret.reveal)


def resealed(value: Any, secrets: Iterable[Secret]) -> Any:
    """Return the same structure with every text that contains one of the secrets made a `Secret` itself."""
    values = [secret.reveal() for secret in secrets if secret]

    def seal(text: Any) -> Any:
        return Secret(text) if isinstance(text, str) and any(value in text for value in values) else text

    return _mapped(value, seal)


def _replaced(value: Any, replace: Callable[[Secret], str]) -> Any:
    return _mapped(value, lambda leaf: replace(leaf) if isinstance(leaf, Secret) else leaf)


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """Apply a change to every leaf of nested mappings and sequences."""
    if isinstance(value, dict):
        return {key: _mapped(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mapped(item, change) for item in value]
    return change(value)


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


def _forms(value: str) -> set[str]:
    seen = {value}
    frontier = {value}
    for _layer in range(_LAYERS):
        frontier = {form for text in frontier for form in _encodings(text)} - seen
        seen |= frontier
    return {form for form in seen if len(form) >= _SHORTEST_CLEANABLE}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _encodings(text: str) -> Iterator[str]:
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield json.dumps(text)[1:-1].replace("/", "\\/")
    raw = _bytes(text)
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
        steady = whole[skip : len(whole) - (4 if spare else 0)] + (whole[-4:][:spare] if spare else "")
        yield steady
        yield steady.replace("+", "-").replace("/", "_")
