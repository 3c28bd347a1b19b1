"""Commands that plugins bring: loaded when run, named when they fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from headwater.errors import BrokenPlugin, ConnectorClash, NotConfigured
from headwater.foreign import foreign
from headwater.models import distribution_of

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def load(name: str, entries: list[EntryPoint]) -> click.Command:
    """Return the click command of an entry point. Raises `ConnectorClash` or `BrokenPlugin`."""
    owners = [distribution_of(entry) for entry in entries]
    if len(owners) > 1:
        raise ConnectorClash(
            f"the command {name} is registered by two distributions: {', '.join(map(str, owners))}",
            remedy="uninstall one of them",
        )
    with foreign(f"command {name}: importing {entries[0].value}", owners[0]):
        command = entries[0].load()
    if not isinstance(command, click.Command):
        raise BrokenPlugin(
            f"command {name} of {owners[0]} is not a click command",
            distribution=str(owners[0]),
        )
    return command


def not_installed(name: str, distribution: str) -> NotConfigured:
    """Return the error for a command whose distribution is known but not installed."""
    folder = distribution.removeprefix("headwater-")
    return NotConfigured(
        f"the command {name} comes with {distribution}, which is not installed",
        remedy=f"run `python -m pip install {distribution}`, or from a checkout `python -m pip install "
        f"--editable . --editable plugins/{folder}`",
    )
