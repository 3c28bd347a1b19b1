"""Find secrets in a text, however they are written, and cut them out."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from headwater.cleaning import encodings
from headwater.cleaning.dumps import find_in_dumps
from headwater.cleaning.views import View, read_views, squeeze
from headwater.secret import MASK, SHORTEST, contains_short, in_bytes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from headwater.secret import Secret

_WITHHELD = "(text withheld: it could show a secret)"
# Characters; ends that are alike by chance are shorter.
_SHORTEST_TAIL = 6
_CONTEXT = 3  # bytes by which a sentence is longer than a word in it
# What those who shorten texts put behind them, and what may be left of an escape that was cut.
_ENDING = re.compile(rb"(?:\.\.\.|\xe2\x80\xa6|[\s\"')\]}>])+\Z")
_CUT_ESCAPE = re.compile(
    rb"(?:%[0-9a-fA-F]?|&[#A-Za-z0-9]{0,8}|\\[uUx]?[0-9a-fA-F]{0,7})\Z"
)
_BASE64 = re.compile(rb"[A-Za-z0-9+/_=-]+")
# What stands between them, 0x and \\x too, is dropped; a digit alone is no byte.
_HEXADECIMAL = re.compile(rb"[0-9a-fA-F]{2,}")

Span = tuple[int, int]


def clean(text: str, secrets: Iterable[Secret], *, ours: Collection[str] = ()) -> str:
    """Cut secrets out of foreign text (a plugin's exception, a server's body).

    Every secret is looked for as it stands, under up to two layers of JSON, percent, HTML, ``repr`` and doubled quotes,
    in Base64, wrapped or not, in hexadecimal digits and dumps, and at the end of a text that was cut within it. Takes
    time in proportion to the text. A secret of fewer than four characters cannot be cut out of a text reliably, so the
    whole text is withheld instead. Where the text repeats a sentence of `ours`, an ordinary word within it is left.
    """
    values = {secret.reveal() for secret in secrets} - {""}
    if not text or not values:
        return text
    if min(map(len, values)) < SHORTEST:
        return _WITHHELD
    data = in_bytes(text)
    spans = _join(_find(data, values))
    if spans and ours:
        spans = _leave(spans, data, ours)
    return _cut(data, spans).decode("utf-8", "surrogatepass") if spans else text


def clean_values(value: Any, secrets: Iterable[Secret]) -> Any:
    """Return a JSON value with the secrets cut out of its strings; a shorter one hides only what it is the whole of."""
    secrets = tuple(secrets)
    long = [secret for secret in secrets if len(secret.reveal()) >= SHORTEST]
    short = {secret.reveal() for secret in secrets} - {""}

    def clean_one(leaf: Any) -> Any:
        if isinstance(leaf, dict):
            return {name: clean_one(item) for name, item in leaf.items()}
        if isinstance(leaf, list | tuple):
            return [clean_one(item) for item in leaf]
        if not isinstance(leaf, str):
            return leaf
        return MASK if leaf in short else clean(leaf, long)

    return clean_one(value)


def holds(text: str, secrets: Iterable[Secret], *, ours: Collection[str] = ()) -> bool:
    """Say whether a text contains a secret in any of these forms, but within a sentence of `ours`.

    One of fewer than four characters occurs in ordinary words; it counts where it stands as a word of its own.
    """
    cleanable = []
    for secret in secrets:
        value = secret.reveal()
        if len(value) >= SHORTEST:
            cleanable.append(secret)
        elif value and contains_short(_take_out(text, ours), value):
            return True
    return clean(text, cleanable, ours=ours) != text


def _take_out(text: str, ours: Collection[str]) -> str:
    for sentence in sorted(ours, key=len, reverse=True):
        text = text.replace(sentence, " ")
    return text


def _leave(spans: list[Span], data: bytes, ours: Collection[str]) -> list[Span]:
    """Return the spans that are not part of a sentence of ours; what is hardly longer than a secret is no sentence."""
    found = sorted(_find_all(View(data), {in_bytes(sentence) for sentence in ours}))
    # At each place the sentence that goes furthest. Two that overlap are not one: a secret could lie across them.
    known: list[Span] = []
    for span in found:
        known.append(max([span, *known[-1:]], key=lambda other: other[1]))
    firsts = [first for first, _last in found]
    left = []
    for start, end in spans:
        number = bisect_right(firsts, start) - 1
        first, last = known[number] if number >= 0 else (0, 0)
        if end > last or last - first < end - start + _CONTEXT:
            left.append((start, end))
    return left


def _find(data: bytes, values: set[str]) -> Iterator[Span]:
    """Yield where in a text secrets stand, in no order and overlapping."""
    plain = {in_bytes(value) for value in values}
    quoted = {form for value in values for form in encodings.list_quoted(value)}
    base64 = {form for value in values for form in encodings.list_base64(value)}
    digits = {form for value in values for form in encodings.list_hexadecimal(value)}
    yield from find_in_dumps(data, plain)
    for layer, view in read_views(data):
        yield from _find_tails(view, plain)
        if layer > 1:
            yield from _find_all(view, plain)
            continue
        yield from _find_all(view, quoted)
        squeezed = squeeze(view, _BASE64)
        yield from _find_all(squeezed, base64)
        yield from _find_all(squeeze(view, _HEXADECIMAL).lower(), digits)


def _find_all(view: View, forms: Iterable[bytes]) -> Iterator[Span]:
    for form in forms:
        start = view.data.find(form)
        while start >= 0:
            yield view.span(start, start + len(form))
            start = view.data.find(form, start + len(form))


def _find_tails(view: View, values: Iterable[bytes]) -> Iterator[Span]:
    """Yield where a text was cut within a secret: that far it stands at the end, but for what marks the cut."""
    for end in _list_ends(view.data):
        for value in values:
            length = _measure_tail(view.data[max(0, end - len(value)) : end], value)
            if length:
                yield view.span(end - length, len(view.data))


def _list_ends(data: bytes) -> set[int]:
    """Return where a text may have been cut: at its end, before its ending, and before an escape left open."""
    ends = {len(data)}
    ending = _ENDING.search(data, max(0, len(data) - 20))
    if ending:
        ends.add(ending.start())
    for end in tuple(ends):
        escape = _CUT_ESCAPE.search(data[max(0, end - 12) : end])
        if escape:
            ends.add(max(0, end - 12) + escape.start())
    return ends - {0}


def _measure_tail(tail: bytes, value: bytes) -> int:
    """Return how many bytes of a value's beginning a tail ends with, 0 where they are too few to tell."""
    head = value[:_SHORTEST_TAIL]
    start = tail.find(head)
    while start >= 0:
        if value.startswith(tail[start:]):
            return len(tail) - start
        start = tail.find(head, start + 1)
    return 0


def _join(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, those that overlap as one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _cut(data: bytes, spans: Iterable[Span]) -> bytes:
    """Replace each span by the mask; one that begins or ends within a character takes all of it."""
    parts = []
    position = 0
    for start, end in spans:
        parts += [data[position : _to_character(data, start, -1)], MASK.encode("ascii")]
        position = _to_character(data, end, 1)
    return b"".join([*parts, data[position:]])


def _to_character(data: bytes, position: int, step: int) -> int:
    """Return the nearest position in a direction where a character begins."""
    while position < len(data) and data[position] & 0xC0 == 0x80:
        position += step
    return position
