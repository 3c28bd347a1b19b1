"""The journal of creates: what this machine set out to create, and what became of it.

Before a create is sent, its intent is on disk; afterwards the id, or that the outcome is unknown. So a command that was
killed, or whose answer was lost, is known to the next one. No secret is written: only where, what kind, which name, and
a hash of the body without its secrets.

One file a target (mode 0600), and one lock beside it, so that two commands on one machine take turns. Its first line is
the intent, put there as a whole; a line for each outcome follows. An outcome that was not written to its end, in a
crash, is not there: then the intent is open, which is safe.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import attrs

from headwater import documents
from headwater.errors import CreateInProgress, InvalidInput
from headwater.foreign import raise_bare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

logger = logging.getLogger("headwater.create")

VARIABLE = "HEADWATER_STATE_DIR"
FORMAT = 1  # of an entry's file; a reader refuses any other
LOCK_TIMEOUT = 150.0  # seconds to wait for another command on the same target
_NOTICEABLE = 1.0  # seconds of waiting after which people want to know why

# What became of an intent. While it is open, the connection may or may not have been created.
OPEN = "open"
CREATED = "created"
FOUND = "found"
REFUSED = "refused"
OUTCOMES = (OPEN, CREATED, FOUND, REFUSED)

_SUFFIX = ".jsonl"
_KEY = re.compile(r"[0-9a-f]{32}")
_ELSEWHERE = (
    f"name a folder that can be written with {VARIABLE}, or create without a journal:"
    " --no-journal (in Python: journal=NO_JOURNAL), with the weaker promise of docs/exactly-once.md"
)


@attrs.frozen(kw_only=True)
class Target:
    """What shall exist once: an object of a kind and a name, for one specification, in one sandbox of an endpoint."""

    endpoint: str
    organization: str
    sandbox: str
    kind: str
    spec_id: str
    name: str

    @property
    def key(self) -> str:
        """A name for its file, the same in every run."""
        identity = json.dumps(list(attrs.astuple(self)))
        return hashlib.sha256(identity.encode()).hexdigest()[:32]


@attrs.frozen(kw_only=True)
class Entry:
    """The last intent for a target. `digest` is the SHA-256 of the body without secrets; times are epoch seconds.

    `outcome` is ``open``, ``created``, ``found`` (it exists, but another client may have made it) or ``refused``; `id`
    is that of the object, or empty where none is known.
    """

    target: Target
    digest: str
    intended_at: float
    outcome: str = OPEN
    id: str = ""
    ended_at: float | None = None

    @property
    def key(self) -> str:
        """The name of the entry in the journal."""
        return self.target.key

    @property
    def is_open(self) -> bool:
        """Whether it is unknown if the object was created."""
        return self.outcome == OPEN


class Turn(Protocol):
    """One command's turn at a target: what an earlier one left, and a place to write down what this one does."""

    @property
    def earlier(self) -> Entry | None:
        """Return what the last command left, or None."""

    def begin(self, digest: str) -> None:
        """Write down, durably, that a create is about to be sent. Raises `InvalidInput` where that cannot be."""

    def end(self, outcome: str, id: str = "") -> None:
        """Write down what became of it. Raises `OSError` where that cannot be; the intent then stays open."""


class Keeper(Protocol):
    """Whatever gives turns: `Journal`, or `NO_JOURNAL`."""

    keeps: ClassVar[bool]

    def turn(
        self, target: Target, tell: Callable[[str], object] = ...
    ) -> AbstractContextManager[Turn]:
        """Wait for this command's turn at a target; `tell` is told where that takes a while."""


