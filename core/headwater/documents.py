"""Files that people write: read as UTF-8, parsed as TOML or JSON, and complained about by place, never by content."""

from __future__ import annotations

import json
import os
import re
import tomllib
from typing import TYPE_CHECKING, Any

from headwater.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LARGEST = 1_048_576  # bytes

_PLACE = re.compile(r"\(at (line \d+, column \d+|end of document)\)$")


def read_text(path: Path) -> str:
    """Return the text of a file. Raises `InvalidInput` naming the path, and `FileNotFoundError` where there is none."""
    problem = ""
    raw = b""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        problem = f"cannot be read ({getattr(error, 'strerror', None) or 'not a path'})"
    if problem:
        raise InvalidInput(
            f"{path} {problem}", remedy="check the path and its permissions"
        )
    return decoded(raw, str(path))


def decoded(raw: bytes, name: str) -> str:
    """Return bytes as text; a byte order mark is dropped. Raises `InvalidInput` for anything but UTF-8."""
    if len(raw) > LARGEST:
        raise InvalidInput(
            f"{name} is larger than 1 MiB", remedy="check that it is the file you meant"
        )
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InvalidInput(f"{name} is UTF-16 text", remedy="save it as UTF-8")
    if b"\0" in raw:
        raise InvalidInput(
            f"{name} holds NUL characters, as UTF-16 text does",
            remedy="save it as UTF-8",
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    raise InvalidInput(f"{name} is not UTF-8 text", remedy="save it as UTF-8")


def replace(path: Path, text: str) -> str:
    """Put a text in the place of a whole file (mode 0600), and return what went wrong, or an empty text.

    A failure leaves the old file, and nobody ever reads half of one. Missing folders are made (mode 0700).
    """
    import tempfile
    from pathlib import Path

    problem = ""
    temporary: Path | None = None
    try:
        target = path.resolve()  # a link, as from a folder of dot files, stays one
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(
            dir=target.parent, prefix=f".{target.name}."
        )  # made with mode 0600
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except (
        OSError,
        RuntimeError,
    ) as error:  # RuntimeError: a link that leads to itself
        problem = getattr(error, "strerror", None) or type(error).__name__
    if problem and temporary is not None:
        temporary.unlink(missing_ok=True)
    return problem


def parsed_toml(text: str, name: str) -> dict[str, Any]:
    """Return a TOML document. Raises `InvalidInput` with the place."""
    return dict(_parsed(tomllib.loads, text, name, "TOML"))


def parsed_json(text: str, name: str) -> Any:
    """Return a JSON value. Raises `InvalidInput` with the place, or with a name that an object gives twice."""
    return _parsed(
        lambda text: json.loads(text, object_pairs_hook=_unique), text, name, "JSON"
    )


class _RepeatedError(ValueError):
    """An object has one name twice; which of the values counts differs between readers."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _RepeatedError(name)
        found[name] = value
    return found


def _parsed(parse: Callable[[str], Any], text: str, name: str, kind: str) -> Any:
    # The parsers' errors quote the document or carry it whole, so nothing of them but the place goes on.
    problem = ""
    try:
        return parse(text)
    except _RepeatedError as error:
        problem = f"gives {error} twice"
    except json.JSONDecodeError as error:
        problem = f"is not {kind}: see line {error.lineno}, column {error.colno}"
    except RecursionError:
        problem = "is nested too deep"
    except ValueError as error:
        place = _PLACE.search(str(error))
        problem = f"is not {kind}" + (f": see {place[1]}" if place else "")
    raise InvalidInput(f"{name} {problem}", remedy="mend it and run again")


def load(path: Path) -> Any:
    """Return the value of a JSON or TOML file, or None where it is blank.

    Raises `InvalidInput` naming the path and the place, and `FileNotFoundError` where there is none.
    """
    return parse(read_text(path), str(path), path.suffix.lower())


def parse(text: str, name: str, suffix: str = "") -> Any:
    """Return the value of a text in JSON or TOML, as the suffix says or else the first character; None if it is blank.

    Raises `InvalidInput` with the place.
    """
    if not text.strip():
        return None
    looks_like_json = text.lstrip().startswith(("{", "["))
    if suffix == ".json" or (looks_like_json and suffix != ".toml"):
        return parsed_json(text, name)
    return parsed_toml(text, name)
