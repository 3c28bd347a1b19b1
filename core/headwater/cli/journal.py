"""``headwater journal``: what this machine set out to create, and what became of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from headwater.cli.group import Commands
from headwater.cli.options import common
from headwater.cli.output import emit, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.cli.state import State
    from headwater.create.journal import Entry

_SHORT = 12  # characters of a key that the list shows
_MEANINGS = {
    "open": "not known: it may or may not have been created",
    "created": "created",
    "found": "found after an unknown outcome, perhaps made by another client",
    "refused": "refused, or not sent: nothing was created",
}


@click.group("journal", cls=Commands)
def command() -> None:
    """See what creates this machine has begun, and how they ended."""


@command.command("list")
@click.option(
    "--open", "only_open", is_flag=True, help="Only those of unknown outcome."
)
@common
@click.pass_obj
def list_(state: State, /, *, only_open: bool) -> None:
    """List the creates of this machine, oldest first."""
    from headwater.create.journal import default_journal

    entries, damaged = default_journal().survey()
    for key in damaged:
        state.notice(
            f"the entry {key} cannot be read; what it was for is not known"
            f" (`headwater journal forget {key}` drops it)"
        )
    if only_open:
        entries = [entry for entry in entries if entry.is_open]
    emit(
        [_document(entry) for entry in entries],
        _list_text(entries),
        as_json=state.json,
    )


@command.command("show")
@click.argument("key")
@common
@click.pass_obj
def show(state: State, /, *, key: str) -> None:
    """Show one entry; the beginning of its key will do."""
    from headwater.create.journal import default_journal

    entry = default_journal().find(key)
    facts = {
        "key": entry.key,
        "outcome": _MEANINGS[entry.outcome],
        "id": entry.id,
        "name": entry.target.name,
        "kind": entry.target.kind,
        "specification": entry.target.spec_id,
        "endpoint": entry.target.endpoint,
        "organization": entry.target.organization,
        "sandbox": entry.target.sandbox,
        "intended": _moment(entry.intended_at),
        "ended": _moment(entry.ended_at),
        "body (SHA-256, without secrets)": entry.digest,
    }
    rows = [(name, fact) for name, fact in facts.items() if fact]
    emit(_document(entry), table(rows), as_json=state.json)


@command.command("forget")
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@click.option(
    "--yes", is_flag=True, help="Do not ask, also where the outcome is not known."
)
@common
@click.pass_obj
def forget(state: State, /, *, keys: tuple[str, ...], yes: bool) -> None:
    """Drop entries.

    After that a create looks at the service alone. Where the outcome is not known, look for the connection first.
    """
    from headwater.create.journal import default_journal

    journal = default_journal()
    found = [journal.key_of(key) for key in keys]
    open_keys = [key for key in found if journal.is_open(key)]
    if open_keys and not yes:
        click.confirm(
            f"{len(open_keys)} of unknown outcome: what they created may appear later. Drop them?",
            abort=True,
            err=True,
        )
    for key in found:
        journal.forget(key)
    emit({"forgotten": found}, f"{len(found)} dropped", as_json=state.json)


def _list_text(entries: Sequence[Entry]) -> str:
    if not entries:
        return "no creates"
    rows = [
        (
            entry.key[:_SHORT],
            _moment(entry.intended_at),
            entry.outcome,
            entry.id or "-",
            entry.target.sandbox,
            entry.target.name,
        )
        for entry in entries
    ]
    return table(rows, ("KEY", "WHEN", "OUTCOME", "ID", "SANDBOX", "NAME"))


def _document(entry: Entry) -> dict[str, Any]:
    target = entry.target
    return {
        "key": entry.key,
        "outcome": entry.outcome,
        "id": entry.id or None,
        "name": target.name,
        "kind": target.kind,
        "connectionSpecId": target.spec_id,
        "endpoint": target.endpoint,
        "organization": target.organization,
        "sandbox": target.sandbox,
        "intendedAt": _moment(entry.intended_at),
        "endedAt": _moment(entry.ended_at) or None,
        "digest": entry.digest,
    }


def _moment(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
