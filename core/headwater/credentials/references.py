"""Secret references: ``env:NAME``, ``file:PATH``, ``keyring:SERVICE/USER``, ``literal:TEXT``.

They are recognised in secret fields only, in depth, and resolved in the caller's process only, between validation and
building. A string without one of these prefixes is the secret itself.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from headwater.errors import UnresolvedReference
from headwater.foreign import raise_bare
from headwater.models import Problem, dotted, map_secrets
from headwater.secret import Secret, Unshown, seal_strings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headwater.models import AuthenticationSpec, FieldPath

# Bytes; a credential is never larger, but a path typed by mistake may lead to such a file.
LARGEST_FILE = 1_048_576

_LITERAL = "literal"


def resolve_all(
    auth: AuthenticationSpec, values: Mapping[str, Any], *, base: Path | None = None
) -> dict[str, Any]:
    """Return the values with every secret field, in depth, as a `Secret`, its reference looked up.

    Relative ``file:`` paths start at `base`, the directory of the credentials file (the working directory without one).
    Raises `UnresolvedReference`, naming the field and every place that was looked at.
    """
    values = Unshown(values)
    failures: list[UnresolvedReference] = []

    def resolve_value(path: FieldPath, value: Any) -> Any:
        if not isinstance(value, str):
            return seal_strings(value)
        try:
            return resolve(value, dotted(path), base=base)
        except UnresolvedReference as error:
            failures.append(error.with_traceback(None))
            return None

    params = map_secrets(auth, values, resolve_value)
    if failures:  # raised here, where no frame holds what the other fields are given
        raise_bare(failures[0])
    return params


def resolve(text: str, field: str, *, base: Path | None = None) -> Secret:
    """Look one reference up; a string without a known prefix is the secret. Raises `UnresolvedReference`."""
    scheme, colon, target = text.partition(":")
    if not colon or scheme not in (*_SCHEMES, _LITERAL):
        return Secret(text)
    value = target
    if scheme != _LITERAL:
        value = _SCHEMES[scheme].look_up(target, field, base or Path())
    if not value.strip():
        raise UnresolvedReference(
            f"what {field} refers to with {scheme}: is empty, and a secret is not",
            (_name_place(scheme, target),),
            remedy="put the secret there, or refer to the place where it is",
        )
    return Secret(value)


def pending(auth: AuthenticationSpec, values: Mapping[str, Any]) -> frozenset[str]:
    """Return the secret fields whose value is a reference still to be looked up, named with dots in depth."""
    strings = _list_strings(auth, values)
    return frozenset(name for name, value in strings.items() if is_reference(value))


def find_malformed(
    auth: AuthenticationSpec, values: Mapping[str, Any]
) -> list[Problem]:
    """Return a problem for each reference that could lead nowhere, whatever the place it names holds."""
    problems = []
    for name, text in sorted(_list_strings(auth, values).items()):
        flaw = _find_flaw(text)
        if flaw:
            problems.append(Problem(name, "reference", flaw))
    return problems


def _find_flaw(text: str) -> str:
    """Say what is wrong with the form of a reference or a literal; nothing is with the secret itself."""
    scheme, colon, target = text.partition(":")
    if scheme == _LITERAL and colon and not target.strip():
        return "is empty: the secret itself stands after literal:"
    if not is_reference(text) or is_well_formed(text):
        return ""
    return (
        f"begins with {scheme}: like a reference and is none; write {syntax_of(text)}, "
        "or put literal: before a secret that begins so"
    )


def _list_strings(
    auth: AuthenticationSpec, values: Mapping[str, Any]
) -> dict[str, str]:
    """Return the strings of secret fields, references among them, by the fields they stand in."""
    strings: dict[str, str] = {}

    def note(path: FieldPath, value: Any) -> None:
        if isinstance(value, str):
            strings[dotted(path)] = value

    map_secrets(auth, values, note)
    return strings


def is_reference(value: Any) -> bool:
    """Say whether a value is a string that names a place to look up, rather than the secret itself."""
    if not isinstance(value, str):
        return False
    scheme, colon, _target = value.partition(":")
    return bool(colon) and scheme in _SCHEMES


def is_well_formed(value: Any) -> bool:
    """Say whether a value is a reference that could lead somewhere; only such a one is shown to people."""
    if not is_reference(value):
        return False
    scheme, _colon, target = value.partition(":")
    return _SCHEMES[scheme].form.fullmatch(target) is not None


def syntax_of(reference: str) -> str:
    """Say how a reference with the prefix of this one is written."""
    scheme, _colon, _target = reference.partition(":")
    return _SCHEMES[scheme].syntax


def _look_up_variable(name: str, field: str, _base: Path) -> str:
    value = os.environ.get(name)
    if value is None:
        raise UnresolvedReference(
            f"the environment has no variable for {field}",
            (_name_place("env", name),),
            remedy=f"set {name} and run again",
        )
    return value


def _read_file(path: str, field: str, base: Path) -> str:
    full = base / Path(path).expanduser()
    try:
        with full.open("rb") as file:  # whose size may not be known, as of a pipe
            raw = file.read(LARGEST_FILE + 1)
        text = "" if len(raw) > LARGEST_FILE else raw.decode()
    except UnicodeDecodeError:
        raise_bare(_unusable_file(field, full, "is not UTF-8 text"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise_bare(_unusable_file(field, full, f"cannot be read ({reason})"))
    if len(raw) > LARGEST_FILE:
        raise _unusable_file(field, full, "is larger than 1 MiB")
    return text.removesuffix("\n").removesuffix("\r")


def _unusable_file(field: str, path: Path, problem: str) -> UnresolvedReference:
    return UnresolvedReference(
        f"the file that holds {field} {problem}",
        (_name_place("file", str(path)),),
        remedy="a relative path starts at the folder of the credentials file",
    )


def _ask_keyring(target: str, field: str, _base: Path) -> str:
    if not _SCHEMES["keyring"].form.fullmatch(target):
        raise UnresolvedReference(
            f"the reference of {field} to the keyring does not name an entry",
            remedy=f"write {_SCHEMES['keyring'].syntax}",
        )
    service, _slash, user = target.rpartition("/")
    place = f"keyring service {service}, user {user}"
    try:
        import keyring

        value = keyring.get_password(service, user)
    except ImportError:
        raise_bare(
            UnresolvedReference(
                f"the keyring entry of {field} cannot be read: the keyring package is not installed",
                (place,),
                remedy="install headwater[keyring]",
            )
        )
    except Exception as error:  # each keyring back end raises errors of its own
        raise_bare(
            UnresolvedReference(
                f"the keyring entry of {field} cannot be read: the keyring does not answer ({type(error).__name__})",
                (place,),
                remedy="run `keyring diagnose`: a back end must be installed and unlocked",
            )
        )
    if value is None:
        raise UnresolvedReference(
            f"the keyring has no such entry as {field} refers to",
            (place,),
            remedy="store it with `keyring set`",
        )
    return value


def _name_place(scheme: str, target: str) -> str:
    """Name a place that was looked at. A keyring entry or a literal is named by its caller, if at all."""
    places = {"env": f"environment variable {target}", "file": f"file {target}"}
    return places.get(scheme, scheme)


@attrs.frozen
class _Scheme:
    """One kind of reference: what stands after its prefix, how that is told to people, and what looks it up."""

    form: re.Pattern[str]
    syntax: str
    look_up: Callable[[str, str, Path], str]


_SCHEMES = {
    "env": _Scheme(
        re.compile(r"[A-Za-z_][A-Za-z0-9_]*"),
        "env:NAME with the name of an environment variable",
        _look_up_variable,
    ),
    "file": _Scheme(re.compile(r"\s*+[^\0\s][^\0]*+"), "file:PATH", _read_file),
    "keyring": _Scheme(
        re.compile(r".+/[^/]+", re.DOTALL), "keyring:SERVICE/USER", _ask_keyring
    ),
}
