"""What can be wrong with a store: something to mend, something to wait for, or a lost connection while serving."""

from __future__ import annotations

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
    """A statement failed while serving; the answer is a 503, and what was not acknowledged is not stored."""
