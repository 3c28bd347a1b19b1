"""The command line: the only room that prints and exits."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from headwater.cli import completion, streams
from headwater.cli.group import root
from headwater.cli.state import State
from headwater.credentials.request_budget import one_budget

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main", "run"]


def main() -> None:
    """Run the command line of this process and exit."""
    streams.repair()
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # once more, while the first was being reported
        code = 130
    if code:
        sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; see docs/cli.md for what the codes mean.

    Whatever is written meanwhile, by anybody, is escaped for terminals.
    """
    completion.escape_if_asked()
    with streams.guarded():
        return _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    state = State()
    try:
        _check_encoding(arguments)
        with one_budget():
            result = root.main(
                args=[*arguments],
                prog_name="headwater",
                standalone_mode=False,
                obj=state,
            )
        state.tell_notices()
        sys.stdout.flush()
    except (streams.ReaderGone, BrokenPipeError):
        streams.silence(1)
        return 0
    except (Exception, KeyboardInterrupt) as error:
        from headwater.cli.failures import report

        return report(error, state)
    return result if isinstance(result, int) else 0


def _check_encoding(arguments: Sequence[str]) -> None:
    """Refuse arguments that are not valid text: they could neither be sent nor shown as they were given."""
    from headwater.secret import has_unpaired_surrogate

    if any(map(has_unpaired_surrogate, arguments)):
        from headwater.errors import InvalidInput

        raise InvalidInput(
            "an argument is not valid text in the encoding of this terminal",
            remedy="give it as UTF-8",
        )
