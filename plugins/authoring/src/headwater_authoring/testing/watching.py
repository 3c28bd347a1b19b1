"""Everything that can be seen of a stretch of code: its log, what it prints, its warnings, its errors."""

from __future__ import annotations

import contextlib
import io
import logging
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import attrs

from headwater_authoring.testing.frames import iter_chained, iter_locals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headwater_authoring.testing.canaries import Lookout


# Whoever provokes a failure knows the canaries.
_OURS = str(Path(__file__).parent)


@attrs.frozen
class Seen:
    """A text, and where it was seen; the text itself is never shown."""

    where: str
    text: str = attrs.field(repr=False)


class Watch:
    """A context manager that collects texts. Logs are read at DEBUG, of every logger.

    Not for use by two threads at once: logging, ``sys.stdout`` and warnings belong to the whole process.
    """

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._leaving = contextlib.ExitStack()
        self._printed = {
            "standard output": io.StringIO(),
            "standard error": io.StringIO(),
        }

    def __enter__(self) -> Self:
        enter = self._leaving.enter_context
        enter(
            _logging_to(
                lambda record: self.add(f"the log ({record.name})", _log_line(record))
            )
        )
        enter(contextlib.redirect_stdout(self._printed["standard output"]))
        enter(contextlib.redirect_stderr(self._printed["standard error"]))
        enter(warnings.catch_warnings())
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_rest, **_more: self.add(
            "a warning", repr(message)
        )
        return self

    def __exit__(self, *_exception: object) -> None:
        self._leaving.close()
        for where, stream in self._printed.items():
            self.add(where, stream.getvalue())

    def add(self, where: str, text: str) -> None:
        """Add a text that somebody could see."""
        self.seen.append(Seen(where, text))

    def show(self, name: str, value: object) -> None:
        """Add what printing a value shows."""
        self.add(f"{name} when printed", f"{value!r}\n{value!s}\n{value}")

    def attempt(self, what: str, action: Callable[[], Any]) -> Any:
        """Do something that may fail, and add everything the failure shows. Return None then."""
        try:
            return action()
        except Exception as error:  # whatever it is, it is looked at
            self.add(f"the error of {what}", "\n".join(_texts_of(error)))
            for place, text in iter_locals(error, but=(_OURS,)):
                self.add(f"a frame that the error of {what} leads to ({place})", text)
        return None

    def leaks(self, lookout: Lookout) -> list[str]:
        """Name the places where a canary was seen, each once."""
        if not lookout.sees("\n".join(seen.text for seen in self.seen)):
            return []
        return list(
            dict.fromkeys(seen.where for seen in self.seen if lookout.sees(seen.text))
        )


def _texts_of(error: BaseException) -> Iterator[str]:
    """Yield all that an exception carries: texts, attributes and notes of everything it chains, and its traceback."""
    yield "".join(traceback.format_exception(error))
    for link in iter_chained(error):
        notes = getattr(link, "__notes__", ())
        yield f"{link!r}\n{link}\n{link.args!r}\n{vars(link)!r}\n{notes!r}"


def _log_line(record: logging.LogRecord) -> str:
    extra = {name: value for name, value in vars(record).items() if name not in _USUAL}
    try:
        line = logging.Formatter().format(record)
    except Exception:  # arguments that do not fit the message, which logging itself reports and survives
        line = repr(record.msg)
    return f"{line}\n{record.args!r}\n{extra!r}"


class _Handler(logging.Handler):
    def __init__(self, take: Callable[[logging.LogRecord], None]) -> None:
        super().__init__()
        self._take = take

    def emit(self, record: logging.LogRecord) -> None:
        self._take(record)


_USUAL = frozenset(vars(logging.makeLogRecord({})))


@contextlib.contextmanager
def _logging_to(take: Callable[[logging.LogRecord], None]) -> Iterator[None]:
    """Hand every log record of every logger to `take`, whatever level and handlers are configured."""
    handler = _Handler(take)
    known = logging.root.manager.loggerDict.values()
    loggers = [logger for logger in known if isinstance(logger, logging.Logger)]
    with contextlib.ExitStack() as undo:
        undo.callback(logging.disable, logging.root.manager.disable)
        logging.disable(logging.NOTSET)
        for logger in (logging.root, *loggers):
            undo.callback(logger.setLevel, logger.level)
            logger.setLevel(logging.DEBUG)
            if logger is logging.root or not logger.propagate:
                undo.callback(logger.removeHandler, handler)
                logger.addHandler(handler)
        yield
