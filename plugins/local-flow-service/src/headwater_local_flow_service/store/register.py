"""Which stores a key belongs to: a small file beside the key, so that a store that is gone is missed.

A key may serve several stores, and may come from elsewhere. Where the file cannot be written, beside a key on a
read-only disk, nothing is remembered.
"""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from headwater import documents
from headwater.errors import InvalidInput

log = logging.getLogger("headwater.local")


def path_of(key: Path) -> Path:
    """Return the path of the file beside a key."""
    return Path(f"{key}.stores")


def is_known(key: Path, label: str) -> bool:
    """Say whether a key was used with the store of a path or URL."""
    return label in _read(key)


def list_others(key: Path, own_id: str) -> list[str]:
    """Return the paths and URLs of the stores that a key was used with, but for one, wherever that has been."""
    return sorted(label for label, id in _read(key).items() if id != own_id)


def remember(key: Path, label: str, id: str) -> None:
    """Write down that a key is that of a store; say so in the log where another one had its place before."""
    known = _read(key)
    before = known.get(label)
    if before == id:
        return
    if before is not None:
        log.warning("%s is another store than the one that was there before", label)
    lines = [f"{id} {label}" for label, id in (known | {label: id}).items()]
    with contextlib.suppress(OSError):
        documents.replace(path_of(key), "".join(f"{line}\n" for line in lines))


def _read(key: Path) -> dict[str, str]:
    """Return the ids of the stores of a key, by their paths and URLs."""
    text = ""
    with contextlib.suppress(FileNotFoundError, InvalidInput):
        text = documents.read_text(path_of(key))
    known = {}
    for line in text.splitlines():
        id, _blank, label = line.partition(" ")
        known[label] = id
    return known
