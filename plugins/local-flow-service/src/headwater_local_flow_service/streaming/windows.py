"""A window: the messages of a dataflow that come into its data set together, those that fit told from the others."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.promotion import outcome
from headwater_local_flow_service.store.inlet_rows import InletRows
from headwater_local_flow_service.streaming import validating

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headwater_local_flow_service.promotion.rules import Violation
    from headwater_local_flow_service.store.inlet_rows import Message
    from headwater_local_flow_service.store.store import Scope, Store
    from headwater_local_flow_service.streaming.validating import DataSetRules

MOST_IN_WINDOW: Final = 10_000  # messages
# characters of messages; the one that reaches it is the last
LARGEST_WINDOW: Final = 16_777_216


@attrs.frozen(kw_only=True)
class Window:
    """Messages of one dataflow and one data set, those that came first; at least one."""

    messages: Sequence[Message] = attrs.field(repr=False)
    is_full: bool  # whether others may wait behind it

    @property
    def scope(self) -> Scope:
        """Whose messages these are."""
        return self.messages[0].scope

    @property
    def flow(self) -> str:
        """The id of the dataflow."""
        return self.messages[0].flow

    @property
    def data_set(self) -> str:
        """The id of the data set."""
        return self.messages[0].data_set

    @property
    def external_id(self) -> str:
        """What a batch of exactly these messages is known by."""
        return f"{self.flow}-{self.messages[0].seq}-{self.messages[-1].seq}"

    @property
    def size(self) -> int:
        """The bytes of the messages; they are written in ASCII."""
        return sum(len(message.text) for message in self.messages)

    @property
    def times(self) -> tuple[int, int]:
        """When the first and the last message came in, in milliseconds since 1970."""
        received = [message.received_at for message in self.messages]
        return min(received), max(received)


@attrs.define
class Sorted:
    """What a window consists of, as lines of JSON: entities that fit, and failed records with what is wrong with them.

    `reports` are the failed records as reports of row errors have them; `codes` counts them by the code of the first
    thing that is wrong.
    """

    good: list[bytes] = attrs.field(factory=list, repr=False)
    failed: list[bytes] = attrs.field(factory=list, repr=False)
    reports: list[bytes] = attrs.field(factory=list, repr=False)
    codes: Counter[str] = attrs.field(factory=Counter)


def read_window(store: Store, scope: Scope, flow: str) -> Window | None:
    """Return the messages of a dataflow that come next, or None where none waits."""
    messages: list[Message] = []
    size, is_full = 0, False
    with store.reading() as rows:
        found = InletRows(rows).stream(scope, flow, MOST_IN_WINDOW)
        for message in found:
            if messages and message.data_set != messages[0].data_set:
                is_full = True
                break
            messages.append(message)
            size += len(message.text)
            if size >= LARGEST_WINDOW:
                is_full = True
                break
    if not messages:
        return None
    is_full = is_full or len(messages) == MOST_IN_WINDOW
    return Window(messages=messages, is_full=is_full)


def sort_messages(window: Window, rules: DataSetRules) -> Sorted:
    """Hold every message of a window against the schema."""
    result = Sorted()
    for stored in window.messages:
        message = json.loads(stored.text)
        if not validating.has_entity(message):
            _add_failed(result, message, [{"message": validating.NO_ENTITY}])
            continue
        entity = rules.read_entity(message)
        violations = rules.rules.find_violations(entity)
        if violations:
            told = [violation.as_json() for violation in violations]
            failed = entity if isinstance(entity, dict) else message
            _add_failed(result, failed, told, _code_of(violations[0]))
        else:
            result.good.append(_line(entity))
    return result


def _add_failed(
    result: Sorted,
    record: Mapping[str, Any],
    errors: list[dict[str, Any]],
    code: str = outcome.REQUIRED,
) -> None:
    result.failed.append(_line({**record, "_validationErrors": errors}))
    told = [{"code": code.split("-")[1], "message": _tell(error)} for error in errors]
    result.reports.append(_line({**record, "_errors": told}))
    result.codes[code] += 1


def _tell(error: Mapping[str, Any]) -> str:
    """Return an error as one sentence, with its place where it has one."""
    pointer = error.get("pointerToViolation")
    return f"{pointer}: {error['message']}" if pointer else str(error["message"])


def _code_of(violation: Violation) -> str:
    return outcome.REQUIRED if violation.keyword == "required" else outcome.CORRUPT


def _line(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
