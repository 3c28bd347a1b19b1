"""The command line: the only room that prints and exits."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from headwater.cli.group import root
from headwater.cli.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main", "run"]


def main() -> None:
    """Run the command line of this process and exit."""
    code = run(sys.argv[1:])
    if code:
        sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; see docs/cli.md for what the codes mean."""
    state = State()
    try:
        result = root.main(args=[*arguments], prog_name="headwater", standalone_mode=False, obj=state)
        state.tell_held_back()
        sys.stdout.flush()
    except BrokenPipeError:
        return quiet()
    except (Exception, KeyboardInterrupt) as error:
        from headwater.cli.failures import report

        return report(error, state)
    return result if isinstance(result, int) else 0


def quiet() -> int:
    """End without complaint after the reader of our output has gone, as after ``| head``."""
    import os

    # What is left in the buffer would fail again when the interpreter flushes it at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
