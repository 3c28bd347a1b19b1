"""``headwater columns``: the columns of one table of a source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import click

from headwater.cli.options import asking, common, credential_input, slug_argument
from headwater.cli.output import emit

if TYPE_CHECKING:
    from headwater.cli.state import State


@click.command("columns")
@slug_argument
@click.argument("table")
@credential_input
@asking
@common
@click.pass_obj
def command(state: State, /, *, slug: str, table: str, **given: Any) -> None:
    """Show the columns of a table as a source connection takes them.

    With --json, `columns` can be pasted into `params.columns` of a source connection. Fields that are not columns are
    named with the reason.
    """
    from headwater.cli import source

    with source.open_reader(state, state.registry().load(slug), **given) as reader:
        columns = reader.columns(table)
    result = {
        "table": table,
        "columns": [column.as_dict() for column in columns.columns],
        "leftOut": [attrs.asdict(field) for field in columns.left_out],
        "notes": list(columns.notes),
    }
    for note in columns.notes:
        state.notice(note)
    emit(result, source.columns_text(columns), as_json=state.json)
