"""What can be wrong with a store: something to mend, something to wait for, or a lost connection while serving."""

from __future__ import annotations

from typing import Any, Final

from headwater.errors import InvalidInput, Unreachable


class StoreError(InvalidInput):
    """The store cannot be used as it is: not a store, damaged, of a newer version, or its key is gone."""

    kind = "store"


class StoreBusy(Unreachable):
    """The store is held by somebody else or does not answer; nothing was written."""

    kind = "store-busy"

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message, sent=False, remedy=remedy)


class StoreUnavailable(Exception):
    """A statement failed while serving; the answer is a 503, and what was not acknowledged is not stored.

    Its text is for the operator's log. `word` is what ``/health`` says, `told` what the caller of a request reads.
    """

    word = "unavailable"
    told = "the store does not answer; try again later"


class StoreFull(StoreUnavailable):
    """There is no room for what was to be written. Reads go on, and so do writes once there is room again."""

    word = "full"
    told = "there is no room for the store; try again later"


class StoreGone(StoreUnavailable):
    """The store that was opened is not under its name any more: removed, moved, replaced, cut off or overwritten."""

    word = "gone"
    told = "the store is gone; nothing is stored until it is back"


class StoreKeyless(StoreUnavailable):
    """The key file of the store is not the one that was opened: what is sealed now might not open after a restart.

    Reads go on, and so do writes of everything but credentials.
    """

    word = "keyless"
    told = "the key file of the store is not in its place; no credentials are stored until it is back"


# What databases call it: SQLite's error, PostgreSQL's condition.
_FULL: Final = ("SQLITE_FULL", "53100")


def unavailable(error: Exception) -> StoreUnavailable:
    """Return what the error of a database means while serving; its text stays behind, it can hold anything."""
    cause: Any = getattr(error, "orig", None) or error
    name = getattr(cause, "sqlite_errorname", "") or getattr(cause, "sqlstate", "")
    said = f"{type(cause).__name__} {name or ''}".strip()
    if name in _FULL:
        return StoreFull(said)
    return StoreUnavailable(said)
