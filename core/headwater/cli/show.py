"""``headwater show``: one connector, as a page to work from or as the platform's JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from headwater.cli.facts import describe_field, describe_obligation, list_facts
from headwater.cli.options import common, of_profile, slug_argument
from headwater.cli.output import emit, join_lines, table
from headwater.models import dotted, iter_fields

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

    SLUG may also be the platform's name of the connection specification, or its id, even one that documentation
    misprints. With --json, the connector is printed as Flow Service's connectionSpec with its authSpec.
    """
    from headwater.cli.origin import tell_origin

    connector = _find_connector(state, slug)
    tell_origin(state, connector)
    if example:
        _print_example(state, connector, auth)
    else:
        _print_connector(state, connector, auth)


def _find_connector(state: State, slug: str) -> Connector:
    if not _ID.fullmatch(slug):
        return state.registry().load(slug)
    match = state.registry().find(slug)
    if match.misprint:
        state.notice(
            f"documentation misprints this id; the right one is {match.connector.spec.id}"
        )
    return match.connector


def _print_example(state: State, connector: Connector, auth: str | None) -> None:
    from headwater.cli.example import as_toml, values
    from headwater.create.authentication import choose

    cloud = None if auth else state.cloud()
    spec = choose(connector, {}, auth=auth, cloud=cloud)
    emit(
        values(connector.slug, spec), as_toml(connector.slug, spec), as_json=state.json
    )


def _print_connector(state: State, connector: Connector, auth: str | None) -> None:
    from headwater.connectors.rendering import render
    from headwater.create.authentication import specs_named
    from headwater.credentials.validation import auth_spec

    specs: Sequence[AuthenticationSpec] = connector.authentication
    if auth is not None:
        specs = specs_named(connector, auth)
    document = render(connector) | {"authSpec": [auth_spec(spec) for spec in specs]}
    emit(document, _format_page(connector, specs), as_json=state.json)


def _format_page(connector: Connector, specs: Sequence[AuthenticationSpec]) -> str:
    rows = list_facts(connector)
    if connector.id_source:
        rows.append(("id from", connector.id_source))
    rows.append(("distribution", str(connector.distribution)))
    parts = [join_lines([connector.spec.name]), table(rows), *map(_format_spec, specs)]
    if not connector.authentication and not connector.spec.ui_only:
        parts.append("This source takes no credentials.")
    return "\n\n".join(parts)


def _format_spec(spec: AuthenticationSpec) -> str:
    note = spec.note
    if spec.deprecated and not note:
        note = "deprecated"
    heading = f"{spec.label}  ({note})" if note else spec.label
    rows = [
        (
            dotted(path),
            field.type or "any",
            describe_obligation(field),
            describe_field(field),
        )
        for path, field in iter_fields(spec)
    ]
    body = table(rows, ("FIELD", "TYPE", "", "MEANING"))
    return join_lines([heading, *(f"  {line}" for line in body.split("\n"))])
