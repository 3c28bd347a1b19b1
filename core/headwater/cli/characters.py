"""Which characters command a terminal, or reorder or hide what it shows, and how they are written instead.

Names, labels and texts come from tenants, sources, plugins and files of other people. What is written is escaped twice:
where a line or a cell is made, so that a line break in a name starts no line, and once more where anything at all
reaches standard output or standard error (`streams.guarded`), so that no command can forget it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Printable for Python and invisible for people: fillers, joiners, and the selectors that can carry a hidden text.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\U000e0100-\U000e01ef]"
)
# Everything that may have to be escaped; the rest is passed over at the speed of the pattern.
_IN_LINE = re.compile(r"[^\x20-\x7e]")
_IN_LINES = re.compile(r"[^\x20-\x7e\n]")
_IN_STREAM = re.compile(r"[^\x20-\x7e\n\t]")


def escape_line(text: str) -> str:
    """Return a text as one line for people, escaped as Python would write it: ``\\x1b``, ``\\n``."""
    return _escape(text, _IN_LINE, _as_python)


def escape_lines(text: str) -> str:
    """Return a text like `escape_line`, its line breaks kept."""
    return _escape(text, _IN_LINES, _as_python)


def escape_json(text: str) -> str:
    """Return a JSON document that means the same and shows every character it holds: ``\\u001b``."""
    return _escape(text, _IN_LINES, _as_json)


def escape_toml(text: str) -> str:
    """Return a TOML document that means the same and shows every character it holds."""
    return _escape(text, _IN_LINES, _as_toml)


def escape_stream(text: str) -> str:
    """Return what may be written to a terminal, whoever composed it.

    Line breaks and tabs are kept. The escapes are JSON's, so that JSON stays JSON.
    """
    return _escape(text, _IN_STREAM, _as_json)


def is_shown(char: str) -> bool:
    """Say whether a character shows as itself or as a blank, and does nothing else."""
    if char.isprintable():
        return not _INVISIBLE.match(char)
    return unicodedata.category(char) == "Zs"


def _escape(text: str, pattern: re.Pattern[str], write: Callable[[str], str]) -> str:
    def replace(match: re.Match[str]) -> str:
        char = match[0]
        if is_shown(char) or _ends_line(match, char):
            return char
        return write(char)

    return pattern.sub(replace, text)


def _ends_line(match: re.Match[str], char: str) -> bool:
    """Say whether it is a carriage return before a line feed that is kept: HTTP ends its lines so."""
    follows = match.string[match.end() : match.end() + 1]
    return char == "\r" and follows == "\n" and match.re is _IN_STREAM


def _as_python(char: str) -> str:
    return char.encode("unicode_escape").decode()


def _as_toml(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _as_json(char: str) -> str:
    pairs = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(
        f"\\u{pairs[start : start + 4]}" for start in range(0, len(pairs), 4)
    )
