"""Promotion in the background: each batch claimed in the store by one worker, its result written in one transaction.

A claim is a lease. Whoever holds it renews it while he works; a worker that was killed does not, and another goes on
once the lease is over: one that looks for work, or any that is asked for the batch. What was made under a lease that is
lost is thrown away, so that two never both write.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from headwater_local_flow_service.errors import log_frames
from headwater_local_flow_service.files.file_store import FilesUnavailable
from headwater_local_flow_service.kernel.clock import now
from headwater_local_flow_service.lake import batch_states as states
from headwater_local_flow_service.lake import batches, jobs, keys, results, sweeping
from headwater_local_flow_service.lake.batches import ATTEMPTS, LEASE, TABLE
from headwater_local_flow_service.lake.ids import new_ulid
from headwater_local_flow_service.store.store import Scope
from headwater_local_flow_service.store.storeerrors import StoreUnavailable

if TYPE_CHECKING:
    from headwater_local_flow_service.files.file_store import FileStore
    from headwater_local_flow_service.promotion.job import Promoted
    from headwater_local_flow_service.store.store import Record, Rows, Store

log = logging.getLogger("headwater.local")

LEASE_SECONDS = 30.0
RETRY_SECONDS = 10.0  # after a failure that may pass
LOOK_SECONDS = 10.0  # between two looks for batches that nobody promotes
MOST_ATTEMPTS: Final = 5
SWEEP_SECONDS = 3600.0
_FIRST_SWEEP: Final = 600.0  # seconds after the start
_CLOSING: Final = 30  # seconds in which a promotion that is under way may end
_AT_ONCE: Final = 100

Due = tuple[Scope, str]  # a batch by its scope and id


class Promoter:
    """One thread that promotes batches, started when the first is due."""

    def __init__(self, store: Store, files: FileStore | None) -> None:
        self._store = store
        self._files = files
        self._due: deque[Due] = deque()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_watching = False
        self._is_closed = False
        self._swept_at = 0.0  # seconds since 1970

    def begin(self, scope: Scope, id: str) -> None:
        """Have a batch promoted soon, unless somebody else is at it."""
        with self._wake:
            if (scope, id) not in self._due:
                self._due.append((scope, id))
        self._run()

    def watch(self) -> None:
        """Look for batches that nobody promotes, now and as long as this process lives; and sweep once an hour."""
        self._is_watching = True
        self._swept_at = now() / 1000 - SWEEP_SECONDS + _FIRST_SWEEP
        self._run()

    def resume(self, record: Record) -> None:
        """Have a batch promoted that somebody reads, where whoever should have done it is gone."""
        if record.state in states.WAITING and not _is_held(record):
            self.begin(record.scope, record.id)

    def close(self) -> None:
        """Begin nothing more, and wait a while for what is under way."""
        with self._wake:
            self._is_closed = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join(_CLOSING)

    def _run(self) -> None:
        with self._wake:
            if self._files is None or self._is_closed:
                return
            self._wake.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="promotion", daemon=True
                )
                self._thread.start()

    def _work(self) -> None:
        while not self._is_closed:
            try:
                due = self._next()
                if due is not None:
                    self._promote(*due)
                elif self._is_watching and not self._is_closed:
                    self._look()
            except (StoreUnavailable, FilesUnavailable) as error:
                log.warning("batches wait: %s", error)
            except Exception as error:
                log_frames("a promotion failed", error)

    def _next(self) -> Due | None:
        """Return the batch that is next; None when it is time to look for others."""
        with self._wake:
            if not self._due and not self._is_closed:
                self._wake.wait(LOOK_SECONDS if self._is_watching else None)
            return self._due.popleft() if self._due else None

    def _look(self) -> None:
        assert self._files is not None
        query = (
            select(TABLE.c.org, TABLE.c.sandbox, TABLE.c.id)
            .where(TABLE.c.state.in_(states.WAITING))
            .limit(_AT_ONCE)
        )
        with self._store.reading() as rows:
            found = list(rows.connection.execute(query))
        for row in found:
            self._promote(Scope(org=row.org, sandbox=row.sandbox), row.id)
        moment = now() / 1000
        if moment - self._swept_at > SWEEP_SECONDS:
            self._swept_at = moment
            sweeping.sweep(self._store, self._files)

    def _promote(self, scope: Scope, id: str) -> None:
        """Promote a batch, if nobody else does."""
        assert self._files is not None
        record = self._claim(scope, id)
        if record is None:
            return
        attempt = record.document[LEASE]["attempt"]
        folder = keys.attempt_folder(scope, id, attempt)
        beat = _Heartbeat(self._store, record)
        try:
            with beat:
                result = jobs.promote(self._store, self._files, record, folder)
            is_ours = self._commit(record, result)
        except Exception as error:
            log_frames("a promotion failed", error)
            self._give_back(record)
            is_ours = False
        if not is_ours:
            sweeping.remove_folder(self._files, folder)

    def _claim(self, scope: Scope, id: str) -> Record | None:
        """Take a batch; None where it is not to be promoted, or somebody else has it."""
        with self._store.writing(scope) as rows:
            record = rows.get(TABLE, scope, id)
            if record is None or record.state not in states.WAITING or _is_held(record):
                return None
            attempts = record.document.get(ATTEMPTS, 0)
            if attempts >= MOST_ATTEMPTS:
                batches.finish(
                    rows,
                    record,
                    record.updated_by,
                    states.STALLED,
                    errors=[results.STALLED],
                )
                return None
            facts: dict[str, Any] = {
                LEASE: {"attempt": new_ulid(), "until": _until(LEASE_SECONDS)},
                ATTEMPTS: attempts + 1,
            }
            return batches.change(
                rows,
                record,
                record.updated_by,
                state=states.RETRYING if attempts else states.STAGING,
                started=record.document.get("started", now()),
                **facts,
            )

    def _commit(self, claimed: Record, result: Promoted) -> bool:
        """Write what came of a batch; False where it is not ours any more."""
        assert self._files is not None
        with self._store.writing(claimed.scope) as rows:
            record = _ours(rows, claimed)
            if record is None:
                return False
            unneeded = results.write(rows, record, result)
        batches.remove_files(self._files, unneeded)
        return True

    def _give_back(self, claimed: Record) -> None:
        """Let the batch be tried again after a while, by whoever comes first."""
        try:
            with self._store.writing(claimed.scope) as rows:
                record = _ours(rows, claimed)
                if record is not None:
                    lease = {"attempt": "", "until": _until(RETRY_SECONDS)}
                    batches.change(
                        rows,
                        record,
                        record.updated_by,
                        state=states.RETRYING,
                        **{LEASE: lease},
                    )
        except StoreUnavailable:
            return  # the lease ends by itself


class _Heartbeat:
    """Renews a lease while the block runs."""

    def __init__(self, store: Store, claimed: Record) -> None:
        self._store = store
        self._claimed = claimed
        self._over = threading.Event()
        self._thread = threading.Thread(
            target=self._beat, name="promotion-lease", daemon=True
        )

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(LEASE_SECONDS / 3):
            try:
                with self._store.writing(self._claimed.scope) as rows:
                    record = _ours(rows, self._claimed)
                    if record is None:
                        return
                    lease = record.document[LEASE] | {"until": _until(LEASE_SECONDS)}
                    batches.change(rows, record, record.updated_by, **{LEASE: lease})
            except StoreUnavailable:
                continue


def _is_held(record: Record) -> bool:
    lease = record.document.get(LEASE)
    return lease is not None and lease["until"] > now()


def _ours(rows: Rows, claimed: Record) -> Record | None:
    """Return the batch as it is now, or None where the lease is not the one it was claimed with."""
    record = rows.get(TABLE, claimed.scope, claimed.id)
    if record is None or record.state not in states.WAITING:
        return None
    lease = record.document.get(LEASE, {})
    attempt = claimed.document[LEASE]["attempt"]
    return record if lease.get("attempt") == attempt else None


def _until(seconds: float) -> int:
    return now() + int(seconds * 1000)
