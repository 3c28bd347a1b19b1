"""The master keys of a store: one, or several while it is being rotated. The newest comes first, and writes.

A key file holds one key a line, and so does ``HEADWATER_LOCAL_KEY``, where blanks or commas stand between. A file is
looked at before it is used: who rotates the key replaces it, and running services go on with what it says then, if it
still is the key of the store.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import fcntl
import logging
import os
import re
import stat
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from headwater import documents
from headwater.errors import InvalidInput
from headwater.foreign import raise_bare
from headwater.secret import Secret
from headwater_local_flow_service.store import placing
from headwater_local_flow_service.store.storeerrors import (
    StoreError,
    StoreKeyless,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

log = logging.getLogger("headwater.local")

SIZE = 32  # bytes
MOST = 8  # keys of a store; each is one more that opens it

_TOLD_EVERY = 60.0  # seconds between two words in the log about the same trouble
_ASKED_EVERY = 1.0  # seconds between two questions to a store that does not answer
_RESTORE = "restore it from a backup"
_PUT_BACK = (
    "put it back as it was, or restore it from a backup; until then no credentials are stored, and without it the "
    "service does not start again"
)
_BETWEEN = re.compile(r"[\s,]+")

Stamp: TypeAlias = tuple[int, int, int]


class Keys:
    """The keys of a store, newest first; those of a file are read again when it has been replaced.

    While the file is gone, cannot be read or holds keys of something else, what is stored opens with the keys that
    were known before, and nothing is sealed.
    """

    def __init__(self, keys: Sequence[bytes], path: Path | None = None) -> None:
        self._keys = tuple(keys)
        self._path = path
        self._stamp = None if path is None else _stamp_of(path)
        self._belong: Callable[[Sequence[bytes]], bool] = self._have_newest
        self._confirm: Callable[[], None] = _do_nothing
        self._lock = threading.Lock()
        self._trouble = ""
        self._look_again = 0.0  # by the clock that never goes back

    @classmethod
    def read(cls, path: Path) -> Keys | None:
        """Return the keys in a file, or None when there is no such file. Raises `StoreError`."""
        stamp = _stamp_of(path)
        keys = read_file(path)
        if keys is None:
            return None
        found = cls(keys, path)
        # The older of two stamps: a file that is replaced meanwhile is looked at again.
        found._stamp = stamp
        return found

    @property
    def known(self) -> tuple[bytes, ...]:
        """The keys as they were when last looked at."""
        return self._keys

    @property
    def newest_first(self) -> tuple[bytes, ...]:
        """The keys as they are now."""
        self._refresh()
        return self._keys

    @property
    def trouble(self) -> str:
        """What is wrong with the key file now, and what to do; empty where nothing is."""
        self._refresh()
        return self._trouble

    def newest_to_seal(self) -> bytes:
        """Return the key that seals. Raises `StoreUnavailable` while the file does not hold it."""
        if self.trouble:
            self._confirm()
            # What is wrong with it has been told, and is not told with each request.
            raise StoreKeyless(f"the key file {self._path} is not in its place")
        return self._keys[0]

    def demand(
        self, belong: Callable[[Sequence[bytes]], bool], confirm: Callable[[], None]
    ) -> None:
        """Take keys of a changed file only if `belong` says that they are the store's.

        `confirm` raises where the store itself is gone, which is then what is wrong.
        """
        self._belong, self._confirm = belong, confirm

    def _have_newest(self, keys: Sequence[bytes]) -> bool:
        return self._keys[0] in keys

    def _refresh(self) -> None:
        if self._path is None or self._is_seen(_stamp_of(self._path)):
            return
        with self._lock:
            stamp = _stamp_of(self._path)
            if self._is_seen(stamp):
                return
            self._take(self._path)
            self._stamp = stamp

    def _is_seen(self, stamp: Stamp | None) -> bool:
        """Say whether the file is as it was; one that is wrong is looked at again now and then."""
        if stamp != self._stamp:
            return False
        return not self._is_due() if self._trouble else stamp is not None

    def _is_due(self) -> bool:
        return time.monotonic() >= self._look_again

    def _take(self, path: Path) -> None:
        try:
            self._keys = self._read_own(path)
        except StoreError as error:
            log.error("%s", error)
            self._note(str(error), _TOLD_EVERY)
        except StoreUnavailable:
            # Who asks the store for something tells the log of it.
            self._note(f"the key file {path} cannot be held against it", _ASKED_EVERY)
        else:
            if self._trouble:
                log.warning("the key file %s is in its place again", path)
            self._trouble = ""

    def _read_own(self, path: Path) -> tuple[bytes, ...]:
        placing.check_private(path, "key file")
        keys = read_file(path)
        if keys is None:
            raise StoreError(f"the key file {path} is gone", remedy=_PUT_BACK)
        if not self._belong(keys):
            raise StoreError(
                f"the key file {path} was replaced, and what it holds does not belong to the store",
                remedy=_PUT_BACK,
            )
        return keys

    def _note(self, trouble: str, pause: float) -> None:
        self._trouble = trouble
        self._look_again = time.monotonic() + pause


def _do_nothing() -> None:
    pass


def parse(secret: Secret) -> tuple[bytes, ...]:
    """Read keys given as a string, each 32 bytes in base64. Raises `InvalidInput`."""
    words = [word for word in _BETWEEN.split(secret.reveal()) if word]
    if not 0 < len(words) <= MOST:
        raise _no_key()
    return tuple(_decode(word) for word in words)


def read_file(path: Path) -> tuple[bytes, ...] | None:
    """Return the keys in a file, or None when there is no such file. Raises `StoreError`."""
    problem = f"the key file {path}"
    try:
        return parse(Secret(path.read_text(encoding="ascii")))
    except FileNotFoundError:
        return None
    except OSError as error:
        problem += f" cannot be read ({documents.describe(error)})"
    except UnicodeDecodeError:
        problem += " cannot be read (not text)"
    except InvalidInput:
        problem += " does not hold a key"
    raise StoreError(problem, remedy=_RESTORE)


def make_file(path: Path) -> tuple[bytes, ...] | None:
    """Make a key and keep it in a new file that only its owner can read. Raises `StoreError`.

    Returns None where somebody has made the file meanwhile: it is never replaced.
    """
    made = (os.urandom(SIZE),)
    try:
        placing.make_folder(path.parent)
        with documents.open_draft(path, overwrite=False) as file:
            file.write(_text_of(made))
    except FileExistsError:
        return None
    except OSError as error:
        raise_bare(
            StoreError(
                f"the key file {path} cannot be made ({documents.describe(error)})",
                remedy="make its folder writable, or set HEADWATER_LOCAL_KEY",
            )
        )
    return made


def replace_file(path: Path, keys: Sequence[bytes]) -> None:
    """Put other keys into a file, as a whole and on disk; its owner stays. Raises `StoreError`."""
    target = path.resolve()
    try:
        found = target.stat()
        with documents.open_draft(target) as file:
            file.write(_text_of(keys))
            _keep_access(file.fileno(), found)
    except OSError as error:
        raise_bare(
            StoreError(
                f"the key file {path} cannot be replaced ({documents.describe(error)})",
                remedy="make it and its folder writable, then run again; nothing was changed",
            )
        )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other rotations of the same key out. Raises `StoreError` where one is running."""
    lock = path.resolve().with_name(f"{path.name}.lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise_bare(
            StoreError(
                f"the folder of the key file {path} cannot be written ({documents.describe(error)})",
                remedy="run as the owner of the key file",
            )
        )
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise_bare(
            StoreError(
                "the key of this store is being rotated by another command",
                remedy="let it finish",
            )
        )
    finally:
        os.close(descriptor)


