"""Questions at a terminal: one line, or several that people paste, such as a PEM key."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from headwater.cli.characters import escape_line
from headwater.cli.output import say
from headwater.credentials.references import is_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.models import Field

_BEGIN = re.compile(r"-----BEGIN [^-]+-----\s*")
_END = re.compile(r"-----END [^-]+-----\s*")


def ask(name: str, field: Field) -> str:
    """Return what somebody types for a field; a secret is not echoed. Raises `click.Abort` where they decline."""
    choices = _name_choices(field) if field.enum else ""
    meaning = "; ".join(filter(None, (field.description, choices)))
    question = escape_line(f"{name} ({meaning})" if meaning else name)
    if field.multiline and _can_hide():
        return _ask_for_lines(question, field)
    text: str = click.prompt(question, hide_input=field.secret, err=True, type=str)
    return text


def _name_choices(field: Field) -> str:
    from headwater.cli.facts import format_choices  # few fields need it

    return format_choices(field.enum)


def _ask_for_lines(question: str, field: Field) -> str:
    """Return several lines: a PEM document to its END line, a reference alone, else all lines to an empty one."""
    text = ""
    with _hidden(
        is_hidden=field.secret
    ):  # before the question: an answer can be on its way
        while not text:
            say(f"{question}, several lines; an empty one ends them: ")
            text = "".join(_read_lines()).rstrip("\r\n")
    return text


def _read_lines() -> Iterator[str]:
    line = sys.stdin.readline()
    if not line:
        raise click.Abort
    is_document = _BEGIN.match(line) is not None
    while line.strip() or (line and is_document):
        yield line
        ends = _END.match(line) if is_document else is_reference(line)
        if ends:
            return
        line = sys.stdin.readline()


def _can_hide() -> bool:
    """Say whether what is typed can be hidden over several lines; elsewhere one line is asked for."""
    try:
        import termios
    except ImportError:  # as on Windows
        return False
    try:
        termios.tcgetattr(sys.stdin.fileno())
    except (OSError, ValueError, termios.error):  # no terminal
        return False
    return True


@contextmanager
def _hidden(*, is_hidden: bool) -> Iterator[None]:
    """Turn the terminal's echo off; once for all lines, since changing it throws away what is already pasted."""
    import termios

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    hidden = list(before)
    if is_hidden:
        hidden[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSADRAIN, hidden)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
