"""Record what one command of a checkout's own headwater calls in core, and print it as JSON.

Run by the checkout's Python, as a file: `recorder.py ARGUMENT...`, the arguments of the command line. Everything the
command prints goes to standard error. What counts as a call is said in `walk`.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

# The variable that holds the secret; a reference to it is looked up as often as it is read.
VARIABLE = "HEADWATER_MEASURED_SECRET"

# What hides its calls, as file:function; of core, the path starts below the package.
_HIDING = re.compile(
    r"(flowservice|http)/"  # the platform client
    r"|.*:(Registry\.load|installed)$"  # the search among installed plugins
    r"|.*/(src|site-packages)/headwater_\w+/"  # a plugin
    r"|.*:<module>$"  # an import
)
_DUNDER = re.compile(r"__\w+__$")
# A decorator that only hands on: what it wraps is called by whoever calls the wrapper.
_HANDS_ON = "without_frames.<locals>.call"


class Recorder:
    """A profile function, and what it has seen between the command's start and end."""

    def __init__(self, core: Path, command: str) -> None:
        self.calls: Counter[tuple[str, str]] = Counter()
        self.validations = 0
        self.lookups = 0
        self._core = f"{core}/"
        self._start = f"cli/{command}.py:command"

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        """Take note of one call, as `sys.setprofile` reports it."""
        if event != "call":
            return
        if self._name(frame) == self._start:
            self.calls["", self._start] += 1
        elif self._is_lookup(frame):
            self.lookups += self._is_counted(frame)
        elif self._is_validation(frame):
            self.validations += self._is_counted(frame)
        elif self._is_function(frame) and self._is_counted(frame):
            self.calls[self._caller(frame), self._name(frame)] += 1

    def _is_lookup(self, frame: FrameType) -> bool:
        return (
            frame.f_code.co_qualname == "_Environ.__getitem__"
            and frame.f_locals.get("key") == VARIABLE
        )

    def _is_validation(self, frame: FrameType) -> bool:
        """Say whether core makes a validator of JSON Schema; those that such a one makes for itself do not count."""
        code = frame.f_code
        if (
            code.co_name != "__init__"
            or "jsonschema.validators" not in code.co_filename
        ):
            return False
        return self._is_core(next(_outward(frame)))

    def _is_function(self, frame: FrameType) -> bool:
        """Say whether a frame is a named function of core, not a class body, lambda, comprehension or dunder."""
        code = frame.f_code
        if not self._is_core(frame) or not code.co_flags & inspect.CO_OPTIMIZED:
            return False
        if code.co_qualname == _HANDS_ON:
            return False
        return code.co_name.isidentifier() and not _DUNDER.match(code.co_name)

    def _is_counted(self, frame: FrameType) -> bool:
        """Say whether the command is what a frame was called from, with nothing between that hides its calls."""
        for outer in _outward(frame):
            name = self._name(outer)
            if name == self._start:
                return True
            if _HIDING.match(name):
                return False
        return False

    def _caller(self, frame: FrameType) -> str:
        """Name the nearest function of core that a frame was called from."""
        return next(
            self._name(outer)
            for outer in _outward(frame)
            if self._is_core(outer) and outer.f_code.co_qualname != _HANDS_ON
        )

    def _is_core(self, frame: FrameType) -> bool:
        return frame.f_code.co_filename.startswith(self._core)

    def _name(self, frame: FrameType) -> str:
        path = frame.f_code.co_filename.removeprefix(self._core)
        return f"{path}:{frame.f_code.co_qualname}"


def _outward(frame: FrameType) -> Iterator[FrameType]:
    """Return the frames around a frame, the nearest first."""
    outer = frame.f_back
    while outer is not None:
        yield outer
        outer = outer.f_back


def record(arguments: list[str]) -> Recorder:
    """Run the command line with the arguments, its output on standard error. Raises `SystemExit` where it fails."""
    import headwater
    from headwater.cli import main

    recorder = Recorder(Path(headwater.__file__).parent, command=arguments[0])
    sys.argv = ["headwater", *arguments]
    with redirect_stdout(sys.stderr):
        sys.setprofile(recorder)
        try:
            main()
        finally:
            sys.setprofile(None)
    if not recorder.calls:
        raise SystemExit(
            "the command was not seen: it is no longer cli/<its name>.py:command"
        )
    return recorder


if __name__ == "__main__":
    recorded = record(sys.argv[1:])
    calls = [
        [caller, callee, times] for (caller, callee), times in recorded.calls.items()
    ]
    sys.stdout.write(
        json.dumps(
            {
                "calls": calls,
                "validations": recorded.validations,
                "lookups": recorded.lookups,
            }
        )
    )
