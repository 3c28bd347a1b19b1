"""What a server said, made fit to show: secrets cut out first, then control characters, then length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.cleaning import clean

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    from headwater.secret import Secret

LONGEST = 500  # characters of foreign text in an error
MOST_READ = 65_536  # characters looked at; cleaning is not free, and nobody reads more


def shown(value: Any, secrets: Iterable[Secret], *, limit: int = LONGEST) -> str:
    """Return foreign text on one line, without secrets, control characters or more than `limit` characters.

    Anything but a text gives an empty one. It is cleaned again after joining the lines, which may have made a secret
    whole, and shortened last, so that no half of a secret escapes recognition.
    """
    if not isinstance(value, str):
        return ""
    secrets = tuple(secrets)
    text = (
        clean(value, secrets)
        if len(value) <= MOST_READ
        else "(text withheld: it is too long to show)"
    )
    line = " ".join(
        "".join(char if char.isprintable() else " " for char in text).split()
    )
    line = clean(line, secrets)
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def token(value: Any, shape: re.Pattern[str], secrets: Iterable[Secret]) -> str:
    """Return a foreign code or id if it has the expected shape and holds no secret, and an empty text otherwise.

    Unlike `shown`, a secret too short to be cut out of a text withholds only a token that contains it.
    """
    if not isinstance(value, str) or not shape.fullmatch(value):
        return ""
    secrets = tuple(secrets)
    if any(secret and secret.reveal() in value for secret in secrets):
        return ""
    long = [secret for secret in secrets if len(secret.reveal()) >= 4]
    return value if clean(value, long) == value else ""
