"""``headwater tables``: what can be read of a source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headwater.cli.options import asking, common, credential_input, slug_argument
from headwater.cli.output import emit, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.cli.state import State
    from headwater.sources import Table


@click.command("tables")
@slug_argument
@credential_input
@asking
@common
@click.pass_obj
def command(state: State, /, *, slug: str, **given: Any) -> None:
    """List the tables of a source, asking it directly."""
    from headwater.cli import source

    with source.open_reader(state, state.registry().load(slug), **given) as reader:
        tables = reader.tables()
    items = [{**item.as_item(), "note": item.note} for item in tables]
    emit(items, _format(tables), as_json=state.json)


def _format(tables: Sequence[Table]) -> str:
    """Return tables for people; a label or a note has a column only where one of them says something."""
    columns = [
        ("TABLE", *(item.name for item in tables)),
        ("LABEL", *(item.label if item.label != item.name else "" for item in tables)),
        ("NOTE", *(item.note for item in tables)),
    ]
    needed = [columns[0], *(column for column in columns[1:] if any(column[1:]))]
    header, *rows = zip(*needed, strict=True)
    return table(rows, header)
