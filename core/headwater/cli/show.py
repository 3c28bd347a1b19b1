"""``headwater show``: one connector, as a page to work from or as the platform's JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from headwater.cli.facts import facts, mark, meaning
from headwater.cli.options import common, of_profile, slug_argument
from headwater.cli.output import emit, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.cli.state import State
    from headwater.connectors.connector import Connector
    from headwater.models import AuthenticationSpec

_ID = re.compile(r"[0-9A-Fa-f]{6,10}(-[0-9A-Fa-f]{2,14}){4}")


@click.command("show")
@slug_argument
@click.option(
    "--example",
    is_flag=True,
    help="Print a credentials file to fill in: TOML, or JSON with --json.",
)
@click.option("--auth", metavar="NAME", help="Only this authentication specification.")
@of_profile()
@common
@click.pass_obj
def command(state: State, /, *, slug: str, example: bool, auth: str | None) -> None:
    """Show what one connector needs and is.

    SLUG may also be a connection specification id, even one that documentation misprints. With --json, the connector
    is printed as Flow Service's connectionSpec with its authSpec.
    """
    from headwater.cli.origin import tell_origin
    from headwater.connectors.rendering import rendered
    from headwater.create.authentication import choose, named
    from headwater.credentials.validation import auth_spec

    connector = _find(state, slug)
    tell_origin(state, connector)
    if example:
        from headwater.cli.example import as_toml, values

        spec = choose(connector, {}, auth=auth, cloud=None if auth else state.cloud())
        emit(
            values(connector.slug, spec),
            as_toml(connector.slug, spec),
            as_json=state.json,
        )
        return
    shown = named(connector, auth) if auth is not None else connector.authentication
    schemas = {"authSpec": [auth_spec(one) for one in shown]}
    emit(rendered(connector) | schemas, _page(connector, shown), as_json=state.json)


def _find(state: State, slug: str) -> Connector:
    if not _ID.fullmatch(slug):
        return state.registry().load(slug)
    found = state.registry().find(slug)
    if found.misprint:
        state.notice(
            f"documentation misprints this id; the right one is {found.connector.spec.id}"
        )
    return found.connector


def _page(connector: Connector, shown: Sequence[AuthenticationSpec]) -> str:
    origin = [("id from", connector.id_source)] if connector.id_source else []
    rows = [*facts(connector), *origin, ("distribution", str(connector.distribution))]
    parts = [
        f"{connector.spec.name}\n\n{table(rows)}",
        *(_authentication(auth) for auth in shown),
    ]
    if not connector.authentication:
        parts.append("This source takes no credentials.")
    return "\n\n".join(parts)


def _authentication(auth: AuthenticationSpec) -> str:
    rows = [
        (field.name, field.type or "any", mark(field), meaning(field))
        for field in auth.fields
    ]
    note = f"  ({auth.note or 'deprecated'})" if auth.deprecated or auth.note else ""
    body = table(rows, ("FIELD", "TYPE", "", "MEANING"))
    return f"{auth.label}{note}\n" + "\n".join(
        f"  {line}" for line in body.splitlines()
    )
