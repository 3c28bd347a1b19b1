"""``headwater show``: one connector, as a page to work from or as the platform's JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from headwater.cli.options import common, slug_argument
from headwater.cli.output import emit, table

if TYPE_CHECKING:
    from headwater.cli.state import State
    from headwater.connector import Connector
    from headwater.models import AuthenticationSpec, Field

_ID = re.compile(r"[0-9A-Fa-f]{6,10}(-[0-9A-Fa-f]{2,14}){4}")


@click.command("show")
@slug_argument
@click.option("--example", is_flag=True, help="Print a credentials file to fill in: TOML, or JSON with --json.")
@click.option("--auth", metavar="NAME", help="Authentication specification of the example; the preferred one without.")
@common
@click.pass_obj
def command(state: State, /, *, slug: str, example: bool, auth: str | None) -> None:
    """Show what one connector needs and is.

    SLUG may also be a connection specification id, even one that documentation misprints. With --json, the connector
    is printed as Flow Service's connectionSpec with its authSpec.
    """
    from headwater.rendering import rendered

    connector = _find(state, slug)
    if example:
        from headwater.authentication import choose
        from headwater.cli.example import as_toml, values

        spec = choose(connector, {}, auth=auth, cloud=None if auth else state.cloud())
        emit(values(connector.slug, spec), as_toml(connector.slug, spec), as_json=state.json)
        return
    emit(rendered(connector), _page(connector), as_json=state.json)


def _find(state: State, slug: str) -> Connector:
    from headwater.registry import find, load

    if not _ID.fullmatch(slug):
        return load(slug)
    found = find(slug)
    if found.misprint:
        state.notice(f"documentation misprints this id; the right one is {found.connector.spec.id}")
    return found.connector


def _page(connector: Connector) -> str:
    spec = connector.spec
    facts = [
        ("slug", connector.slug),
        ("connection specification", f"{spec.id or 'not known: ' + spec.no_id_reason} (version {spec.version})"),
        ("misprinted as", ", ".join(spec.misprinted_ids)),
        ("category", spec.category),
        ("ingestion", f"{spec.ingestion}, {spec.kind}"),
        ("lifecycle", spec.lifecycle),
        ("note", spec.lifecycle_note),
        ("documentation", spec.documentation),
        ("distribution", str(connector.distribution)),
    ]
    head = table([(name, fact) for name, fact in facts if fact])
    parts = [f"{spec.name}\n\n{head}", *(_authentication(auth) for auth in connector.authentication)]
    if not connector.authentication:
        parts.append("This source takes no credentials.")
    return "\n\n".join(parts)


def _authentication(auth: AuthenticationSpec) -> str:
    rows = [(field.name, field.type or "any", _mark(field), _meaning(field)) for field in auth.fields]
    note = f"  ({auth.note or 'deprecated'})" if auth.deprecated or auth.note else ""
    body = table(rows, ("FIELD", "TYPE", "", "MEANING"))
    return f"{auth.label}{note}\n" + "\n".join(f"  {line}" for line in body.splitlines())


def _mark(field: Field) -> str:
    return ("required" if field.required else "optional") + (", secret" if field.secret else "")


def _meaning(field: Field) -> str:
    parts = [field.description]
    if field.enum:
        parts.append(f"one of {', '.join(map(str, field.enum))}")
    if field.default is not None:
        parts.append(f"default {field.default}")
    if field.example is not None and not field.secret:
        parts.append(f"example {field.example}")
    return "; ".join(part for part in parts if part)
