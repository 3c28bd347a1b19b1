"""``headwater tables``: what can be read of a source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headwater.cli.options import common, credential_input, slug_argument
from headwater.cli.output import emit, table

if TYPE_CHECKING:
    from headwater.cli.state import State


@click.command("tables")
@slug_argument
@credential_input
@common
@click.pass_obj
def command(state: State, /, *, slug: str, **given: Any) -> None:
    """List the tables of a source, asking it directly."""
    from headwater.cli import source

    with source.opened(state, state.registry().load(slug), **given) as reader:
        found = reader.tables()
    rows = [
        (each.name, each.label if each.label != each.name else "", each.note)
        for each in found
    ]
    header = ("TABLE", "LABEL", "NOTE")
    shown = [
        place for place in range(3) if place == 0 or any(row[place] for row in rows)
    ]
    items = [{**each.as_item(), "note": each.note} for each in found]
    text = table(
        [[row[place] for place in shown] for row in rows],
        [header[place] for place in shown],
    )
    emit(items, text, as_json=state.json)
