"""``headwater list``: the connectors that are installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headwater.cli.options import common, of_profile
from headwater.cli.output import emit, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.cli.state import State
    from headwater.connectors.connector import Connector


@click.command("list")
@click.option(
    "--category", help="Only those of this category, such as crm or databases."
)
@click.option(
    "--lifecycle",
    type=click.Choice(["ga", "beta", "deprecated"]),
    help="Only those of this lifecycle.",
)
@click.option(
    "--ingestion",
    type=click.Choice(["batch", "streaming"]),
    help="Only those that ingest this way.",
)
@click.option(
    "--cloud",
    type=click.Choice(["azure", "aws"]),
    help="Only those with credentials for this cloud.",
)
@of_profile()
@common
@click.pass_obj
def command(state: State, /, *, cloud: str | None, **wanted: str | None) -> None:
    """List the installed connectors.

    A plugin that does not load is named on standard error; the others are listed.
    """
    everything, failures = state.registry().all()
    for failure in failures:
        state.notice(str(failure))
    connectors = [
        one for one in everything if _fits(one, wanted) and _has_cloud(one, cloud)
    ]
    if not everything:
        state.notice(
            "no connector is installed; headwater-adobe-catalog has Adobe's sources: pip install it"
        )
    elif not connectors:
        categories = ", ".join(sorted({one.spec.category for one in everything}))
        state.notice(f"no connector is like that; categories: {categories}")
    rows = [
        [
            one.slug,
            one.spec.name,
            one.spec.category,
            one.spec.lifecycle,
            ", ".join(_names(one)),
        ]
        for one in connectors
    ]
    header = ["SLUG", "NAME", "CATEGORY", "LIFECYCLE", "AUTHENTICATION"]
    tenant = [one for one in connectors if one.from_tenant]
    if tenant:
        state.notice(
            f"marked tenant: from the {tenant[0].distribution}, not from a plugin"
        )
        rows = [
            ["tenant" if one.from_tenant else "", *row]
            for one, row in zip(connectors, rows, strict=True)
        ]
        header = ["", *header]
    text = table(rows, header)
    emit([_entry(one) for one in connectors], text, as_json=state.json)


def _fits(connector: Connector, wanted: Mapping[str, str | None]) -> bool:
    return all(
        value is None or getattr(connector.spec, name) == value
        for name, value in wanted.items()
    )


def _has_cloud(connector: Connector, cloud: str | None) -> bool:
    """Say whether credentials can be given for a cloud; a specification that names none holds for both."""
    specs = connector.authentication
    return (
        cloud is None or not specs or any(spec.cloud in (None, cloud) for spec in specs)
    )


def _entry(connector: Connector) -> dict[str, Any]:
    spec = connector.spec
    return {
        "slug": connector.slug,
        "name": spec.name,
        "category": spec.category,
        "ingestion": spec.ingestion,
        "lifecycle": spec.lifecycle,
        "connectionSpec": {"id": spec.id, "version": spec.version},
        "auth": _names(connector),
        "clouds": sorted(
            {auth.cloud for auth in connector.authentication if auth.cloud}
        ),
        "distribution": str(connector.distribution),
    }


def _names(connector: Connector) -> list[str]:
    return list(dict.fromkeys(auth.spec_name for auth in connector.authentication))
