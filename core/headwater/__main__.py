"""Where the process of a command begins: from its first moment on, Ctrl-C ends it without a traceback.

Importing the command line takes a tenth of a second. A `KeyboardInterrupt` in the middle of an import can end up
anywhere, so until the commands can report it, the signal itself ends the process.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_INTERRUPTED = 130


def main() -> None:
    """Run the command line of this process and exit."""
    patient = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if patient:  # a shell that starts it in the background has the signal ignored
        signal.signal(signal.SIGINT, _leave)
    from headwater import cli

    try:
        if patient:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        cli.main()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    finally:
        if patient:  # what is left is the interpreter's own end
            signal.signal(signal.SIGINT, signal.SIG_DFL)


def _leave(_number: int, _frame: FrameType | None) -> None:
    os.write(2, b"error: interrupted\n")
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
