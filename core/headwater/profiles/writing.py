"""Writing the config file without losing what its owner wrote, and never by half."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from headwater import documents
from headwater.errors import NotConfigured
from headwater.foreign import raise_bare
from headwater.profiles.config import (
    LOCAL,
    Config,
    check_name,
    check_profile,
    config_path,
    local_default_error,
    read_config_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tomlkit import TOMLDocument


def write_profile(
    name: str, values: Mapping[str, Any], *, use: bool = False, path: Path | None = None
) -> Path:
    """Write one profile into the file, replacing what it said of it, and return the path.

    The first profile becomes the default, as any does with `use`. The file is replaced as a whole (mode 0600), so that
    a failure leaves the old one. Raises `InvalidInput` for a secret that is not a reference, and `NotConfigured` where
    the file cannot be written.
    """
    path = path or config_path()
    check_name(name)
    check_profile(path, name, values)
    config = Config.read(path)
    default = config.default
    first = not config.profiles and default is None
    if use or first:
        default = name
    return _change(path, config, {name: dict(values)}, default)


def write_default(name: str, *, path: Path | None = None) -> Path:
    """Make one profile the default. Raises `NotConfigured` for a name the file does not hold."""
    path = path or config_path()
    if name == LOCAL:
        raise local_default_error(path)
    config = Config.read(path)
    config.profile(name)
    return _change(path, config, {}, name)


def _change(
    path: Path,
    config: Config,
    profiles: Mapping[str, Mapping[str, Any]],
    default: str | None,
) -> Path:
    """Write the file if its new text says what it should, which not every layout allows for."""
    wanted: dict[str, Any] = {"profiles": {**config.profiles, **profiles}}
    if default is not None:
        wanted["default"] = default
    text = _edit(read_config_text(path) or "", profiles, default)
    if text is None or _parse(text) != wanted:
        raise NotConfigured(
            f"the layout of {path} cannot be edited without loss",
            remedy="give each profile a table of its own, as in [profiles.dev], or edit the file by hand",
        )
    _write(path, text)
    return path


def _edit(
    text: str, profiles: Mapping[str, Mapping[str, Any]], default: str | None
) -> str | None:
    """Return the text of the file with the change made in it, or None where its layout does not allow for that."""
    import tomlkit

    try:
        document = tomlkit.parse(text)
        _put_profiles(document, profiles)
        if default is not None and "default" in document:
            document["default"] = default
        text = tomlkit.dumps(document)
    # What tomlkit raises for layouts that it cannot change.
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if default is None or "default" in document:
        return text
    # A new key of the document itself must stand before its first table.
    return f"default = {tomlkit.string(default).as_string()}\n\n{text}"


def _put_profiles(
    document: TOMLDocument, profiles: Mapping[str, Mapping[str, Any]]
) -> None:
    import tomlkit

    if not profiles:
        return
    tables = document.setdefault("profiles", tomlkit.table(is_super_table=True))
    for name, values in profiles.items():
        _fill(tables.setdefault(name, tomlkit.table()), values)


def _fill(table: Any, values: Mapping[str, Any]) -> None:
    """Change a table in place: the comments within it, and those before the next table, are its owner's."""
    for key in [*table]:
        if key not in values:
            del table[key]
    for key, value in values.items():
        if table.get(key) != value:
            table[key] = value


def _parse(text: str) -> Any:
    try:
        return {"profiles": {}, **tomllib.loads(text)}
    except ValueError:
        return None


def _write(path: Path, text: str) -> None:
    try:
        documents.replace(path, text)
    except OSError as error:
        raise_bare(
            NotConfigured(
                f"the config file {path} cannot be written ({documents.describe(error)})",
                remedy="check the permissions of its folder, or name another file with HEADWATER_CONFIG",
            )
        )
