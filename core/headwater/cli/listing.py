"""``headwater list``: the connectors that are installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headwater.cli.options import common, of_profile
from headwater.cli.output import emit, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    installed, failures = state.registry().all()
    for failure in failures:
        state.notice(str(failure))
    connectors = [
        connector
        for connector in installed
        if _fits(connector, wanted) and _has_cloud(connector, cloud)
    ]
    if not connectors:
        state.notice(_explain_empty_list(installed))
    from_tenant = [connector for connector in connectors if connector.from_tenant]
    if from_tenant:
        state.notice(
            f"marked tenant: from the {from_tenant[0].distribution}, not from a plugin"
        )
    text = _format_table(connectors, mark_tenant=bool(from_tenant))
    entries = [_entry(connector) for connector in connectors]
    emit(entries, text, as_json=state.json)


def _fits(connector: Connector, wanted: Mapping[str, str | None]) -> bool:
    return all(
        getattr(connector.spec, name) == value
        for name, value in wanted.items()
        if value is not None
    )


def _has_cloud(connector: Connector, cloud: str | None) -> bool:
    """Say whether credentials can be given for a cloud; a specification that names none holds for both."""
    if cloud is None or not connector.authentication:
        return True
    return any(spec.cloud in (None, cloud) for spec in connector.authentication)


def _explain_empty_list(installed: Sequence[Connector]) -> str:
    if not installed:
        return "no connector is installed; headwater-adobe-catalog has Adobe's sources: pip install it"
    categories = sorted({connector.spec.category for connector in installed})
    return f"no connector matches; categories: {', '.join(categories)}"


def _format_table(connectors: Sequence[Connector], *, mark_tenant: bool) -> str:
    header = ["SLUG", "NAME", "CATEGORY", "LIFECYCLE", "AUTHENTICATION"]
    if mark_tenant:
        header.insert(0, "")
    rows = []
    for connector in connectors:
        spec = connector.spec
        auth = ", ".join(_auth_names(connector))
        if spec.ui_only:
            auth = "none: in the user interface only"
        row = [connector.slug, spec.name, spec.category, spec.lifecycle, auth]
        if mark_tenant:
            row.insert(0, "tenant" if connector.from_tenant else "")
        rows.append(row)
    return table(rows, header)


def _entry(connector: Connector) -> dict[str, Any]:
    spec = connector.spec
    clouds = {auth.cloud for auth in connector.authentication if auth.cloud}
    return {
        "slug": connector.slug,
        "name": spec.name,
        "platformName": spec.platform_name or None,
        "category": spec.category,
        "ingestion": spec.ingestion,
        "lifecycle": spec.lifecycle,
        "uiOnly": spec.ui_only,
        "connectionSpec": {"id": spec.id, "version": spec.version},
        "auth": _auth_names(connector),
        "clouds": sorted(clouds),
        "distribution": str(connector.distribution),
    }


def _auth_names(connector: Connector) -> list[str]:
    return list(dict.fromkeys(auth.spec_name for auth in connector.authentication))
