"""Files that people write: read as UTF-8, parsed as TOML or JSON, and complained about by place, never by content."""

from __future__ import annotations

import errno
import json
import os
import re
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headwater.errors import InvalidInput
from headwater.foreign import raise_bare, without_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

LARGEST = 1_048_576  # bytes

_PLACE = re.compile(r"\(at (line \d+, column \d+|end of document)\)$")


@without_frames
def read_text(path: Path) -> str:
    """Return the text of a file. Raises `InvalidInput` naming the path, and `FileNotFoundError` where there is none."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise_bare(
            InvalidInput(
                f"{path} cannot be read ({reason})",
                remedy="check the path and its permissions",
            )
        )
    return decode(raw, str(path))


def decode(raw: bytes, name: str) -> str:
    """Return bytes as text; a byte order mark is dropped. Raises `InvalidInput` for anything but UTF-8."""
    if len(raw) > LARGEST:
        raise InvalidInput(
            f"{name} is larger than 1 MiB", remedy="check that it is the file you meant"
        )
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InvalidInput(f"{name} is UTF-16 text", remedy="save it as UTF-8")
    if b"\0" in raw:
        raise InvalidInput(
            f"{name} contains NUL characters, as UTF-16 text does",
            remedy="save it as UTF-8",
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise_bare(InvalidInput(f"{name} is not UTF-8 text", remedy="save it as UTF-8"))


def replace(path: Path, text: str) -> None:
    """Put a text in the place of a whole file (mode 0600). Raises `OSError`, and leaves the old file then.

    Missing folders are made (mode 0700). Where the path is a link, as from a folder of dot files, it stays one.
    """
    try:
        target = path.resolve()
    except RuntimeError as error:  # before Python 3.13, for a link to itself
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open_draft(target) as file:
        file.write(text.encode("utf-8"))


@contextmanager
def open_draft(path: Path, *, overwrite: bool = True) -> Iterator[BinaryIO]:
    """Open a new file (mode 0600) that gets the name `path` when all of it is on disk, so that nobody reads half of it.

    The name is on disk, too, when the block ends. Nothing is left where that fails. Raises `OSError`;
    `FileExistsError` where there is a file and `overwrite` is False.
    """
    import tempfile

    descriptor, name = tempfile.mkstemp(
        dir=path.absolute().parent, prefix=f".{path.name}."
    )
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            draft.replace(path)
        else:
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.absolute().parent)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk: a file whose data are there can still lack its name after a power cut.

    Some file systems cannot do that for a folder; they are left to their own.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(descriptor)


def describe(error: OSError) -> str:
    """Say in a few words why a file cannot be used; a path in the error is left out."""
    return error.strerror or type(error).__name__


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """Return a TOML document. Raises `InvalidInput` with the place."""
    return dict(_parse(tomllib.loads, text, name, "TOML"))


def parse_json(text: str, name: str) -> Any:
    """Return a JSON value. Raises `InvalidInput` with the place, or with a name that an object gives twice."""
    return _parse(_load_json, text, name, "JSON")


class _RepeatedError(ValueError):
    """An object has one name twice; which of the values counts differs between readers."""


def _load_json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_build_object)


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise _RepeatedError(name)
        members[name] = value
    return members


def _parse(parse: Callable[[str], Any], text: str, name: str, syntax: str) -> Any:
    try:
        return parse(text)
    except (ValueError, RecursionError) as error:
        raise_bare(
            InvalidInput(
                f"{name} {_describe_syntax_error(error, syntax)}",
                remedy="correct it and run again",
            )
        )


def _describe_syntax_error(error: ValueError | RecursionError, syntax: str) -> str:
    """Say what is wrong and where. A parser's error quotes the document or carries it whole: only the place goes on."""
    if isinstance(error, _RepeatedError):
        return f"gives {error} twice"
    if isinstance(error, RecursionError):
        return "is nested too deep"
    if isinstance(error, json.JSONDecodeError):
        return f"is not {syntax}: see line {error.lineno}, column {error.colno}"
    place = _PLACE.search(str(error))
    if place is None:
        return f"is not {syntax}"
    return f"is not {syntax}: see {place[1]}"


@without_frames
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
        return parse_json(text, name)
    return parse_toml(text, name)
