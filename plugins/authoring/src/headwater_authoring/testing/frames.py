"""The frames that an exception leads to, and what their locals show: debuggers and error trackers print them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from headwater_authoring.testing.canaries import Lookout


def iter_frames(error: BaseException) -> Iterator[FrameType]:
    """Yield every frame reachable from an exception: of its traceback, and of all that it chains."""
    for link in iter_chained(error):
        step = link.__traceback__
        while step is not None:
            yield step.tb_frame
            step = step.tb_next


def iter_chained(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all that it chains, each once."""
    waiting: list[BaseException | None] = [error]
    known: set[int] = set()
    while waiting:
        link = waiting.pop()
        if link is None or id(link) in known:
            continue
        known.add(id(link))
        yield link
        waiting += [link.__cause__, link.__context__, *getattr(link, "exceptions", ())]


def iter_locals(
    error: BaseException, *, but: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    """Yield each local of those frames as ``module.function: local``, and what it shows when it is printed.

    Frames of files whose path begins with one of `but` are passed over: whoever provokes a failure knows the secret.
    """
    for frame in iter_frames(error):
        if frame.f_code.co_filename.startswith(but):
            continue
        module = frame.f_globals.get("__name__", "?")
        for name, value in frame.f_locals.items():
            yield f"{module}.{frame.f_code.co_qualname}: {name}", _print(value)


def find_in_frames(
    error: BaseException, lookout: Lookout, *, but: tuple[str, ...] = ()
) -> list[str]:
    """Name the locals that show a canary when they are printed, each once; see `iter_locals`."""
    places = [
        place for place, text in iter_locals(error, but=but) if lookout.sees(text)
    ]
    return list(dict.fromkeys(places))


def _print(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # what cannot be printed shows nothing
        return ""
