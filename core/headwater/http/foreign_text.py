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
_TOO_LONG = "(text withheld: it is too long to show)"
_SHORTEST_CLEANABLE = (
    4  # characters of a secret that can be told from parts of ordinary words
)


def clean_line(value: Any, secrets: Iterable[Secret], *, limit: int = LONGEST) -> str:
    """Return foreign text on one line, without secrets, control characters or more than `limit` characters.

    Anything but a string gives an empty one. It is cleaned again after joining the lines, which may have made a secret
    whole, and shortened last, so that no half of a secret escapes recognition.
    """
    if not isinstance(value, str):
        return ""
    secrets = tuple(secrets)
    text = value if len(value) <= MOST_READ else _TOO_LONG
    line = clean(_join_lines(clean(text, secrets)), secrets)
    if len(line) <= limit:
        return line
    return f"{line[: limit - 1]}…"


def clean_token(value: Any, shape: re.Pattern[str], secrets: Iterable[Secret]) -> str:
    """Return a foreign code or id if it has the expected shape and contains no secret, and an empty string otherwise.

    Unlike `clean_line`, a secret too short to be cut out of a text withholds only a token that contains it.
    """
    if not isinstance(value, str) or not shape.fullmatch(value):
        return ""
    for secret in secrets:
        characters = secret.reveal()
        if characters and characters in value:
            return ""
        is_cleanable = len(characters) >= _SHORTEST_CLEANABLE
        if is_cleanable and clean(value, [secret]) != value:
            return ""
    return value


def _join_lines(text: str) -> str:
    """Return the text on one line; each character is looked at once, however many different ones there are."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())
