"""``headwater preview``: the first rows of one table of a source."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from headwater.cli.options import asking, common, credential_input, slug_argument
from headwater.cli.output import emit

if TYPE_CHECKING:
    from headwater.cli.state import State


@click.command("preview")
@slug_argument
@click.argument("table")
@click.option(
    "-n",
    "rows",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    help="How many rows.",
)
@credential_input
@asking
@common
@click.pass_obj
def command(state: State, /, *, slug: str, table: str, rows: int, **given: Any) -> None:
    """Show the first rows of a table, asking the source.

    Prints an aligned table on a terminal, with long values cut, and JSON where the output goes elsewhere.
    """
    from headwater.cli import source

    with source.open_reader(state, state.registry().load(slug), **given) as reader:
        preview = reader.preview(table, rows)
    for note in preview.columns.notes:
        state.notice(note)
    for field in preview.columns.left_out:
        state.notice(f"{field.name} is left out: {field.reason}")
    as_json = state.json or not sys.stdout.isatty()
    emit(list(preview.rows), source.preview_text(preview), as_json=as_json)
