"""docs/cli.md, made from the commands themselves: ``python docs/tools/cli_reference.py > docs/cli.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from headwater.cli.failures import MEANINGS
from headwater.cli.group import root

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """# Command line

Made from the commands by `python docs/tools/cli_reference.py`; a test compares.

Results go to standard output, everything else to standard error. With `--json`, a failure after the command line was
understood is `{"error": {"kind": ..., "message": ..., ...}}` on standard error.

Names and texts of tenants, sources, plugins and files are other people's. Characters that would command a terminal, or
reorder or hide what it shows (control characters, bidirectional and other format characters), are written as escapes,
whoever prints: as `\\x1b` in text, and as `\\u001b` in JSON, which means the same to a program. A plugin's command
prints without colours.

| exit code | meaning |
|---|---|
"""

_COMPLETION = """
Shell completion, slugs included: `eval "$(_HEADWATER_COMPLETE=bash_source headwater)"` in `~/.bashrc`, the same with
`zsh_source` in `~/.zshrc`, or `_HEADWATER_COMPLETE=fish_source headwater | source` for fish.
"""


def reference() -> str:
    """Return the whole page."""
    codes = "".join(f"| {code} | {meaning} |\n" for code, meaning in MEANINGS.items())
    context = click.Context(root, info_name="headwater", **root.context_settings)
    sections = "\n".join(_sections(root, context))
    return f"{_HEAD}{codes}{_COMPLETION}\n{sections}"


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    context.terminal_width = context.max_content_width = 100
    yield f"## `{context.command_path}`\n\n```\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _sections(
                    child, click.Context(child, info_name=name, parent=context)
                )


if __name__ == "__main__":
    click.echo(reference(), nl=False)
