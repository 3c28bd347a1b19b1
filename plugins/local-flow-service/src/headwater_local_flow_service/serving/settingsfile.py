"""The settings file of ``serve``: TOML, every key checked by name and type before anything starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater import documents
from headwater.errors import InvalidInput
from headwater.foreign import raise_bare
from headwater_local_flow_service.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _tables(value: Any) -> bool:
    return isinstance(value, list) and all(map(_table, value))


def _table(value: Any) -> bool:
    return isinstance(value, dict)


def _seconds(value: Any) -> bool:
    # A bool is an int to Python, so the type itself is asked for.
    return type(value) in (int, float) and 0 <= value <= 3600


def _between(lowest: int, highest: int) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        return type(value) is int and lowest <= value <= highest

    return fits


_Rule = tuple[str, "Callable[[Any], bool]"]

KEYS: Final[Mapping[str, _Rule]] = {
    "host": ("a string", _text),
    "port": ("a number from 0 to 65535", _between(0, 65_535)),
    "workers": ("a number from 1 to 64", _between(1, 64)),
    "access_log": ("true or false", _flag),
    "metrics_port": ("a number from 0 to 65535", _between(0, 65_535)),
    "store": ("a string", _text),
    "key_file": ("a string", _text),
    "lake": ("a path, s3://bucket/prefix or az://container/prefix", _text),
    "lake_options": ("a table of strings", _table),
    "landing_zone": ("a path, or az://PREFIX of the containers", _text),
    "landing_zone_options": ("a table of strings", _table),
    "landing_zone_token_lifetime": (
        "a number of seconds from 60 to 31536000",
        _between(60, 31_536_000),
    ),
    "strict": ("true or false", _flag),
    "strictness": ("a table of switches", _table),
    "sandboxes": ("a list of strings", _texts),
    "hosts": ("a list of strings", _texts),
    "reach_sources": ("a list of strings", _texts),
    "proxies": ("a list of strings", _texts),
    "sample_data": ("true or false", _flag),
    "clients": ("a list of tables, written [[clients]]", _tables),
    "public_url": ("a string", _text),
    "inlet_interval": ("a number of seconds up to 3600", _seconds),
    "largest_body": (
        "a number of bytes from 1024 to 1073741824",
        _between(1024, 1 << 30),
    ),
    "deepest_body": ("a number from 1 to 500", _between(1, 500)),
    "busy_timeout": ("a number of seconds up to 3600", _seconds),
    "statement_timeout": ("a number of seconds up to 3600", _seconds),
    "source_timeout": ("a number of seconds up to 3600", _seconds),
    "token_lifetime": ("a number of seconds from 1 to 172800", _between(1, 172_800)),
}
_PATHS: Final = ("store", "key_file", "lake", "landing_zone")


def read(path: Path) -> dict[str, Any]:
    """Return what the file says; paths in it count from its folder. Raises `InvalidInput` naming the file and the key.

    The values of `strictness` and `clients` are checked by those who use them.
    """
    where = f"the settings file {path}"
    try:
        text = documents.read_text(path)
    except FileNotFoundError:
        raise_bare(InvalidInput(f"{where} does not exist", remedy="check the path"))
    values = documents.parse_toml(text, where)
    for key, value in values.items():
        _check(where, key, value)
    for key in _PATHS:
        if key in values:
            values[key] = _resolve(values[key], path.absolute().parent)
    return values


def _resolve(place: str, folder: Path) -> str:
    """Return the place of a store or key: a URL as it is, a path from the folder of the file."""
    if "://" in place:
        return place
    return str(folder / place)


def _check(where: str, key: str, value: Any) -> None:
    if key not in KEYS:
        remedy = suggest(key, KEYS, otherwise=f"known: {', '.join(KEYS)}")
        raise InvalidInput(f"{where}: {key} is not a setting", remedy=remedy)
    kind, fits = KEYS[key]
    if not fits(value):
        raise InvalidInput(f"{where}: {key} must be {kind}", remedy=f"correct {key}")
