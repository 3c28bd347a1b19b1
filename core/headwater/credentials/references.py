"""Secret references: ``env:NAME``, ``file:PATH``, ``keyring:SERVICE/USER``, ``literal:TEXT``.

They are recognised in secret fields only and resolved in the caller's process only, between validation and building.
A text without one of these prefixes is the secret itself.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headwater.errors import UnresolvedReference
from headwater.models import Problem
from headwater.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headwater.models import AuthenticationSpec

LARGEST_FILE = (
    1_048_576  # bytes; a credential is never larger, a path typed by mistake may be
)


def resolved(
    auth: AuthenticationSpec, values: Mapping[str, Any], *, base: Path | None = None
) -> dict[str, Any]:
    """Return the values with every secret field as a `Secret`, its reference looked up.

    Relative ``file:`` paths start at `base`, the directory of the credentials file (the working directory without one).
    Raises `UnresolvedReference`, naming the field and every place that was looked at.
    """
    secret = auth.secret_names
    return {
        name: resolve(value, name, base=base)
        if name in secret and isinstance(value, str)
        else value
        for name, value in values.items()
    }


def resolve(text: str, field: str, *, base: Path | None = None) -> Secret:
    """Look one reference up; a text without a known prefix is a literal. Raises `UnresolvedReference`."""
    scheme, separator, target = text.partition(":")
    lookup = _SCHEMES.get(scheme) if separator else None
    if lookup is None:
        return Secret(text)
    value = lookup(target, field, base or Path())
    if not value.strip():
        raise UnresolvedReference(
            f"the {scheme}: reference of {field} leads to an empty value",
            (_place(scheme, target),),
        )
    return Secret(value)


def pending(auth: AuthenticationSpec, values: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the secret fields whose value is a reference still to be looked up."""
    secret = auth.secret_names
    return frozenset(
        name
        for name, value in values.items()
        if name in secret and isinstance(value, str) and is_reference(value)
    )


def malformed(auth: AuthenticationSpec, values: Mapping[str, Any]) -> list[Problem]:
    """Return a problem for each reference that could lead nowhere, whatever the place it names holds."""
    return [
        Problem(name, "reference", f"must read {_FORMS[scheme][1]}")
        for name in sorted(pending(auth, values))
        for scheme in [values[name].partition(":")[0]]
        if not is_well_formed(values[name])
    ]


def is_well_formed(text: str) -> bool:
    """Say whether a text is a reference that could lead somewhere; only such a one is shown to people."""
    scheme, _colon, target = text.partition(":")
    return is_reference(text) and _FORMS[scheme][0].fullmatch(target) is not None


def is_reference(text: str) -> bool:
    """Say whether a text names a place to look up rather than being the secret itself."""
    scheme, separator, _target = text.partition(":")
    return bool(separator) and scheme in _SCHEMES and scheme != "literal"


def _from_environment(name: str, field: str, _base: Path) -> str:
    value = os.environ.get(name)
    if value is None:
        raise UnresolvedReference(
            f"the environment has no variable for {field}",
            (_place("env", name),),
            remedy=f"set {name} and run again",
        )
    return value


def _from_file(path: str, field: str, base: Path) -> str:
    full = base / Path(path).expanduser()
    problem = ""
    text = ""
    try:
        if full.stat().st_size > LARGEST_FILE:
            problem = "is larger than 1 MiB"
        else:
            text = full.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        problem = "is not UTF-8 text"
    except (OSError, ValueError) as error:
        problem = f"cannot be read ({getattr(error, 'strerror', None) or 'not a path'})"
    if problem:
        raise UnresolvedReference(
            f"the file that holds {field} {problem}",
            (_place("file", str(full)),),
            remedy="a relative path starts at the folder of the credentials file",
        )
    return text.removesuffix("\n").removesuffix("\r")


def _from_keyring(target: str, field: str, _base: Path) -> str:
    service, slash, user = target.rpartition("/")
    if not (slash and service and user):
        raise UnresolvedReference(
            f"the keyring: reference of {field} must read keyring:SERVICE/USER"
        )
    failure = ""
    value: str | None = None
    try:
        import keyring

        value = keyring.get_password(service, user)
    except ImportError:
        failure = "the keyring package is not installed"
    except Exception as error:  # each keyring back end raises errors of its own
        failure = f"the keyring does not answer ({type(error).__name__})"
    if failure or value is None:
        raise UnresolvedReference(
            f"{failure or 'the keyring has no such entry'} for {field}",
            (f"keyring service {service}, user {user}",),
            remedy=_keyring_remedy(failure),
        )
    return value


def _keyring_remedy(failure: str) -> str:
    if "installed" in failure:
        return "install headwater[keyring]"
    return (
        "run `keyring diagnose`: a back end must be installed and unlocked"
        if failure
        else "store it with `keyring set`"
    )


def _literal(text: str, _field: str, _base: Path) -> str:
    return text


def _place(scheme: str, target: str) -> str:
    """Name a place that was looked at. A keyring entry or a literal is named by its caller, if at all."""
    return {"env": f"environment variable {target}", "file": f"file {target}"}.get(
        scheme, scheme
    )


_FORMS = {
    "env": (
        re.compile(r"[A-Za-z_][A-Za-z0-9_]*"),
        "env:NAME, the name of an environment variable",
    ),
    "file": (re.compile(r"[^\0]+"), "file:PATH"),
    "keyring": (re.compile(r".+/[^/]+", re.DOTALL), "keyring:SERVICE/USER"),
}

_SCHEMES: dict[str, Callable[[str, str, Path], str]] = {
    "env": _from_environment,
    "file": _from_file,
    "keyring": _from_keyring,
    "literal": _literal,
}
