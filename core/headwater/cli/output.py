"""What commands print: a value as JSON for programs, or text for people."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from headwater.cli import streams
from headwater.cli.characters import escape_json, escape_line, escape_lines
from headwater.errors import HeadwaterError
from headwater.foreign import raise_bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class OutputLost(HeadwaterError):
    """Something was done, and what came of it cannot be written to standard output."""

    kind = "output"


def emit(value: Any, text: str, *, as_json: bool) -> None:
    """Print one result. Foreign text within `text` has been through `table` or `join_lines`."""
    click.echo(in_json(value) if as_json else escape_lines(text))


@contextmanager
def keep_id(id: str) -> Iterator[None]:
    """Turn output that cannot be written into an error that names the id: what exists now must not be lost."""
    try:
        yield
    except OSError:
        streams.silence(1)
        raise_bare(_lost(id))
    if streams.was_closed("stdout"):
        raise _lost(id)


def _lost(id: str) -> OutputLost:
    return OutputLost(
        f"the result cannot be written to standard output; the connection is {id}",
        remedy=f"see `headwater connections get {id}`",
    )


def in_json(value: Any) -> str:
    """Return a value as JSON that the terminal's encoding can write, and that can do nothing to the terminal."""
    document = json.dumps(value, indent=2, ensure_ascii=not streams.writes_unicode())
    return escape_json(document)


def say(text: str) -> None:
    """Tell something in one line on standard error.

    Nobody reading there is no reason to leave the work undone.
    """
    say_lines(escape_line(text))


def say_lines(text: str) -> None:
    """Tell something on standard error, the line breaks of the text kept. A full disk there costs nothing but that."""
    try:
        click.echo(escape_lines(text), err=True)
    except OSError:
        streams.silence(2)


def join_lines(lines: Iterable[str]) -> str:
    """Return lines as one text; a line break within one of them is escaped: names come from other people."""
    return "\n".join(map(escape_line, lines))


def table(rows: Iterable[Sequence[object]], header: Sequence[str] = ()) -> str:
    """Return rows as left-aligned columns, two blanks apart."""
    lines = [[escape_line(str(cell)) for cell in row] for row in (header, *rows) if row]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = []
    for line in lines:
        cells = map(str.ljust, line, widths)
        text.append("  ".join(cells).rstrip())
    return "\n".join(text)
