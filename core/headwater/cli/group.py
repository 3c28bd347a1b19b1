"""The root command: knows every command by name and one line, and imports one when it is run."""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
from typing import TYPE_CHECKING, Any

import click

from headwater.cli import streams
from headwater.cli.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import EntryPoint

GROUP = "headwater.commands"

# Name -> where it is, and the first line of its help, so that `headwater --help` imports no command.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "list": ("headwater.cli.listing:command", "List the installed connectors."),
    "show": ("headwater.cli.show:command", "Show what one connector needs and is."),
    "validate": (
        "headwater.cli.validate:command",
        "Check credentials against a connector, offline.",
    ),
    "payload": (
        "headwater.cli.payload:command",
        "Print exactly what create would send.",
    ),
    "check": (
        "headwater.cli.check:command",
        "Prove credentials against the source, or test every connection.",
    ),
    "tables": (
        "headwater.cli.tables:command",
        "List the tables of a source, asking it directly.",
    ),
    "columns": (
        "headwater.cli.columns:command",
        "Show the columns of a table as a source connection takes them.",
    ),
    "preview": (
        "headwater.cli.preview:command",
        "Show the first rows of a table, asking the source.",
    ),
    "create": (
        "headwater.cli.create:command",
        "Create a base connection, exactly once.",
    ),
    "journal": (
        "headwater.cli.journal:command",
        "See what creates this machine has begun, and how they ended.",
    ),
    "connections": (
        "headwater.cli.connections:command",
        "List, read, test, explore, change and delete base connections.",
    ),
    "landing-zone": (
        "headwater.cli.landing_zone:command",
        "Put files into the data landing zone, and look into it.",
    ),
    "profiles": ("headwater.cli.profiles:command", "Say where to send, and as whom."),
    "specs": (
        "headwater.cli.specs:command",
        "Pull and read a tenant's connection specifications.",
    ),
    "doctor": (
        "headwater.cli.doctor:command",
        "Check installation, profile, and connectors against the tenant.",
    ),
}

# Commands of this project's plugins, for those who have not installed them: name -> distribution, first line of help.
OFFERED: Mapping[str, tuple[str, str]] = {
    "local": (
        "headwater-local-flow-service",
        "Look at, export, import and empty the embedded service's store.",
    ),
    "new": (
        "headwater-authoring",
        "Start a connector: a distribution that installs and passes its tests.",
    ),
    "serve": (
        "headwater-local-flow-service",
        "Serve the embedded Flow Service over HTTP.",
    ),
}


class Commands(click.Group):
    """A group that offers the nearest of its commands for one it does not have."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        name = args[0]
        if not ctx.resilient_parsing and not name.startswith("-"):
            self._check_known(ctx, name)
        return super().resolve_command(ctx, args)

    def _check_known(self, ctx: click.Context, name: str) -> None:
        known = self.list_commands(ctx)
        if name in known:
            return
        message = f"no such command: {name}"
        near = difflib.get_close_matches(name, known, n=1)
        if near:
            message += f"; did you mean {near[0]}?"
        raise click.UsageError(message, ctx)


class Root(Commands):
    """A lazy group. Core's commands come first; a plugin can add commands but not take one over."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return [*COMMANDS, *sorted({*OFFERED, *_plugins()} - set(COMMANDS))]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in COMMANDS:
            module, _colon, attribute = COMMANDS[name][0].partition(":")
            command: click.Command = getattr(importlib.import_module(module), attribute)
            return command
        plugins = _plugins().get(name)
        if plugins:
            from headwater.cli.plugin_commands import load
            from headwater.models import distribution_of

            loaded = load(name, plugins)
            if isinstance(ctx.obj, State):
                ctx.obj.plugin = str(distribution_of(plugins[0]))
            return loaded
        if name in OFFERED:
            from headwater.cli.plugin_commands import not_installed

            raise not_installed(name, OFFERED[name][0])
        return super().get_command(ctx, name)

    def _check_known(self, ctx: click.Context, name: str) -> None:
        if (
            name not in COMMANDS
        ):  # the names of plugins' commands are read from the metadata of all distributions
            super()._check_known(ctx, name)

    def format_commands(
        self, _ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        rows = [(name, self._line(name)) for name in self.list_commands(_ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
        for name in sorted(set(_plugins()) & set(COMMANDS)):
            formatter.write(
                f"\nThe command {name} of {_owners(name)} is left out: a plugin cannot replace one of these.\n"
            )

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with streams.catch_broken_pipe():  # --help prints here
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with streams.catch_broken_pipe():
            return super().invoke(ctx)

    def _line(self, name: str) -> str:
        if name in COMMANDS:
            return COMMANDS[name][1]
        if name in OFFERED:
            return OFFERED[name][1]
        return f"(from {_owners(name)})"


@click.group(
    cls=Root,
    # Terminal codes are escaped wherever they come from; without colours click leaves a plugin's own styles out.
    context_settings={"help_option_names": ["-h", "--help"], "color": False},
    epilog="Shell completion: see docs/cli.md. Exit codes: 0 fine, 2 invalid input, 3 refused, 4 not permitted, "
    "5 exists or changed, 6 unreachable or unknown, 1 a bug.",
)
@click.version_option(package_name="headwater", prog_name="headwater")
def root() -> None:
    """Connect sources to Adobe Experience Platform: from connector and credentials to a base connection."""


def _plugins() -> dict[str, list[EntryPoint]]:
    entries: dict[str, list[EntryPoint]] = {}
    for entry in importlib.metadata.entry_points(group=GROUP):
        entries.setdefault(entry.name, []).append(entry)
    return entries


def _owners(name: str) -> str:
    from headwater.models import distribution_of

    return ", ".join(distribution_of(entry).name for entry in _plugins()[name])
