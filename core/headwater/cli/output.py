"""What commands print: a value as JSON for programs, or text for people."""

from __future__ import annotations

import json
import unicodedata
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from headwater.cli import streams
from headwater.errors import HeadwaterError
from headwater.foreign import raise_bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class OutputLost(HeadwaterError):
    """Something was done, and what came of it cannot be written to standard output."""

    kind = "output"


def emit(value: Any, text: str, *, as_json: bool) -> None:
    """Print one result."""
    click.echo(in_json(value) if as_json else printable(text, keep="\n"))


@contextmanager
def keep_id(id: str) -> Iterator[None]:
    """Turn output that cannot be written into an error that names the id: what exists now must not be lost."""
    try:
        yield
    except OSError:
        streams.silence(1)
        raise_bare(
            OutputLost(
                f"the result cannot be written to standard output; the connection is {id}",
                remedy=f"see `headwater connections get {id}`",
            )
        )


def in_json(value: Any) -> str:
    """Return a value as JSON that the terminal's encoding can write."""
    return json.dumps(value, indent=2, ensure_ascii=not streams.writes_unicode())


def say(text: str) -> None:
    """Tell something on standard error. Nobody reading there is no reason to leave the work undone."""
    try:
        click.echo(printable(text, keep="\n"), err=True)
    except BrokenPipeError:
        streams.silence(2)


def printable(text: str, *, keep: str = "") -> str:
    """Escape characters that would command a terminal instead of showing: names come from other people."""
    if text.isprintable():
        return text
    chars = []
    for char in text:
        if char in keep or _is_shown(char):
            chars.append(char)
        else:
            chars.append(char.encode("unicode_escape").decode())
    return "".join(chars)


def table(rows: Iterable[Sequence[object]], header: Sequence[str] = ()) -> str:
    """Return rows as left-aligned columns, two blanks apart."""
    lines = [[printable(str(cell)) for cell in row] for row in (header, *rows) if row]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = []
    for line in lines:
        cells = map(str.ljust, line, widths)
        text.append("  ".join(cells).rstrip())
    return "\n".join(text)


def _is_shown(char: str) -> bool:
    return char.isprintable() or unicodedata.category(char) == "Zs"
