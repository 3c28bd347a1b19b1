"""What commands print: a value as JSON for programs, or text for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def emit(value: Any, text: str, *, as_json: bool) -> None:
    """Print one result."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False) if as_json else text)


def table(rows: Iterable[Sequence[object]], header: Sequence[str] = ()) -> str:
    """Return rows as left-aligned columns, two blanks apart."""
    lines = [[str(cell) for cell in row] for row in ([header] if header else [])] + [
        [str(cell) for cell in row] for row in rows
    ]
    if not lines:
        return ""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