class Journal:
    """The journal in one folder, which is made when it is first needed."""

    keeps: ClassVar[bool] = True

    def __init__(self, folder: Path, *, lock_timeout: float = LOCK_TIMEOUT) -> None:
        self.folder = folder
        self._lock_timeout = lock_timeout

    @contextmanager
    def turn(
        self, target: Target, tell: Callable[[str], object] = logger.info
    ) -> Iterator[Turn]:
        """Wait for the lock of a target, and hold it; `tell` is told where that takes a while.

        Raises `CreateInProgress` where another command holds it too long, and `InvalidInput` where the folder cannot be
        written or the entry cannot be read.
        """
        with self._lock(target.key, tell):
            yield _Turn(self, target, self._read(target.key))

    def entries(self) -> list[Entry]:
        """Return all entries that can be read, oldest first."""
        return self.survey()[0]

    def survey(self) -> tuple[list[Entry], list[str]]:
        """Return all entries that can be read, oldest first, and the keys of those that cannot."""
        entries, damaged = [], []
        for key in self._keys():
            try:
                entry = self._read(key)
            except InvalidInput:
                damaged.append(key)
                continue
            if entry is not None:
                entries.append(entry)
        entries.sort(key=lambda entry: (entry.intended_at, entry.key))
        return entries, damaged

    def find(self, key: str) -> Entry:
        """Return the entry of a key, or of the only one that begins so. Raises `InvalidInput`."""
        entry = self._read(self.key_of(key))
        if entry is None:  # another command has dropped it since
            raise _no_entry(key)
        return entry

    def key_of(self, beginning: str) -> str:
        """Return the only key that begins so. Raises `InvalidInput`."""
        keys = [key for key in self._keys() if key.startswith(beginning)]
        if not keys:
            raise _no_entry(beginning)
        if len(keys) > 1:
            raise InvalidInput(
                f"several entries of the journal begin with {beginning}: {', '.join(keys)}",
                remedy="give more of the key",
            )
        return keys[0]

    def is_open(self, key: str) -> bool:
        """Say whether it is unknown what was created; so it is for an entry that cannot be read."""
        try:
            entry = self._read(key)
        except InvalidInput:
            return True
        return entry is not None and entry.is_open

    def forget(self, key: str) -> None:
        """Drop an entry, also one that cannot be read. Raises what `turn` raises, except for that."""
        with self._lock(key):
            self._path(key).unlink(missing_ok=True)

    def write_intent(self, entry: Entry) -> None:
        """Put an intent on disk in the place of the entry before. Raises `OSError`."""
        intent = {
            "format": FORMAT,
            "key": entry.key,
            "target": attrs.asdict(entry.target),
            "digest": entry.digest,
            "intended_at": entry.intended_at,
        }
        documents.replace(self._path(entry.key), f"{json.dumps(intent)}\n")

    def write_outcome(self, key: str, outcome: str, id: str) -> None:
        """Put on disk what became of the intent of a key. Raises `OSError`."""
        line = json.dumps({"outcome": outcome, "id": id, "ended_at": time.time()})
        with self._path(key).open("ab") as file:
            # A line of its own, also after one that a crash cut off.
            file.write(f"\n{line}\n".encode())
            file.flush()
            os.fsync(file.fileno())

    def _keys(self) -> list[str]:
        paths = self.folder.glob(f"*{_SUFFIX}")
        return sorted(
            path.stem for path in paths if _KEY.fullmatch(path.stem) and path.is_file()
        )

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{_SUFFIX}"

    @contextmanager
    def _lock(
        self, key: str, tell: Callable[[str], object] = logger.info
    ) -> Iterator[None]:
        # imported here: it takes a while, and only what creates needs it
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / f"{key}.lock", mode=0o600, thread_local=False)
        at_once = min(_NOTICEABLE, self._lock_timeout)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                lock.acquire(timeout=at_once)
            except Timeout:
                tell(
                    "another command on this machine is creating the same;"
                    f" waiting for it for up to {self._lock_timeout:g} s"
                )
                lock.acquire(timeout=self._lock_timeout - at_once)
        except Timeout:
            raise_bare(_in_progress(self._lock_timeout))
        except (OSError, NotImplementedError) as error:
            raise_bare(self.unusable(error))
        try:
            yield
        finally:
            lock.release()

    def _read(self, key: str) -> Entry | None:
        path = self._path(key)
        try:
            lines = documents.read_text(path).splitlines()
        except FileNotFoundError:
            return None
        except InvalidInput:
            raise_bare(_damaged(path))
        return _read_entry(lines, path)

    def unusable(self, error: OSError | NotImplementedError) -> InvalidInput:
        """Return the error for a folder that cannot be used."""
        reason = type(error).__name__
        if isinstance(error, OSError):
            reason = documents.describe(error)
        return InvalidInput(
            f"the journal of creates cannot be kept in {self.folder} ({reason}); nothing was sent",
            remedy=_ELSEWHERE,
        )


