"""The config file: TOML, written without losing what its owner wrote, holding references in the place of secrets."""

from __future__ import annotations

import difflib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from headwater import documents, references
from headwater.errors import InvalidInput, NotConfigured
from headwater.profiles.profile import KEYS, SECRETS, Profile

if TYPE_CHECKING:
    from collections.abc import Mapping


def config_path(environ: Mapping[str, str] | None = None) -> Path:
    """Return where the config file is: ``HEADWATER_CONFIG``, or the user's config folder."""
    given = (os.environ if environ is None else environ).get("HEADWATER_CONFIG")
    if given:
        return Path(given).expanduser()
    import platformdirs

    return platformdirs.user_config_path("headwater") / "config.toml"


@attrs.frozen
class Config:
    """What a config file says; `exists` is False where there is none."""

    path: Path
    exists: bool
    default: str | None
    profiles: Mapping[str, Mapping[str, Any]] = attrs.field(repr=False)
    readable_by_others: bool = False

    @classmethod
    def read(cls, path: Path | None = None, environ: Mapping[str, str] | None = None) -> Config:
        """Read the file. Raises `InvalidInput` or `NotConfigured`, naming the path, the profile and the key."""
        path = path or config_path(environ)
        text = _text(path)
        if text is None:
            return cls(path, False, None, {})
        document = documents.parsed_toml(text, f"the config file {path}")
        profiles = document.get("profiles", {})
        _check_document(path, document, profiles)
        for name, values in profiles.items():
            _check_profile(path, name, values)
        lax = bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
        return cls(path, True, document.get("default"), profiles, lax)

    def profile(self, name: str) -> Profile:
        """Return one profile. Raises `NotConfigured`, offering the nearest name."""
        if name not in self.profiles:
            near = difflib.get_close_matches(name, [*self.profiles, "local"], n=1)
            raise NotConfigured(
                f"there is no profile named {name}",
                remedy=f"did you mean {near[0]}?" if near else "run `headwater profiles list` for those there are",
            )
        values = dict(self.profiles[name])
        sources = dict.fromkeys(values, str(self.path))
        return Profile(name=name, origin="config", values=values, sources=sources, base=self.path.parent)

    def default_profile(self) -> Profile:
        """Return the default profile, or the only one. Raises `NotConfigured` where there is neither."""
        names = list(self.profiles)
        if self.default is not None:
            return self.profile(self.default)
        if len(names) == 1:
            return self.profile(names[0])
        if names:
            raise NotConfigured(
                f"several profiles and no default: {', '.join(names)}",
                remedy="choose with --profile, or set one with `headwater profiles use NAME`",
            )
        raise NotConfigured(
            f"{self.path} holds no profile", remedy="add one with `headwater profiles add`, or use --profile local"
        )


def write_profile(name: str, values: Mapping[str, Any], *, use: bool = False, path: Path | None = None) -> Path:
    """Write one profile into the file, replacing what it said of it, and return the path.

    The file is replaced as a whole (mode 0600), so that a failure leaves the old one. Raises `InvalidInput` for a
    secret that is no reference, and `NotConfigured` where the file cannot be written.
    """
    import tomlkit

    path = path or config_path()
    _check_profile(path, name, values)
    document = _editable(path)
    profiles = document.setdefault("profiles", tomlkit.table(is_super_table=True))
    table = tomlkit.table()
    table.update(dict(values))
    profiles[name] = table
    default = name if use or (len(profiles) == 1 and "default" not in document) else None
    return _write(path, _text_of(document, default))


def write_default(name: str, *, path: Path | None = None) -> Path:
    """Make one profile the default. Raises `NotConfigured` for a name the file does not hold."""
    path = path or config_path()
    Config.read(path).profile(name)
    return _write(path, _text_of(_editable(path), name))


def _text_of(document: Any, default: str | None) -> str:
    import tomlkit

    if default is not None and "default" in document:
        document["default"] = default
    text = tomlkit.dumps(document)
    if default is None or "default" in document:
        return text
    # A new key of the document itself must stand before its first table.
    return f"default = {tomlkit.string(default).as_string()}\n\n{text}"


def _editable(path: Path) -> Any:
    import tomlkit

    Config.read(path)
    return tomlkit.parse(_text(path) or "")


def _text(path: Path) -> str | None:
    try:
        return documents.read_text(path)
    except FileNotFoundError:
        return None


def _check_document(path: Path, document: Mapping[str, Any], profiles: Any) -> None:
    unknown = [key for key in document if key not in ("default", "profiles")]
    if unknown:
        raise NotConfigured(f"the config file {path} has a key that is not known: {unknown[0]}")
    if not isinstance(document.get("default", ""), str):
        raise NotConfigured(f"default in {path} must be the name of a profile")
    if not isinstance(profiles, dict) or not all(isinstance(values, dict) for values in profiles.values()):
        raise NotConfigured(f"profiles in {path} must be tables, as in [profiles.dev]")


def _check_profile(path: Path, name: str, values: Mapping[str, Any]) -> None:
    where = f"profile {name} in {path}"
    if name == "local":
        raise NotConfigured(f"{where}: the name local belongs to the embedded service", remedy="choose another name")
    for key, value in values.items():
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            known = f"did you mean {near[0]}?" if near else f"known: {', '.join(KEYS)}"
            raise NotConfigured(f"{where}: {key} is not known", remedy=known)
        if not isinstance(value, KEYS[key]) or isinstance(value, bool):
            raise NotConfigured(f"{where}: {key} must be {'a text' if KEYS[key] is str else 'a number of seconds'}")
        if key in SECRETS and not references.is_reference(str(value)):
            raise InvalidInput(
                f"{where}: {key} must be a reference, not the secret itself",
                remedy="write env:NAME, file:PATH or keyring:SERVICE/USER; the file is no place for a secret",
            )


def _write(path: Path, text: str) -> Path:
    problem = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # made with mode 0600
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        problem = error.strerror or type(error).__name__
    if problem:
        raise NotConfigured(f"the config file {path} cannot be written ({problem})")
    return path
