"""The config file: TOML that holds references in the place of secrets."""

from __future__ import annotations

import difflib
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import attrs

from headwater import documents
from headwater.credentials import references
from headwater.errors import InvalidInput, NotConfigured
from headwater.foreign import raise_bare, without_frames
from headwater.profiles.profile import KEYS, SECRETS, Profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LOCAL = "local"  # the built-in profile's name

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_DOCUMENT = ("default", "profiles")  # the keys of the document itself


def config_path(environ: Mapping[str, str] | None = None) -> Path:
    """Return where the config file is: ``HEADWATER_CONFIG``, or the user's config folder."""
    if environ is None:
        environ = os.environ
    path = environ.get("HEADWATER_CONFIG")
    if not path:
        import platformdirs

        return platformdirs.user_config_path("headwater") / "config.toml"
    try:
        return Path(path).expanduser()
    except RuntimeError:  # ~ of a user nobody knows
        raise_bare(
            NotConfigured(
                "the home folder that HEADWATER_CONFIG begins with is not known",
                remedy="give a full path",
            )
        )


@attrs.frozen
class Config:
    """What a config file says; `exists` is False where there is none."""

    path: Path
    exists: bool
    default: str | None
    profiles: Mapping[str, Mapping[str, Any]] = attrs.field(repr=False)
    readable_by_others: bool = False

    @classmethod
    @without_frames
    def read(
        cls, path: Path | None = None, environ: Mapping[str, str] | None = None
    ) -> Config:
        """Read the file. Raises `InvalidInput` or `NotConfigured`, naming the path, the profile and the key."""
        path = path or config_path(environ)
        text = read_config_text(path)
        if text is None:
            return cls(path, False, None, {})
        document = documents.parse_toml(text, f"the config file {path}")
        profiles = document.get("profiles", {})
        _check_document(path, document, profiles)
        for name, values in profiles.items():
            check_profile(path, name, values)
        return cls(
            path, True, document.get("default"), profiles, _is_readable_by_others(path)
        )

    @property
    def default_name(self) -> str | None:
        """The profile that counts without a choice: the default, or the only one."""
        if self.default is not None:
            return self.default
        if len(self.profiles) == 1:
            return next(iter(self.profiles))
        return None

    def profile(self, name: str) -> Profile:
        """Return one profile. Raises `NotConfigured`, offering the nearest name."""
        if name not in self.profiles:
            known = [*self.profiles, LOCAL]
            raise NotConfigured(
                f"there is no profile named {name} in {self.path}",
                remedy=_guess(name, known) or f"known: {', '.join(known)}",
            )
        values = dict(self.profiles[name])
        if "ca_bundle" in values:
            values["ca_bundle"] = beside(self.path.parent, values["ca_bundle"])
        return Profile(
            name=name,
            origin="config",
            values=values,
            sources=dict.fromkeys(values, str(self.path)),
            base=self.path.parent,
            notices=self.notices,
        )

    def default_profile(self) -> Profile:
        """Return the default profile, or the only one. Raises `NotConfigured` where there is neither."""
        if self.default == LOCAL:
            raise local_default_error(self.path)
        if self.default_name is not None:
            return self.profile(self.default_name)
        if self.profiles:
            raise NotConfigured(
                f"several profiles in {self.path} and no default: {', '.join(self.profiles)}",
                remedy="choose with --profile, or set one with `headwater profiles use NAME`",
            )
        raise NotConfigured(
            f"{self.path} contains no profile",
            remedy="add one with `headwater profiles add`, or use --profile local",
        )

    @property
    def notices(self) -> tuple[str, ...]:
        """What people should be told about the file."""
        if not self.readable_by_others:
            return ()
        return (
            f"{self.path} can be read by other users of this machine; run chmod 600 on it",
        )


def beside(folder: Path, name: str) -> str:
    """Return the path of a file that was named in this folder, so that it does not depend on where we run."""
    return os.path.join(folder, os.path.expanduser(name))  # noqa: PTH111, PTH118 - Path.expanduser raises


