"""``headwater profiles``: where to send, and as whom, kept in the config file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headwater.cli.group import Commands
from headwater.cli.options import common
from headwater.cli.output import emit, join_lines, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headwater.cli.state import State
    from headwater.profiles import Profile
    from headwater.profiles.config import Config

_COLUMNS = ("url", "org_id", "sandbox", "cloud")


@click.group("profiles", cls=Commands)
def command() -> None:
    """Say where to send, and as whom."""


@command.command("list")
@common
@click.pass_obj
def list_(state: State, /) -> None:
    """List the profiles of the config file, and the built-in one."""
    from headwater.profiles.config import Config

    config = Config.read()
    _tell(state, config.notices)
    entries = []
    for name in config.profiles:
        entries.append(_entry(config.profile(name), name == config.default_name))
    entries.append(_local_entry(config))
    rows = []
    for entry in entries:
        mark = "*" if entry["default"] else ""
        facts = [entry[column] or "" for column in ("name", *_COLUMNS)]
        rows.append((mark, *facts))
    emit(
        entries,
        table(rows, ("", "NAME", "URL", "ORGANIZATION", "SANDBOX", "CLOUD")),
        as_json=state.json,
    )


@command.command("show")
@click.argument("name", required=False)
@common
@click.pass_obj
def show(state: State, /, *, name: str | None) -> None:
    """Show what would be used now, or one profile, and where each value comes from."""
    from headwater.profiles import resolve

    profile = resolve(name)
    _tell(state, profile.notices)
    if profile.missing:
        state.notice(f"profile {profile.name} lacks {', '.join(profile.missing)}")
    values = profile.shown()
    sources = {key: profile.sources.get(key, "default") for key in values}
    result = {
        "name": profile.name,
        "origin": profile.origin,
        "values": values,
        "sources": sources,
        "missing": profile.missing,
    }
    rows = [(key, value, sources[key]) for key, value in values.items()]
    settings = table(rows, ("SETTING", "VALUE", "FROM"))
    heading = join_lines([f"{profile.name} ({profile.origin})"])
    text = f"{heading}\n{settings}"
    emit(result, text, as_json=state.json)


@command.command("add")
@click.argument("name")
@click.option(
    "--url", help="Root of the platform. [default: https://platform.adobe.io]"
)
@click.option(
    "--ims-url",
    help="Root of the identity service. [default: https://ims-na1.adobelogin.com]",
)
@click.option("--org-id", help="Organization, as in ABC123@AdobeOrg.")
@click.option("--sandbox", help="Sandbox; a remote profile has no default.")
@click.option("--api-key", help="API key. [default: the client id]")
@click.option("--client-id", help="Client id of an OAuth server-to-server credential.")
@click.option(
    "--client-secret",
    metavar="REFERENCE",
    help="Where its secret is: env:, file: or keyring:.",
)
@click.option(
    "--access-token",
    metavar="REFERENCE",
    help="Where an access token is, instead of client and secret.",
)
@click.option(
    "--cloud",
    type=click.Choice(["azure", "aws"]),
    help="Cloud of the organization. [default: azure]",
)
@click.option(
    "--ca-bundle",
    metavar="FILE",
    help="Certificate authorities to trust instead of the usual ones.",
)
@click.option("--proxy", metavar="URL", help="Send through this proxy.")
@click.option(
    "--connect-timeout",
    type=float,
    metavar="SECONDS",
    help="How long to wait for a connection.",
)
@click.option(
    "--read-timeout",
    type=float,
    metavar="SECONDS",
    help="How long to wait for an answer.",
)
@click.option(
    "--list-lag",
    type=float,
    metavar="SECONDS",
    help="How long lists may lag behind writes; 60 unless given.",
)
@click.option("--use", is_flag=True, help="Make it the default.")
@click.option("--force", is_flag=True, help="Replace a profile of this name.")
@common
@click.pass_obj
def add(state: State, /, *, name: str, use: bool, force: bool, **given: Any) -> None:
    """Write a profile into the config file. Secrets are written as references, never themselves."""
    from headwater.errors import InvalidInput
    from headwater.profiles.config import (
        Config,
        beside,
        check_name,
        check_profile,
        config_path,
    )
    from headwater.profiles.profile import check_complete, check_usable
    from headwater.profiles.writing import write_profile

    values = {key: value for key, value in given.items() if value is not None}
    if "ca_bundle" in values:
        values["ca_bundle"] = beside(Path.cwd(), values["ca_bundle"])
    check_name(name)
    # first of all, so that a secret given here is never overlooked
    check_profile(config_path(), name, values)
    if name in Config.read().profiles and not force:
        raise InvalidInput(
            f"there is a profile named {name} already", remedy="replace it with --force"
        )
    check_complete(name, values)
    check_usable(values)
    path = write_profile(name, values, use=use)
    default = Config.read(path).default_name == name
    text = join_lines([f"{name}  written to {path}"])
    if default:
        text += ", and the default now"
    emit(
        {"name": name, "path": str(path), "default": default}, text, as_json=state.json
    )


@command.command("use")
@click.argument("name")
@common
@click.pass_obj
def use(state: State, /, *, name: str) -> None:
    """Make a profile of the config file the default."""
    from headwater.profiles.writing import write_default

    path = write_default(name)
    emit(
        {"name": name, "path": str(path)},
        join_lines([f"{name}  is the default now"]),
        as_json=state.json,
    )


def _entry(profile: Profile, default: bool) -> dict[str, Any]:
    values = profile.shown()
    return {
        "name": profile.name,
        **{column: values.get(column) for column in _COLUMNS},
        "default": default,
    }


def _local_entry(config: Config) -> dict[str, Any]:
    from headwater.profiles import LOCAL, resolve

    return _entry(resolve(LOCAL, environ={}), not config.exists)


def _tell(state: State, notices: Iterable[str]) -> None:
    for notice in notices:
        state.notice(notice)
