"""The one place where exceptions of foreign code enter: they leave it cleaned, as `BrokenPlugin`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NoReturn, ParamSpec, TypeVar

from headwater.errors import BrokenPlugin, HeadwaterError
from headwater.secret import Unshown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from headwater.models import Distribution
    from headwater.secret import Secret


P = ParamSpec("P")
T = TypeVar("T")


class foreign:  # noqa: N801 - a verb's place in `with foreign(...)`, as of those in contextlib
    """Turn any exception of plugin code into a `BrokenPlugin` that names the distribution and shows no secret.

    `what` says what was being done ("connector x: build_payload"). The foreign exception itself is dropped: its text,
    its notes, the exceptions it chains and the locals of its frames could all hold values. One of our own errors that
    shows none goes on, its frames as text in `frames`.
    """

    def __init__(
        self, what: str, distribution: Distribution, secrets: Iterable[Secret] = ()
    ) -> None:
        self._what = what
        self._distribution = distribution
        self._secrets = tuple(secrets)

    def __enter__(self) -> None:
        """Run foreign code."""

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _frames: TracebackType | None,
    ) -> None:
        if not isinstance(error, (Exception, SystemExit)):
            return
        ours = self._translate(error)
        del error, _frames  # this frame stays reachable, and they hold the plugin's
        raise_bare(ours)

    def _translate(self, error: BaseException) -> HeadwaterError:
        if not isinstance(error, HeadwaterError) or shows(error, self._secrets):
            return _plugin_failure(self._what, self._distribution, error, self._secrets)
        frames = _format_frames(error, self._secrets, set())
        error.frames = frames  # type: ignore[attr-defined]
        return error.with_traceback(None)


def raise_bare(error: BaseException) -> NoReturn:
    """Raise an error that remembers no other: ``from None`` hides the context but still carries it."""
    error.__cause__ = None
    try:
        raise error
    finally:
        error.__context__ = None


def without_frames(function: Callable[P, T]) -> Callable[P, T]:
    """Let our own errors leave a function without the frames below it: their locals hold what was read there.

    For what reads files and the environment, where a secret may stand that nobody has recognised yet.
    """

    @functools.wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> T:
        options = Unshown(options)  # type: ignore[assignment]
        try:
            return function(*args, **options)
        except HeadwaterError as error:
            ours = error.with_traceback(None)
        raise_bare(ours)

    return call


def _plugin_failure(
    what: str,
    distribution: Distribution,
    error: BaseException,
    secrets: tuple[Secret, ...],
) -> BrokenPlugin:
    from headwater.cleaning import clean

    ours = _list_ours(error, secrets)
    text = clean(str(error), secrets, ours=ours)
    kind = type(error).__name__
    message = f"{what} of {distribution} failed: {kind}"
    if text:
        message += f": {text}"
    frames = _format_frames(error, secrets, ours)
    return BrokenPlugin(
        message,
        distribution=str(distribution),
        frames=f"{frames}{kind}: {text}",
        remedy=f"report it to the authors of {distribution.name}, or uninstall it; other connectors go on working",
    )


def _format_frames(
    error: BaseException, secrets: tuple[Secret, ...], ours: set[str]
) -> str:
    """Return the lines of a traceback, without locals."""
    import traceback

    from headwater.cleaning import clean

    lines = "".join(traceback.format_tb(error.__traceback__))
    return clean(lines, secrets, ours=ours)


def shows(error: HeadwaterError, secrets: tuple[Secret, ...]) -> bool:
    """Say whether one of our own errors shows a secret that a plugin has put into it.

    A sentence of the plugin's author, or of ours, may hold a word that is a secret by chance: that shows nothing.
    """
    from headwater.cleaning import holds

    text = _text_of(error)
    return holds(text, secrets) and holds(
        text, secrets, ours=_list_ours(error, secrets)
    )


def _text_of(error: BaseException) -> str:
    """Return all that an error tells, without the names under which it tells it; a traceback prints notes as well."""
    facts: dict[str, object] = {}
    if isinstance(error, HeadwaterError):
        facts = error.data()
        facts.pop("kind", None)
    notes = getattr(error, "__notes__", ())
    return "\n".join(map(str, (error, *facts.values(), *notes)))


def _list_ours(error: BaseException, secrets: tuple[Secret, ...]) -> set[str]:
    from headwater.cleaning import holds, list_literals

    if not holds(_text_of(error), secrets):
        return set()
    return list_literals(error.__traceback__)
