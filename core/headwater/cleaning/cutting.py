"""Find secrets in a text, however they are written, and cut them out."""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from headwater.cleaning import encodings
from headwater.cleaning.dumps import find_in_dumps
from headwater.cleaning.views import View, read_views, squeeze
from headwater.secret import (
    MASK,
    SHORTEST,
    contains_short,
    in_bytes,
    map_leaves,
    strings_in,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator

    from headwater.secret import Secret

_WITHHELD = "(text withheld: it could show a secret)"
# Characters; ends that are alike by chance are shorter.
_SHORTEST_TAIL = 6
_PORTION = 65_536  # characters of many short texts that are looked at together
_CONTEXT = 3  # bytes by which a sentence is longer than a word in it
# What those who shorten texts put behind them, and what may be left of an escape that was cut.
_ENDING = re.compile(rb"(?:\.\.\.|\xe2\x80\xa6|[\s\"')\]}>]){1,20}\Z")
_CUT_ESCAPE = re.compile(
    rb"(?:%[0-9a-fA-F]?|&[#A-Za-z0-9]{0,8}|\\[uUx]?[0-9a-fA-F]{0,7})\Z"
)
_BASE64 = re.compile(rb"[A-Za-z0-9+/_=-]+")
# What stands between them, 0x and \\x too, is dropped; a digit alone is no byte.
_HEXADECIMAL = re.compile(rb"[0-9a-fA-F]{2,}")

Span = tuple[int, int]


def clean(text: str, secrets: Iterable[Secret], *, ours: Collection[str] = ()) -> str:
    """Cut secrets out of foreign text (a plugin's exception, a server's body); see `Cleaner.clean`."""
    return Cleaner(secrets).clean(text, ours=ours)


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


class Cleaner:
    """Cuts the same secrets out of many texts; what they look like encoded is worked out once."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        values = {secret.reveal() for secret in secrets} - {""}
        self._short = {value for value in values if len(value) < SHORTEST}
        self._long = values - self._short
        self._plain = {in_bytes(value) for value in self._long}

    @functools.cached_property
    def _quoted(self) -> set[bytes]:
        return {form for value in self._long for form in encodings.list_quoted(value)}

    @functools.cached_property
    def _base64(self) -> set[bytes]:
        return {form for value in self._long for form in encodings.list_base64(value)}

    @functools.cached_property
    def _digits(self) -> set[bytes]:
        return {
            form for value in self._long for form in encodings.list_hexadecimal(value)
        }

    def clean(self, text: str, *, ours: Collection[str] = ()) -> str:
        """Return a text without the secrets.

        Every secret is looked for as it stands, under up to two layers of JSON, percent, HTML, ``repr`` and doubled
        quotes, in Base64, wrapped or not, in hexadecimal digits and dumps, and at the end of a text that was cut within
        it. Takes time in proportion to the text. A secret of fewer than four characters cannot be cut out of a text
        reliably, so the whole text is withheld instead. Where the text repeats a sentence of `ours`, an ordinary word
        within it is left.
        """
        if text and self._short:
            return _WITHHELD
        return self._cut_out(text, ours)

    def clean_values(self, value: Any, *, known: Container[str] = ()) -> Any:
        """Return a JSON value without the secrets in its strings, but those in `known`; names of members are left.

        A secret of fewer than four characters hides a string that it is the whole of.
        """
        strings = [text for text in strings_in(value) if text not in known]
        cleaned = dict.fromkeys(self._short, MASK)
        for text in self._list_suspects(strings):
            cleaned.setdefault(text, self._cut_out(text))

        def clean_leaf(leaf: Any) -> Any:
            if not isinstance(leaf, str) or leaf in known:
                return leaf
            return cleaned.get(leaf, leaf)

        return map_leaves(value, clean_leaf)

    def _list_suspects(self, texts: Iterable[str]) -> Iterator[str]:
        """Yield the texts that may show a secret, judging many at once: most of the rows of a table show none."""
        heads = [value[:_SHORTEST_TAIL] for value in self._long]
        together: list[str] = []
        size = 0
        for text in texts:
            if any(head in text for head in heads):
                yield text
                continue
            together.append(text)
            size += len(text)
            if size > _PORTION:
                yield from self._judge(together)
                together, size = [], 0
        yield from self._judge(together)

    def _judge(self, texts: list[str]) -> list[str]:
        together = "\n".join(texts)
        return texts if self._cut_out(together) != together else []

    def _cut_out(self, text: str, ours: Collection[str] = ()) -> str:
        if not text or not self._long:
            return text
        data = in_bytes(text)
        spans = _join(self._find(data))
        if spans and ours:
            spans = _leave(spans, data, ours)
        return _cut(data, spans).decode("utf-8", "surrogatepass") if spans else text

    def _find(self, data: bytes) -> Iterator[Span]:
        """Yield where in a text secrets stand, in no order and overlapping."""
        yield from find_in_dumps(data, self._plain)
        for layer, view in read_views(data):
            yield from _find_tails(view, self._plain)
            if layer > 1:
                yield from _find_all(view, self._plain)
                continue
            yield from _find_all(view, self._quoted)
            yield from _find_all(squeeze(view, _BASE64), self._base64)
            yield from _find_all(squeeze(view, _HEXADECIMAL).lower(), self._digits)


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