class _Turn:
    """A turn that is written down."""

    def __init__(self, journal: Journal, target: Target, earlier: Entry | None) -> None:
        self.earlier = earlier
        self._journal = journal
        self._target = target
        self._has_entry = earlier is not None

    def begin(self, digest: str) -> None:
        entry = Entry(target=self._target, digest=digest, intended_at=time.time())
        try:
            self._journal.write_intent(entry)
        except OSError as error:
            raise_bare(self._journal.unusable(error))
        self._has_entry = True

    def end(self, outcome: str, id: str = "") -> None:
        if self._has_entry:
            self._journal.write_outcome(self._target.key, outcome, id)


class _NoTurn:
    """A turn of which nothing is written down."""

    earlier = None

    def begin(self, digest: str) -> None:
        """Write nothing."""

    def end(self, outcome: str, id: str = "") -> None:
        """Write nothing."""


class _NoJournal:
    """Keeps nothing and locks nothing: what an earlier command left open is not known."""

    keeps: ClassVar[bool] = False

    @contextmanager
    def turn(
        self,
        target: Target,  # noqa: ARG002 - the protocol's signature
        tell: Callable[[str], object] = logger.info,  # noqa: ARG002
    ) -> Iterator[Turn]:
        """Give a turn at once."""
        yield _NoTurn()


NO_JOURNAL: Keeper = _NoJournal()


def default_journal() -> Journal:
    """Return this user's journal: in the folder ``HEADWATER_STATE_DIR`` names, or in the user's state folder."""
    given = os.environ.get(VARIABLE)
    if given:
        return Journal(Path(given) / "journal")
    import platformdirs

    return Journal(platformdirs.user_state_path("headwater") / "journal")


def _read_entry(lines: Sequence[str], path: Path) -> Entry:
    """Read the lines of an entry. Raises `InvalidInput` for one that is damaged, or newer than this program."""
    parsed = [_parse(line) for line in lines] or [{}]
    intent, outcomes = parsed[0], parsed[1:]
    if intent.get("format", FORMAT) != FORMAT:
        raise InvalidInput(
            f"{path} is of another version of Headwater",
            remedy=f"use that version, or another folder ({VARIABLE})",
        )
    try:
        entry = Entry(
            target=Target(**intent["target"]),
            digest=intent["digest"],
            intended_at=float(intent["intended_at"]),
        )
    except (KeyError, TypeError, ValueError):
        raise_bare(_damaged(path))
    for outcome in outcomes:
        entry = _add_outcome(entry, outcome)
    return entry


def _add_outcome(entry: Entry, line: dict[str, Any]) -> Entry:
    """Return the entry with an outcome; a line that a crash cut off says nothing."""
    outcome, id, ended_at = (line.get(name) for name in ("outcome", "id", "ended_at"))
    if outcome not in OUTCOMES or not isinstance(id, str):
        return entry
    if not isinstance(ended_at, (int, float)):
        return entry
    return attrs.evolve(entry, outcome=outcome, id=id, ended_at=ended_at)


def _parse(line: str) -> dict[str, Any]:
    """Return the object of a line, an empty one where it holds none."""
    value: Any = None
    with contextlib.suppress(ValueError, RecursionError):
        value = json.loads(line)
    return value if isinstance(value, dict) else {}


def _no_entry(key: str) -> InvalidInput:
    return InvalidInput(
        f"the journal has no entry that begins with {key}",
        remedy="`headwater journal list` lists them",
    )


def _damaged(path: Path) -> InvalidInput:
    return InvalidInput(
        f"{path} is not an entry of the journal of creates",
        remedy="look whether the connection exists (headwater connections list), then"
        f" `headwater journal forget {path.stem}`",
    )


def _in_progress(seconds: float) -> CreateInProgress:
    return CreateInProgress(
        f"another command on this machine has been creating the same for {seconds:g} s",
        remedy="wait until it has ended, then run again",
    )
