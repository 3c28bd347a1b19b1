"""Names of files in a landing zone, as the platform's documentation restricts them."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 255  # characters of a component
# Bytes of one: a folder needs the rest of its 255 while a file is being written.
_LONGEST_STORED: Final = 240
_FORBIDDEN: Final = re.compile(r'["\\:|<>*?\x00-\x1f\x7f-\x9f]')
_RESERVED: Final = frozenset(
    {
        *(f"{port}{number}" for port in ("LPT", "COM") for number in range(1, 10)),
        *("PRN", "AUX", "NUL", "CON", "CLOCK$", ".", ".."),
    }
)


def find_fault(name: str) -> str:
    """Return what is wrong with a file's name, in which slashes separate folders; nothing where it will do."""
    for component in name.split("/"):
        fault = _find_fault(component)
        if fault:
            return fault
    return ""


def _find_fault(component: str) -> str:
    if not component:
        return "a file's name has something on each side of every slash"
    if len(component) > LONGEST or len(component.encode()) > _LONGEST_STORED:
        return f"each part of a file's name has at most {LONGEST} characters, and {_LONGEST_STORED} bytes here"
    if _FORBIDDEN.search(component):
        return "a file's name holds no control characters and none of \" \\ : | < > * ?"
    if component.upper() in _RESERVED:
        return (
            "a file's name has no part that is . or .. or a device's name, such as CON"
        )
    if component.startswith("."):
        return "a file's name has no part that begins with a dot here"
    return ""
