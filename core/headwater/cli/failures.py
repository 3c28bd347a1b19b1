"""Every failure becomes text or JSON on standard error, and an exit code, here and nowhere else."""

from __future__ import annotations

import errno
import json
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headwater import errors
from headwater.cleaning import Cleaner
from headwater.cli.interruption import Terminated
from headwater.cli.output import say, say_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from headwater.cli.state import State
    from headwater.secret import Secret

# How the parts of a traceback begin that hold no value: places, lines of source, and what Python says between them.
_NO_VALUES = ('  File "', "Traceback (", "\nThe above exception", "\nDuring handling")
_OUTPUT_ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT)

# The first class that fits decides; docs/cli.md lists the codes.
EXIT_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (errors.InvalidInput, 2),
    (errors.NotAuthenticated, 4),
    (errors.NotPermitted, 4),
    (errors.ChangedMeanwhile, 5),
    (errors.ConnectionExists, 5),
    (errors.Unavailable, 6),
    (errors.Unreachable, 6),
    (errors.OutcomeUnknown, 6),
    (errors.CreateInProgress, 6),
    (errors.ServiceError, 3),
    (errors.CredentialsRefused, 4),
    (errors.SourceNotPermitted, 4),
    (errors.SourceThrottled, 6),
    (errors.SourceUnavailable, 6),
    (errors.SourceNotFound, 3),
)
MEANINGS = {
    0: "fine",
    1: "a bug, of Headwater or of the plugin it names; or the output cannot be written",
    2: "invalid input or usage, or a declined or impossible prompt",
    3: "refused by the service, or not found",
    4: "not authenticated or not permitted, by the service or by the source",
    5: "exists already, or changed meanwhile",
    6: "unreachable, busy, throttled, or outcome unknown",
    130: "interrupted",
    143: "terminated",
}


def report(error: BaseException, state: State) -> int:
    """Print the error and return its exit code."""
    interruption = _find_interruption(error)
    if interruption is not None:
        return _report_interruption(interruption, state)
    if isinstance(error, click.Abort):
        message = "declined, or no input; nothing was done"
        return _say(state, {"kind": "declined", "message": message}, 2)
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, errors.HeadwaterError):
        return _report_ours(error, state)
    if isinstance(error, OSError) and error.errno in _OUTPUT_ERRORS:
        message = f"the output cannot be written ({error.strerror})"
        return _say(state, {"kind": "output", "message": message}, 1)
    return _report_bug(error, state)


def exit_code(error: errors.HeadwaterError) -> int:
    """Return the exit code of one of our errors."""
    for kind, code in EXIT_CODES:
        if isinstance(error, kind):
            return code
    return 1


def _report_interruption(interruption: KeyboardInterrupt, state: State) -> int:
    if isinstance(interruption, Terminated):
        return _say(state, {"kind": "interrupted", "message": "terminated"}, 143)
    return _say(state, {"kind": "interrupted", "message": "interrupted"}, 130)


def _report_ours(error: errors.HeadwaterError, state: State) -> int:
    code = _say(state, error.data(), exit_code(error), text=_in_text(error))
    frames = getattr(error, "frames", "")
    if state.debug and frames:
        say_lines(frames)
    return code


def _in_text(error: errors.HeadwaterError) -> str:
    """Return an error for people, with the ids of what it speaks of."""
    ids = ", ".join(getattr(error, "ids", ()))
    message = f"{error.message}: {ids}" if ids else error.message
    return "; ".join(filter(None, [message, error.remedy]))


def _report_bug(error: BaseException, state: State) -> int:
    place = ""
    frames = traceback.extract_tb(error.__traceback__)
    if frames:
        place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}"
    # The error's own text could hold anything, so it is shown only on request, and cleaned.
    data = {
        "kind": "bug",
        "message": f"internal error: {type(error).__name__}{place}",
        "remedy": "run again with --debug, and report it with what that prints",
        "distribution": state.plugin,
    }
    if state.debug:
        data["remedy"] = ""
    if state.plugin:
        data["message"] = (
            f"internal error of {state.plugin}: {type(error).__name__}{place}"
        )
        data["remedy"] = f"report it to the authors of {state.plugin}"
    code = _say(state, data, 1)
    if state.debug:
        say_lines("".join(_format_chain(error, state.secrets)))
    return code


def _format_chain(error: BaseException, secrets: Iterable[Secret]) -> Iterator[str]:
    """Yield a traceback and those of what the error chains; what Python and the source say is no value, and stays."""
    cleaner = Cleaner(secrets)
    for part in traceback.TracebackException.from_exception(error).format():
        yield part if part.startswith(_NO_VALUES) else cleaner.clean(part)


def _say(state: State, data: dict[str, Any], code: int, *, text: str = "") -> int:
    if state.json:
        if state.notices:
            data = {**data, "notices": state.notices}
        say(json.dumps({"error": data}))
        return code
    if not text:
        text = "; ".join(filter(None, [data["message"], data.get("remedy")]))
    say(f"error: {text}")
    return code


def _find_interruption(error: BaseException) -> KeyboardInterrupt | None:
    """Return what interrupted the command: click turns that into its `Abort`."""
    causes = [error]
    if isinstance(error, click.Abort):
        causes += [error.__cause__ or error, error.__context__ or error]
    for cause in causes:
        if isinstance(cause, KeyboardInterrupt):
            return cause
    return None
