"""``headwater list``: the connectors that are installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headwater.cli.options import common
from headwater.cli.output import emit, table

if TYPE_CHECKING:
    from headwater.cli.state import State
    from headwater.connector import Connector


@click.command("list")
@common
@click.pass_obj
def command(state: State, /) -> None:
    """List the installed connectors.

    A plugin that does not load is named on standard error; the others are listed.
    """
    from headwater.registry import installed

    connectors, failures = installed().all()
    for failure in failures:
        state.notice(str(failure))
    rows = [
        (one.slug, one.spec.name, one.spec.category, one.spec.lifecycle, ", ".join(_names(one))) for one in connectors
    ]
    text = table(rows, ("SLUG", "NAME", "CATEGORY", "LIFECYCLE", "AUTHENTICATION"))
    emit([_entry(one) for one in connectors], text, as_json=state.json)


def _entry(connector: Connector) -> dict[str, Any]:
    spec = connector.spec
    return {
        "slug": connector.slug,
        "name": spec.name,
        "category": spec.category,
        "lifecycle": spec.lifecycle,
        "connectionSpec": {"id": spec.id, "version": spec.version},
        "auth": _names(connector),
        "distribution": str(connector.distribution),
    }


def _names(connector: Connector) -> list[str]:
    return list(dict.fromkeys(auth.spec_name for auth in connector.authentication))
