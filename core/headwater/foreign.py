"""The one seam where foreign code's exceptions enter: they leave it cleaned, as `BrokenPlugin`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from headwater.errors import BrokenPlugin, HeadwaterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from headwater.models import Distribution
    from headwater.secret import Secret


@contextmanager
def foreign(
    what: str, distribution: Distribution, secrets: Iterable[Secret] = ()
) -> Iterator[None]:
    """Turn any exception of plugin code into a `BrokenPlugin` that names the distribution and shows no secret.

    `what` says what was being done ("connector x: build_payload"). The foreign exception itself is dropped: its text,
    its notes and the exceptions it chains could all hold values.
    """
    secrets = tuple(secrets)
    failure: Exception | None = None
    try:
        yield
    except HeadwaterError as error:
        failure = (
            _broken(what, distribution, error, secrets)
            if _holds(error, secrets)
            else error
        )
    except (Exception, SystemExit) as error:
        failure = _broken(what, distribution, error, secrets)
    if failure is not None:
        raise_bare(failure)


def raise_bare(error: BaseException) -> NoReturn:
    """Raise an error that remembers no other: ``from None`` hides the context but still carries it."""
    error.__cause__ = None
    try:
        raise error
    finally:
        error.__context__ = None


def _broken(
    what: str,
    distribution: Distribution,
    error: BaseException,
    secrets: tuple[Secret, ...],
) -> BrokenPlugin:
    import traceback

    from headwater.cleaning import clean

    text = clean(str(error), secrets)
    message = f"{what} of {distribution} failed: {type(error).__name__}" + (
        f": {text}" if text else ""
    )
    return BrokenPlugin(
        message,
        distribution=str(distribution),
        frames=clean("".join(traceback.format_tb(error.__traceback__)), secrets)
        + f"{type(error).__name__}: {text}",
        remedy=f"report it to the authors of {distribution.name}, or uninstall it; other connectors go on working",
    )


def _holds(error: HeadwaterError, secrets: tuple[Secret, ...]) -> bool:
    from headwater.cleaning import holds

    # A traceback prints the notes as well.
    return holds(
        f"{error} {error.data()!r} {getattr(error, '__notes__', ())!r}", secrets
    )
