"""The states of a batch, and which action leads from which to which.

The states are those the platform documents; the arrows are drawn from their definitions, which is all there is of them.
"""

from __future__ import annotations

from typing import Final

LOADING: Final = "loading"  # files are still put into it
LOADED: Final = "loaded"  # complete, to be promoted
STAGING: Final = "staging"  # being promoted
RETRYING: Final = "retrying"  # being promoted again
STALLED: Final = "stalled"  # it could not be promoted, again and again
SUCCESS: Final = "success"
FAILED: Final = "failed"
ABORTED: Final = "aborted"
INACTIVE: Final = "inactive"  # was a success, and is read no more
DELETED: Final = "deleted"  # its files are gone

WAITING: Final = (LOADED, STAGING, RETRYING)  # a promotion is due or under way
SUCCESSFUL: Final = (SUCCESS, "active")

ALL: Final = (
    LOADING, LOADED, STAGING, "staged", RETRYING, STALLED, SUCCESS, "active", FAILED, "failure", ABORTED, "abandoned",
    INACTIVE, DELETED, "archived", "retained", "processing", "queued",
)  # fmt: skip

COMPLETE: Final = "COMPLETE"
ABORT: Final = "ABORT"
FAIL: Final = "FAIL"
REVERT: Final = "REVERT"
ACTIONS: Final = (COMPLETE, ABORT, FAIL, REVERT)

# action -> state -> the state it leads to; a state that stays as it is means that the action has been done before.
_LEADS: Final = {
    COMPLETE: {
        LOADING: LOADED,
        STALLED: LOADED,
        **{state: state for state in (*WAITING, SUCCESS, FAILED)},
    },
    ABORT: {
        LOADING: ABORTED,
        **dict.fromkeys(WAITING, ABORTED),
        STALLED: ABORTED,
        ABORTED: ABORTED,
    },
    FAIL: {LOADING: FAILED, STALLED: FAILED, FAILED: FAILED},
    REVERT: {SUCCESS: INACTIVE, INACTIVE: INACTIVE, DELETED: DELETED},
}


def state_after(action: str, state: str) -> str | None:
    """Return the state that an action leads to, or None where it does not apply to a batch in this state."""
    return _LEADS[action].get(state)


def possible_states(action: str) -> tuple[str, ...]:
    """Return the states to which an action applies."""
    return tuple(_LEADS[action])