def read_config_text(path: Path) -> str | None:
    """Return the text of the config file, or None where there is none. Raises `InvalidInput`."""
    try:
        return documents.read_text(path)
    except FileNotFoundError:
        return None


def check_name(name: str) -> None:
    """Raise `InvalidInput` for a name that no new profile may have."""
    if name == LOCAL:
        raise InvalidInput(
            "the name local belongs to the embedded service",
            remedy="choose another name",
        )
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            "the name of a profile consists of letters, digits, dots, hyphens and underscores, "
            "and begins with a letter or a digit",
            remedy="choose another name",
        )


def check_profile(path: Path, name: str, values: Mapping[str, Any]) -> None:
    """Raise `NotConfigured` or `InvalidInput` for a name, a key, a type or a literal secret that cannot stand there."""
    where = f"profile {name} in {path}"
    if name == LOCAL:
        raise NotConfigured(
            f"{where}: the name local belongs to the embedded service",
            remedy="rename that profile",
        )
    for key, value in values.items():
        _check_value(where, key, value)
        _check_reference(where, key, value)


def _check_value(where: str, key: str, value: Any) -> None:
    if key not in KEYS:
        remedy = _guess(key, KEYS) or f"known: {', '.join(KEYS)}"
        raise NotConfigured(f"{where}: {key} is not known", remedy=remedy)
    if isinstance(value, KEYS[key]) and not isinstance(value, bool):
        return
    expected = "a string" if KEYS[key] is str else "a number of seconds"
    raise NotConfigured(f"{where}: {key} must be {expected}", remedy=f"correct {key}")


def local_default_error(path: Path) -> NotConfigured:
    """Return the error for making the embedded service what counts without a choice."""
    return NotConfigured(
        f"local cannot be the default in {path}: with a config file, the embedded service answers only when asked for",
        remedy="choose it with --profile local or HEADWATER_PROFILE=local",
    )


def _check_reference(where: str, key: str, value: Any) -> None:
    """Refuse what must not stand in the file, and a reference that can lead nowhere."""
    if key in (*SECRETS, "proxy") and references.is_reference(value):
        if not references.is_well_formed(value):
            scheme = value.partition(":")[0]
            raise InvalidInput(
                f"{where}: {key} begins with {scheme}: and is no reference",
                remedy=f"write {references.syntax_of(value)}",
            )
        return
    if key in SECRETS:
        _refuse_secret(where, key, "the secret itself")
    if key == "proxy" and "@" in value:
        _refuse_secret(where, key, "a URL with a password")


def _refuse_secret(where: str, key: str, what: str) -> NoReturn:
    raise InvalidInput(
        f"{where}: {key} must be a reference, not {what}",
        remedy="give env:NAME, file:PATH or keyring:SERVICE/USER; the file must not contain a secret",
    )


def _check_document(path: Path, document: Mapping[str, Any], profiles: Any) -> None:
    for key in document:
        if key not in _DOCUMENT:
            raise NotConfigured(
                f"the config file {path} has a key that is not known: {key}",
                remedy=_guess(key, _DOCUMENT)
                or "the settings of a profile belong under [profiles.NAME]",
            )
    default = document.get("default", "?")
    if not isinstance(default, str) or not default:
        raise NotConfigured(
            f"default in {path} must be the name of a profile",
            remedy="set it with `headwater profiles use NAME`",
        )
    tables = profiles.values() if isinstance(profiles, dict) else [profiles]
    if not all(isinstance(table, dict) for table in tables):
        raise NotConfigured(
            f"profiles in {path} must be tables",
            remedy="begin each with its name, as in [profiles.dev]",
        )


def _is_readable_by_others(path: Path) -> bool:
    if os.name != "posix":  # Windows has no such bits: its mode says 0666 of every file
        return False
    return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _guess(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]}?" if near else ""
