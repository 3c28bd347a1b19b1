"""``headwater profiles``: where to send, and as whom, kept in the config file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headwater.cli.options import common
from headwater.cli.output import emit, table

if TYPE_CHECKING:
    from headwater.cli.state import State
    from headwater.profiles.config import Config


@click.group("profiles")
def command() -> None:
    """Say where to send, and as whom."""


@command.command("list")
@common
@click.pass_obj
def list_(state: State, /) -> None:
    """List the profiles of the config file, and the built-in one."""
    from headwater.profiles import LOCAL

    config = _config(state)
    entries = [
        {"name": name, "default": name == config.default, **_facts(values)} for name, values in config.profiles.items()
    ]
    entries.append({"name": LOCAL, "default": not config.exists, "url": "the embedded Flow Service"})
    columns = ("url", "org_id", "sandbox", "cloud")
    rows = [
        ("*" if each["default"] else "", each["name"], *(each.get(column, "") for column in columns))
        for each in entries
    ]
    emit(entries, table(rows, ("", "NAME", "URL", "ORGANIZATION", "SANDBOX", "CLOUD")), as_json=state.json)


@command.command("show")
@click.argument("name", required=False)
@common
@click.pass_obj
def show(state: State, /, *, name: str | None) -> None:
    """Show what would be used now, or one profile, and where each value comes from."""
    from headwater.profiles import resolve

    _config(state)
    profile = resolve(name)
    shown = profile.shown()
    rows = [(key, value, profile.sources.get(key, "")) for key, value in shown.items()]
    result = {"name": profile.name, "origin": profile.origin, "values": shown, "sources": dict(profile.sources)}
    text = f"{profile.name} ({profile.origin})\n{table(rows, ('SETTING', 'VALUE', 'FROM'))}"
    emit(result, text, as_json=state.json)


@command.command("add")
@click.argument("name")
@click.option("--url", help="Root of the platform. [default: https://platform.adobe.io]")
@click.option("--ims-url", help="Root of the identity service. [default: https://ims-na1.adobelogin.com]")
@click.option("--org-id", help="Organization, as in ABC123@AdobeOrg.")
@click.option("--sandbox", help="Sandbox; a remote profile has no default.")
@click.option("--api-key", help="API key. [default: the client id]")
@click.option("--client-id", help="Client id of an OAuth server-to-server credential.")
@click.option("--client-secret", metavar="REFERENCE", help="Where its secret is: env:, file: or keyring:.")
@click.option("--access-token", metavar="REFERENCE", help="Where an access token is, instead of client and secret.")
@click.option("--cloud", type=click.Choice(["azure", "aws"]), help="Cloud of the organization. [default: azure]")
@click.option("--ca-bundle", metavar="FILE", help="Certificate authorities to trust instead of the usual ones.")
@click.option("--proxy", metavar="URL", help="Send through this proxy.")
@click.option("--connect-timeout", type=float, metavar="SECONDS", help="How long to wait for a connection.")
@click.option("--read-timeout", type=float, metavar="SECONDS", help="How long to wait for an answer.")
@click.option("--use", is_flag=True, help="Make it the default.")
@click.option("--force", is_flag=True, help="Replace a profile of this name.")
@common
@click.pass_obj
def add(state: State, /, *, name: str, use: bool, force: bool, **given: Any) -> None:
    """Write a profile into the config file. Secrets are written as references, never themselves."""
    from headwater.errors import InvalidInput
    from headwater.profiles.config import Config, write_profile
    from headwater.profiles.profile import check_complete, check_usable

    values = {key: value for key, value in given.items() if value is not None}
    if name in Config.read().profiles and not force:
        raise InvalidInput(f"there is a profile named {name} already", remedy="replace it with --force")
    check_complete(name, values)
    check_usable(values)
    path = write_profile(name, values, use=use)
    emit({"name": name, "path": str(path)}, f"{name}  written to {path}", as_json=state.json)


@command.command("use")
@click.argument("name")
@common
@click.pass_obj
def use(state: State, /, *, name: str) -> None:
    """Make a profile of the config file the default."""
    from headwater.profiles.config import write_default

    path = write_default(name)
    emit({"name": name, "path": str(path)}, f"{name}  is the default now", as_json=state.json)


def _facts(values: Any) -> dict[str, Any]:
    from headwater.profiles.profile import PLATFORM_URL

    return {"url": PLATFORM_URL, "cloud": "azure", **values}


def _config(state: State) -> Config:
    from headwater.profiles.config import Config

    config = Config.read()
    if config.readable_by_others:
        state.notice(f"{config.path} can be read by other users of this machine; run chmod 600 on it")
    return config