def age_of(path: Path, now: float) -> float:
    """Return for how many seconds a key file has been as it is. Raises `OSError`."""
    return now - path.stat().st_mtime


def _keep_access(descriptor: int, found: os.stat_result) -> None:
    """Give a new file the owner of the old one, and its group's right to read: the service may run as somebody else."""
    if os.geteuid() == 0:
        os.fchown(descriptor, found.st_uid, found.st_gid)
    os.fchmod(descriptor, 0o600 | (found.st_mode & stat.S_IRGRP))


def _text_of(keys: Sequence[bytes]) -> bytes:
    return b"".join(base64.urlsafe_b64encode(key) + b"\n" for key in keys)


def _decode(word: str) -> bytes:
    text = word.replace("+", "-").replace("/", "_").rstrip("=")
    padding = b"=" * (-len(text) % 4)
    key = b""
    with contextlib.suppress(binascii.Error, ValueError):
        key = base64.urlsafe_b64decode(text.encode("ascii") + padding)
    if len(key) != SIZE:
        raise _no_key()
    return key


def _no_key() -> InvalidInput:
    return InvalidInput(
        "the key of the local store is not 32 bytes in base64",
        remedy="set HEADWATER_LOCAL_KEY to the content of the key file, or make one with `openssl rand -base64 32`",
    )


def _stamp_of(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
