"""Ensure that a base connection exists exactly once, on an API without idempotency keys or unique names.

Write the intent down; look; send once; prove the answer; after an unknown outcome ask, and never send a second time by
itself. docs/exactly-once.md states every assumption.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from headwater.arguments import require_kind, require_service
from headwater.create import journal as journals
from headwater.create.values import (
    CONFIRMED,
    DUPLICATED,
    UNCONFIRMED,
    Created,
    CreateRules,
    Prepared,
)
from headwater.create.wanted import WantedConnection, find_differences
from headwater.errors import (
    ConnectionExists,
    HeadwaterError,
    InvalidInput,
    NotAuthenticated,
    OutcomeUnknown,
    ServiceError,
    Unreachable,
)
from headwater.foreign import raise_bare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headwater.create.journal import Keeper, Turn
    from headwater.flowservice import Connection, FlowService, Reference

__all__ = ["Created", "Prepared", "ensure", "find_differences"]

logger = logging.getLogger("headwater.create")

RESENDS = 4
# Seconds between looks; the last one repeats.
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.5, 2.0)
# Seconds that a Retry-After may ask of us at most.
LONGEST_PAUSE = 60.0

_AGAIN = (
    'run the same again with --if-exists reuse (in Python if_exists="reuse"):'
    " it adopts the connection if it was created"
)


def ensure(
    service: FlowService,
    prepared: Prepared,
    *,
    if_exists: str = "fail",
    settle: float = 60.0,
    confirm: bool = False,
    journal: Keeper | None = None,
    progress: Callable[[str], None] | None = None,
) -> Created:
    """Make the prepared connection exist once and return it.

    An existing connection of the name is an error (`if_exists` ``fail``) or is adopted where its non-secret fields are
    ours (``reuse``). After an unknown outcome the service is asked for up to `settle` seconds; `progress` is told. With
    `confirm` the call waits until lists have caught up (``Endpoint.list_lag`` seconds) and looks for others of the
    name. `journal` is this user's by default; `NO_JOURNAL` keeps none.

    Raises `ConnectionExists`, `OutcomeUnknown`, `CreateInProgress`, `InvalidInput` where the journal cannot be kept,
    and what the platform client raises.
    """
    rules = CreateRules(if_exists=if_exists, settle=settle, confirm=confirm)
    require_kind("prepared", prepared, Prepared, "what prepare returns")
    require_service(service)
    if journal is not None and not hasattr(journal, "turn"):
        raise InvalidInput("journal must be a journal or None")
    if progress is not None:
        require_kind("progress", progress, Callable, "a function or None")
    keeper = journal or journals.default_journal()
    wanted = WantedConnection(service, prepared)
    tell = progress or logger.info
    with keeper.turn(wanted.target, tell) as turn:
        run = _Run(
            wanted=wanted,
            rules=rules,
            turn=turn,
            tell=tell,
            keeps_journal=keeper.keeps,
        )
        return run.ensure()


@attrs.define(kw_only=True)
class _Run:
    """One call of `ensure`, while it has its turn."""

    wanted: WantedConnection
    rules: CreateRules
    turn: Turn
    tell: Callable[[str], None]
    keeps_journal: bool
    began: float = 0.0  # when the intent was written; epoch seconds

    def ensure(self) -> Created:
        existing = self._look() or self._look_out_the_lag()
        if existing:
            return self._adopt(existing)
        self.began = time.time()
        self.turn.begin(self.wanted.digest)
        try:
            reference = self._send()
        except InvalidInput:  # the request could not be written
            self._note(journals.REFUSED)
            raise
        except (Unreachable, ServiceError) as error:
            if not _leaves_open(error):
                self._note(journals.REFUSED)
                raise
            return self._resolve_unknown(error.message)
        doubt = self.wanted.doubt(reference.id, self.began)
        if doubt:
            return self._resolve_unknown(doubt, reference)
        return self._report_created(reference)

    # ---- looking

    def _look(self) -> list[Connection]:
        """Return the connections of our name: what the list shows, and what the journal has the id of."""
        listed = self.wanted.look()
        earlier = self.turn.earlier
        if earlier is None or not earlier.id:
            return listed
        if any(connection.id == earlier.id for connection in listed):
            return listed
        remembered = self.wanted.read(earlier.id)  # a read by id does not lag
        return [*listed, remembered] if remembered else listed

    def _look_if_it_answers(self) -> list[Connection]:
        """Look; whatever stands before the service may say anything meanwhile, and that is no answer."""
        try:
            return self._look()
        except (Unreachable, ServiceError):
            return []

    def _look_out_the_lag(self) -> list[Connection]:
        """After an earlier command's unknown outcome, look until a list would show what it created.

        Raises `OutcomeUnknown` where the caller does not want to wait so long.
        """
        earlier = self.turn.earlier
        if earlier is None or not earlier.is_open:
            return []
        lag = self.wanted.list_lag
        lag_left = min(lag, earlier.intended_at + lag - time.time())
        if lag_left > 0:
            self.tell(
                "an earlier command ended without knowing whether it created the connection;"
                f" looking for it for up to {min(lag_left, self.rules.settle):.0f} s"
            )
        existing = self._poll(min(lag_left, self.rules.settle))
        if not existing and lag_left > self.rules.settle:
            raise OutcomeUnknown(
                "outcome unknown: an earlier command may have created the connection, and lists may not show it yet",
                remedy=f"run again in {lag_left - self.rules.settle:.0f} s",
            )
        # The last look must answer before anything is sent.
        existing = existing or self._look()
        if existing:
            return existing
        self.tell(
            f"what an earlier command sent has not appeared within {lag:g} s: sending again"
        )
        return []

    def _poll(self, seconds: float) -> list[Connection]:
        """Look for connections of our name for so long, and once at least."""
        for _round in _rounds(seconds):
            existing = self._look_if_it_answers()
            if existing:
                return existing
        return []

    # ---- what exists already

    def _adopt(self, existing: Sequence[Connection]) -> Created:
        ids = [connection.id for connection in existing]
        if self.rules.if_exists == "fail":
            raise ConnectionExists(
                "a connection of this name exists for this connection specification",
                ids=ids,
                remedy="choose another name, or adopt it with --if-exists reuse",
            )
        fitting = self.wanted.select_fitting(existing)
        if not fitting:
            raise _exists_otherwise(existing, self.wanted.prepared)
        if len(fitting) > 1:
            raise ConnectionExists(
                "several connections of this name exist, and all of them fit",
                ids=ids,
                remedy="delete those that are not needed (headwater connections delete ID), then run again",
            )
        earlier = self.turn.earlier
        created: bool | None = False
        if earlier is not None and earlier.is_open:
            created = None  # by the earlier command, or by another client
            self._note(journals.FOUND, fitting[0].id)
        return self._finish(fitting[0], created=created, since=time.time())

    # ---- sending

    def _send(self) -> Reference:
        """Send the request, again where it is proven that nothing was accepted.

        Raises the error of the last attempt; `_leaves_open` says whether it is then unknown what was created.
        """
        for resend in range(RESENDS):
            try:
                return self.wanted.send()
            except (Unreachable, ServiceError) as error:
                if not _nothing_accepted(error):
                    raise
                pause = _pause_after(error, resend)
                is_answer = isinstance(error, ServiceError)
                if _is_renewed(error):
                    self._look_before_sending_again(error)
                    pause = 0.0
            time.sleep(pause)
            # 429 can be a portal's word, too
            if is_answer and self._look_if_it_answers():
                raise _Open("the request was refused, and the connection is there")
        return self.wanted.send()

    def _look_before_sending_again(self, error: Unreachable | ServiceError) -> None:
        """After a renewed token, wait until a list would show what the refused request created all the same.

        Raises `_Open` where something is there now, where the caller does not want to wait so long, and where nobody
        answers the last look.
        """
        lag = self.wanted.list_lag
        if lag:
            self.tell(
                f"{error.message}; looking for up to {lag:g} s before sending again"
            )
        if lag > self.rules.settle:
            self._poll(self.rules.settle)
            raise _Open(error.message)
        try:
            existing = self._poll(lag) or self._look()
        except (Unreachable, ServiceError):
            raise_bare(_Open(error.message))
        if existing:
            raise _Open(error.message)

    # ---- after sending

    def _resolve_unknown(
        self, reason: str, reference: Reference | None = None
    ) -> Created:
        """Look for what was sent. Raises `OutcomeUnknown` where the time is over."""
        answered_id = reference.id if reference else ""
        self._note(journals.OPEN, answered_id)
        seconds = self.rules.settle
        self.tell(f"{reason}; looking for the connection for up to {seconds:g} s")
        for _round in _rounds(seconds):
            if reference and not self.wanted.doubt(reference.id, self.began):
                return self._report_created(reference)
            candidates = self._select_possible(self._look_if_it_answers())
            if candidates:
                return self._report_found(candidates)
        raise self._unknown(answered_id)

    def _select_possible(self, existing: Sequence[Connection]) -> list[Connection]:
        """Return what can be the connection that was sent, as far as the service tells."""
        return [
            connection
            for connection in self.wanted.select_fitting(existing)
            if not self.wanted.is_anothers(connection, self.began)
        ]

    def _report_found(self, candidates: Sequence[Connection]) -> Created:
        """Return the oldest that can be ours; nothing proves that no other client made it."""
        self._note(journals.FOUND, candidates[0].id)
        return self._finish(candidates[0], created=None, since=self.began)

    def _report_created(self, reference: Reference) -> Created:
        self._note(journals.CREATED, reference.id)
        return self._finish(reference, created=True, since=self.began)

    def _finish(
        self, connection: Connection | Reference, *, created: bool | None, since: float
    ) -> Created:
        """Return the result, with what is known of others of the name that were made at about `since`."""
        if self.rules.confirm:
            self._wait_for_lists(since)
        duplicates, uniqueness = self._look_for_others(connection.id, since)
        return self._build_result(
            connection, created=created, duplicates=duplicates, uniqueness=uniqueness
        )

    def _wait_for_lists(self, since: float) -> None:
        left = since + self.wanted.list_lag - time.time()
        if left > 0:
            self.tell(
                f"looking for others of the name in {left:.0f} s, when lists have caught up"
            )
            time.sleep(left)

    def _look_for_others(
        self, own_id: str, since: float
    ) -> tuple[tuple[str, ...], str]:
        """Return the ids of others of the name, and what is known then; where nobody answers, nothing is."""
        looked_at = time.time()
        try:
            listed = self.wanted.look()
        except HeadwaterError:
            return (), UNCONFIRMED
        others = tuple(
            connection.id for connection in listed if connection.id != own_id
        )
        if others:
            return others, DUPLICATED
        if looked_at >= since + self.wanted.list_lag:
            return (), CONFIRMED
        return (), UNCONFIRMED

    def _note(self, outcome: str, id: str = "") -> None:
        """Write down what became of the request. Where that fails, the intent stays open, which is safe."""
        try:
            self.turn.end(outcome, id)
        except OSError:
            self.tell(
                "the journal of creates cannot be written: the next command will look before it sends"
            )

    def _unknown(self, answered_id: str) -> OutcomeUnknown:
        ids = [answered_id] if answered_id else []
        with contextlib.suppress(HeadwaterError):
            listed = [connection.id for connection in self.wanted.look()]
            ids += [id for id in listed if id not in ids]
        return OutcomeUnknown(
            "outcome unknown: the connection may or may not have been created",
            ids=ids,
            remedy=_AGAIN,
        )

    def _build_result(
        self,
        connection: Connection | Reference,
        *,
        created: bool | None,
        duplicates: tuple[str, ...],
        uniqueness: str,
    ) -> Created:
        prepared = self.wanted.prepared
        return Created(
            id=connection.id,
            etag=connection.etag,
            connector=prepared.connector.slug,
            created=created,
            auth=prepared.auth.label,
            duplicates=duplicates,
            uniqueness=uniqueness,
            warning=getattr(connection, "warning", ""),
            journal=self.keeps_journal,
        )


class _Open(Unreachable):
    """A refusal after which it is unknown all the same what was created."""

    def __init__(self, message: str) -> None:
        super().__init__(message, sent=True)


def _nothing_accepted(error: Unreachable | ServiceError) -> bool:
    """Say whether it is proven that nothing was accepted, so that sending again cannot make a second one."""
    if isinstance(error, Unreachable):
        return not error.sent
    return error.status == 429 or _is_renewed(error)


def _is_renewed(error: Unreachable | ServiceError) -> bool:
    return isinstance(error, NotAuthenticated) and error.token_renewed


def _leaves_open(error: Unreachable | ServiceError) -> bool:
    """Say whether it is unknown what the request did."""
    if isinstance(error, Unreachable):
        return error.sent
    return error.outcome_unknown


def _pause_after(error: Unreachable | ServiceError, resend: int) -> float:
    """Return how long to wait before sending again, in seconds: what the service asks for, within bounds."""
    asked: float | None = getattr(error, "retry_after", None)
    if asked is None:
        return _pause(resend)
    return min(asked, LONGEST_PAUSE)


def _exists_otherwise(
    existing: Sequence[Connection], prepared: Prepared
) -> ConnectionExists:
    fields = find_differences(existing[0], prepared)
    return ConnectionExists(
        f"a connection of this name exists with other values in: {', '.join(fields)}",
        ids=[connection.id for connection in existing],
        differing=fields,
        remedy="choose another name, or change the existing one with `headwater connections update`",
    )


def _rounds(seconds: float) -> Iterator[None]:
    """Yield after ever longer pauses, at once and then for so many seconds."""
    deadline = time.monotonic() + seconds
    for step in itertools.count():
        yield
        left = deadline - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(_pause(step), left))


def _pause(step: int) -> float:
    return PAUSES[min(step, len(PAUSES) - 1)]
