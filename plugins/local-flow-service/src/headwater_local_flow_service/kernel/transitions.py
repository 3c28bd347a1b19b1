"""The states between two states, shown for as many reads as the switch ``async_states`` says.

The rules: docs/flow-service-operations.md#states-and-actions.

The platform takes its time over a change, and refuses others until it is done. Here everything is done at once, unless
the switch is set: then an object that was changed looks busy until it has been read by its id so many times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel.bodies import LEFT_OUT, TURNING, drop_fields
from headwater_local_flow_service.listing.filters import fold_state

if TYPE_CHECKING:
    from headwater_local_flow_service.store.store import Record

DELETING: Final = "delete-finalizing"
UPDATING: Final = "updating"
_INITIALIZING: Final = "initializing"
_IN_PROGRESS: Final = "inProgress"
_TO: Final = {"enabled": "enabling", "disabled": "disabling"}
# A dataflow is enabled as soon as it is made, and runs have states of their own.
_MAKING: Final = {
    "connections": _INITIALIZING,
    "sourceConnections": _IN_PROGRESS,
    "targetConnections": _IN_PROGRESS,
}
_SPELLED: Final = {
    fold_state(state): state
    for state in (DELETING, UPDATING, _INITIALIZING, _IN_PROGRESS, *_TO.values())
}

BUSY_STATES: Final = frozenset(_SPELLED)

UPDATE: Final = "update"
DELETE: Final = "delete"
ACT: Final = "act"
_REFUSALS: Final = {
    ("connections", UPDATE): "FLOW-1416-400",
    ("connections", DELETE): "FLOW-1416-400",
    ("flows", UPDATE): "FLOW-1420-400",
}
_OTHER_REFUSALS: Final = {
    UPDATE: "FLOW-1457-400",
    DELETE: "FLOW-1458-400",
    ACT: "FLOW-1421-400",
}


def is_busy(record: Record) -> bool:
    """Say whether a row is between two states."""
    return TURNING in record.document


def is_being_deleted(record: Record) -> bool:
    """Say whether a row is as good as deleted."""
    return is_busy(record) and record.state == DELETING


def target_state(record: Record) -> str:
    """Return the state a row is in, or is about to be in."""
    if not is_busy(record):
        return record.state
    return str(record.document[TURNING]["becomes"])


def check_idle(type: str, record: Record, deed: str) -> None:
    """Refuse to do something with a row that is between two states. Raises `FlowError`."""
    if not is_busy(record):
        return
    code = _REFUSALS.get((type, deed), _OTHER_REFUSALS[deed])
    if code == "FLOW-1416-400" and record.state == _INITIALIZING:
        code = "FLOW-1417-400"
    if deed == DELETE and record.state == DELETING:
        code = "FLOW-1458-400"
    raise FlowError(
        code,
        f"its state is {state_name(record)}: read it until that is over",
        id=record.id,
        type=type,
    )


def begin_create(type: str, record: Record, reads: int) -> Record:
    """Return a new row as it is shown for the next `reads`."""
    if type not in _MAKING:
        return record
    return _make_busy(record, _MAKING[type], reads)


def begin_state_change(record: Record, reads: int) -> Record:
    """Return a row that an action brought into another state, as it is shown for the next `reads`."""
    return _make_busy(record, _TO.get(record.state, ""), reads)


def begin_update(record: Record, reads: int) -> Record:
    """Return a row that was patched, as it is shown for the next `reads`."""
    return _make_busy(record, UPDATING, reads)


def begin_delete(record: Record, reads: int) -> Record:
    """Return a row that is as good as deleted, as it is shown for the next `reads`: one at least."""
    return _turn(attrs.evolve(record, state=""), DELETING, reads)


def advance(record: Record, reads: int) -> Record:
    """Return a busy row after one more read: still busy, or in the state that was meant, which is nothing if deleted.

    `reads` is the switch now: a service for which everything is done at once keeps nobody waiting.
    """
    turning = record.document[TURNING]
    left = min(turning["reads"], reads)
    if left > 0:
        turning = turning | {"reads": left - 1}
        return attrs.evolve(record, document=record.document | {TURNING: turning})
    document = drop_fields(record.document, (TURNING,))
    return attrs.evolve(record, state=turning["becomes"], document=document)


def state_name(record: Record) -> str:
    """Return the state of a row as it is spelled in answers."""
    return _SPELLED.get(record.state, record.state)


def visible_document(record: Record) -> dict[str, Any]:
    """Return the document of a row without what only the service needs."""
    return drop_fields(record.document, (TURNING, LEFT_OUT))


def _make_busy(record: Record, state: str, reads: int) -> Record:
    """Return a row in a state between; a draft, and whatever has states of its own, is never busy."""
    if not reads or record.state not in _TO:
        return record
    return _turn(record, state, reads)


def _turn(record: Record, state: str, reads: int) -> Record:
    turning = {"becomes": record.state, "reads": reads}
    return attrs.evolve(
        record, state=fold_state(state), document=record.document | {TURNING: turning}
    )
