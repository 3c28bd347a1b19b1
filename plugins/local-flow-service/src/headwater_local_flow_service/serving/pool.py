"""A pool of threads for blocking work, bounded, in which no more threads work at once than is good for it.

Python runs one thread at a time: several that compute at once wait for each other, most of all with every short read of
a database. So `abreast` threads lead and take the jobs one after the other. A leader that is held up, by a lock or a
stuck database, is replaced by another thread after `_PATIENCE`; it goes on with its own job and takes no other.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds after which work is not begun any more: behind many that wait for a lock, each would wait its turn and theirs.
_LONGEST_WAIT: Final = 5.0
_PATIENCE: Final = 0.01  # seconds in which some job must be taken where jobs wait; twice what Python lets a thread run


class PoolFull(Exception):
    """As many jobs wait already as may, or this one has waited too long; it was not begun."""


@attrs.frozen(eq=False)
class _Job:
    """Work for a thread, and the future of the event loop that waits for it."""

    work: Callable[[], Any]
    done: asyncio.Future[Any]


class Pool:
    """Up to `threads` threads, `abreast` of them leading; `waiting` jobs may wait.

    The threads are daemons: one that never returns does not keep the process from ending.
    """

    def __init__(
        self, name: str, *, threads: int, waiting: int, abreast: int | None = None
    ) -> None:
        self._name = name
        self._most_threads = threads
        self._most_waiting = waiting
        self._abreast = abreast or threads
        self._lock = threading.Lock()
        self._jobs: deque[_Job] = deque()
        self._members = 0
        # Each thread is known by the lock it sleeps on: releasing it lets the thread go on.
        self._idle: list[threading.Lock] = []
        self._leading: set[threading.Lock] = set()
        self._taken = 0
        self._watching = False

    async def run(self, work: Callable[[], Any]) -> Any:
        """Let a thread do the work, and return what it returns. Raises `PoolFull`, and what the work raises.

        Work that nobody waits for any more is not begun.
        """
        loop = asyncio.get_running_loop()
        job = _Job(work, loop.create_future())
        with self._lock:
            if len(self._jobs) >= self._most_waiting:
                raise PoolFull
            self._jobs.append(job)
            if len(self._leading) < self._abreast:
                self._let_another_lead()
        if not self._watching:
            self._watching = True
            loop.call_later(_PATIENCE, self._watch, loop, self._taken)
        late = loop.call_later(_LONGEST_WAIT, self._give_up, job)
        try:
            return await job.done
        finally:
            late.cancel()

    def _give_up(self, job: _Job) -> None:
        """Tell who waits that the work will not be begun, if it has not been."""
        with self._lock:
            if job not in self._jobs:
                return
            self._jobs.remove(job)
        _fail(job.done, PoolFull())

    def _watch(self, loop: asyncio.AbstractEventLoop, taken: int) -> None:
        """Replace the leaders where jobs wait and none was taken since; look again for as long as jobs wait."""
        if not self._jobs:
            self._watching = False
            return
        if self._taken == taken:
            with self._lock:
                self._replace_leaders()
        loop.call_later(_PATIENCE, self._watch, loop, self._taken)

    def _replace_leaders(self) -> None:
        if self._idle or self._members < self._most_threads:
            self._leading.clear()
            self._let_another_lead()

    def _let_another_lead(self) -> None:
        """Wake an idle thread, or start one; where all are held up, the first to come back goes on."""
        if self._idle:
            member = self._idle.pop()
            self._leading.add(member)
            member.release()
        elif self._members < self._most_threads:
            self._start_thread()

    def _start_thread(self) -> None:
        """Start a thread that leads; where the system has none left, the watch tries again."""
        member = threading.Lock()
        member.acquire()
        name = f"{self._name}-{self._members + 1}"
        thread = threading.Thread(
            target=self._serve, args=(member,), name=name, daemon=True
        )
        with contextlib.suppress(RuntimeError):
            thread.start()
            self._members += 1
            self._leading.add(member)

    def _serve(self, member: threading.Lock) -> None:
        while True:
            job = self._take(member)
            if job is None:
                member.acquire()
            else:
                _do(job)

    def _take(self, member: threading.Lock) -> _Job | None:
        """Return the next job, or None to a thread that is to sleep."""
        with self._lock:
            may_lead = member in self._leading or len(self._leading) < self._abreast
            if self._jobs and may_lead:
                self._leading.add(member)
                self._taken += 1
                return self._jobs.popleft()
            self._leading.discard(member)
            self._idle.append(member)
            return None


def _do(job: _Job) -> None:
    if job.done.cancelled():
        return
    loop = job.done.get_loop()
    try:
        result = job.work()
    except BaseException as error:  # the thread goes on, and whoever waits is told
        loop.call_soon_threadsafe(_fail, job.done, error)
    else:
        loop.call_soon_threadsafe(_succeed, job.done, result)


def _succeed(done: asyncio.Future[Any], result: Any) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: asyncio.Future[Any], error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)
