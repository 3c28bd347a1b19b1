"""``headwater landing-zone``: the container of a sandbox for files, what opens it, and what lies in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headwater.cli.group import Commands
from headwater.cli.options import common, sending
from headwater.cli.output import emit, join_lines, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from headwater.cli.state import State
    from headwater.flowservice.landing_zone import LandingZone
    from headwater.flowservice.service import FlowService

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@click.group("landing-zone", cls=Commands)
def command() -> None:
    """Put files into the data landing zone, and look into it.

    Each sandbox has a container of its own. Files in it are removed after some days, seven as a rule.
    """


def _typed(function: Decorated) -> Decorated:
    """Add ``--destination``."""
    return click.option(
        "--destination",
        is_flag=True,
        help="The container that exports go to, instead of that for files of yours.",
    )(function)


def _revealing(function: Decorated) -> Decorated:
    """Add ``--reveal``."""
    return click.option("--reveal", is_flag=True, help="Show secrets in clear.")(
        function
    )


@command.command("show")
@_typed
@sending
@common
@click.pass_obj
def show(state: State, /, *, destination: bool) -> None:
    """Show the container: its name, and for how long it keeps files."""
    with state.service(state.profile()) as service:
        found = service.landing_zone.get(_type(destination))
    emit(found, _facts_text(found), as_json=state.json)


@command.command("credentials")
@_typed
@_revealing
@sending
@common
@click.pass_obj
def credentials(state: State, /, *, destination: bool, reveal: bool) -> None:
    """Show what opens the container; the same until it expires or is refreshed."""
    _print_credentials(
        state, lambda zone: zone.credentials(_type(destination)), reveal=reveal
    )


@command.command("refresh")
@_typed
@_revealing
@sending
@common
@click.pass_obj
def refresh(state: State, /, *, destination: bool, reveal: bool) -> None:
    """Have the platform make new credentials. Those before may be refused from then on."""
    _print_credentials(
        state, lambda zone: zone.refresh(_type(destination)), reveal=reveal
    )


@command.command("upload")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE"
)
@click.option(
    "--as",
    "name",
    metavar="NAME",
    help="Its name in the container, folders with slashes between; that of FILE by default.",
)
@sending
@common
@click.pass_obj
def upload(state: State, /, *, file: Path, name: str | None) -> None:
    """Put a file into the container, in the place of one of the same name."""
    chosen = (name or file.name).strip("/")
    with (
        state.service(state.profile()) as service,
        file.open("rb") as opened,
    ):
        done = service.landing_zone.upload(opened, chosen)
    emit(done, join_lines([f"{done['path']}  uploaded"]), as_json=state.json)


@command.command("list")
@click.argument("folder", metavar="[FOLDER]", required=False)
@sending
@common
@click.pass_obj
def list_(state: State, /, *, folder: str | None) -> None:
    """List what lies in the container, or in one of its folders, given by its path with or without the container."""
    from headwater.cli.source import exploration_text
    from headwater.flowservice.landing_zone import SPEC_ID

    with state.service(state.profile()) as service:
        found = service.connection_specs.explore(
            SPEC_ID,
            object_type="folder" if folder else "root",
            object=_in_container(service, folder) if folder else None,
        )
    emit(found, exploration_text(found), as_json=state.json)


@command.command("preview")
@click.argument("path", metavar="PATH")
@sending
@common
@click.pass_obj
def preview(state: State, /, *, path: str) -> None:
    """Show the columns and first rows of a file; the service finds out how it is written.

    PATH is what `list` and `upload` show, or the same without the container.
    """
    from headwater.cli.source import exploration_text
    from headwater.flowservice.landing_zone import SPEC_ID

    with state.service(state.profile()) as service:
        found = service.connection_specs.explore(
            SPEC_ID,
            object_type="file",
            object=_in_container(service, path),
            preview=True,
            determine_properties=True,
        )
    emit(found, exploration_text(found), as_json=state.json)


def _in_container(service: FlowService, path: str) -> str:
    """Return a path as explorations take it: it begins with the name of the container."""
    container = service.landing_zone.get().get("containerName")
    if not isinstance(container, str) or f"{path}/".startswith(f"{container}/"):
        return path
    return f"{container}/{path.lstrip('/')}"


def _print_credentials(
    state: State, ask: Callable[[LandingZone], dict[str, Any]], *, reveal: bool
) -> None:
    from headwater.secret import mask, reveal_all

    with state.service(state.profile()) as service:
        found = ask(service.landing_zone)
    if not reveal:
        state.remember(found)
        state.notice("secrets are hidden; --reveal shows them")
    shown = reveal_all(found) if reveal else mask(found)
    emit(shown, _facts_text(shown), as_json=state.json)


def _type(destination: bool) -> str:
    from headwater.flowservice.landing_zone import TYPES

    return TYPES[destination]


def _facts_text(facts: dict[str, Any]) -> str:
    """Return facts for people, those within others below them."""
    rows: list[tuple[str, str]] = []
    for name, value in facts.items():
        if isinstance(value, dict):
            rows += [(f"{name}.{inner}", str(fact)) for inner, fact in value.items()]
        else:
            rows.append((name, str(value)))
    return table(rows)
