"""Shell completion, of which click writes the bytes itself: what it offers is escaped before."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from headwater.cli.characters import escape_line

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem, ShellComplete

# The variable by which a shell asks click for completions.
VARIABLE = "_HEADWATER_COMPLETE"


def escape_if_asked() -> None:
    """Where a shell is asking for completions, let each be escaped: names of commands and slugs come from plugins."""
    if VARIABLE not in os.environ:
        return
    from click import shell_completion

    shell = os.environ[VARIABLE].partition("_")[0]
    kind = shell_completion.get_completion_class(shell)
    if kind is not None:
        shell_completion.add_completion_class(_escaping(kind), shell)


def _escaping(kind: type[ShellComplete]) -> type[ShellComplete]:
    class Escaping(kind):  # type: ignore[misc, valid-type]
        def get_completions(
            self, args: list[str], incomplete: str
        ) -> list[CompletionItem]:
            items: list[CompletionItem] = super().get_completions(args, incomplete)
            for item in items:
                item.value = escape_line(str(item.value))
                item.help = item.help and escape_line(item.help)
            return items

    return Escaping
