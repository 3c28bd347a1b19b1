"""The one place where exceptions of foreign code enter: they leave it cleaned, as `BrokenPlugin`."""

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
    try:
        yield
    except HeadwaterError as error:
        if not shows(error, secrets):
            raise_bare(error)
        raise_bare(_plugin_failure(what, distribution, error, secrets))
    except (Exception, SystemExit) as error:
        raise_bare(_plugin_failure(what, distribution, error, secrets))


def raise_bare(error: BaseException) -> NoReturn:
    """Raise an error that remembers no other: ``from None`` hides the context but still carries it."""
    error.__cause__ = None
    try:
        raise error
    finally:
        error.__context__ = None


def _plugin_failure(
    what: str,
    distribution: Distribution,
    error: BaseException,
    secrets: tuple[Secret, ...],
) -> BrokenPlugin:
    import traceback

    from headwater.cleaning import clean

    ours = _list_ours(error, secrets)
    text = clean(str(error), secrets, ours=ours)
    kind = type(error).__name__
    message = f"{what} of {distribution} failed: {kind}"
    if text:
        message += f": {text}"
    frames = "".join(traceback.format_tb(error.__traceback__))
    frames = clean(frames, secrets, ours=ours)
    return BrokenPlugin(
        message,
        distribution=str(distribution),
        frames=f"{frames}{kind}: {text}",
        remedy=f"report it to the authors of {distribution.name}, or uninstall it; other connectors go on working",
    )


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
