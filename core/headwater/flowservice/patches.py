"""JSON Patch as Flow Service takes it: add, replace and remove; and whether an object shows that they were done."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from headwater.errors import InvalidInput
from headwater.flowservice import wire
from headwater.secret import Secret, is_mask

if TYPE_CHECKING:
    from collections.abc import Iterable

Operation: TypeAlias = dict[str, Any]

OPERATIONS = ("add", "replace", "remove")

_POSITION = re.compile(r"[0-9]{1,9}")
_ABSENT = object()


def normalize_operations(operations: Sequence[Mapping[str, Any]]) -> list[Operation]:
    """Return the operations with lower-case names, secrets still sealed. Raises `InvalidInput` for what cannot be sent.

    A mask anywhere below ``/auth/params`` is refused: it would overwrite the secret it stands for.
    """
    is_list = isinstance(operations, Sequence) and not isinstance(operations, str)
    if not is_list or not operations:
        raise InvalidInput("an update needs a list of at least one operation")
    return [
        _normalize_operation(operation, position)
        for position, operation in enumerate(operations)
    ]


def was_applied(item: Any, operations: Sequence[Operation]) -> bool | None:
    """Say whether an object shows the outcome of the operations: True, False, or None where that cannot be seen.

    Secrets come back masked, so nothing can be said of them; the same holds for elements put into a list.
    """
    verdicts = []
    for position, operation in enumerate(operations):
        if not _is_overridden(operation, operations[position + 1 :]):
            verdicts.append(_shows(item, operation))
    return _all_true(verdicts)


def _normalize_operation(operation: Any, position: int) -> Operation:
    if not isinstance(operation, Mapping):
        operation = {}  # what is not an object has neither name nor path
    name = str(operation.get("op")).lower()
    if name not in OPERATIONS:
        raise InvalidInput(
            f"operation {position} must be one of {', '.join(OPERATIONS)}"
        )
    path = operation.get("path")
    if not isinstance(path, str) or not path.startswith("/"):
        raise InvalidInput(
            f"operation {position} needs a path that begins with a slash"
        )
    if name == "remove":
        return {"op": "remove", "path": path}
    if "value" not in operation:
        raise InvalidInput(f"operation {position} needs a value")
    value = wire.normalize(operation["value"], tuple(_steps(path)))
    return {"op": name, "path": path, "value": value}


def _steps(path: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]


def _is_overridden(operation: Operation, later: Iterable[Operation]) -> bool:
    """Say whether a later operation decides what is found at this one's place."""
    place = f"{operation['path']}/"
    return any(place.startswith(f"{other['path']}/") for other in later)


def _shows(item: Any, operation: Operation) -> bool | None:
    """Say whether an object shows the outcome of one operation; None where that cannot be seen."""
    *parents, last = _steps(operation["path"])
    parent = functools.reduce(_child, parents, item)
    if isinstance(parent, list) and operation["op"] != "replace":
        return None
    value = _child(parent, last)
    if operation["op"] == "remove":
        return value is _ABSENT
    return _is_same(operation["value"], value)


def _child(parent: Any, step: str) -> Any:
    """Return what lies one step below, or `_ABSENT`."""
    if isinstance(parent, dict):
        return parent.get(step, _ABSENT)
    if not isinstance(parent, list) or not _POSITION.fullmatch(step):
        return _ABSENT
    position = int(step)
    if position >= len(parent):
        return _ABSENT
    return parent[position]


def _is_same(ours: Any, theirs: Any) -> bool | None:
    """Compare what we sent with what is there; None where a secret or a mask stands in the way."""
    if isinstance(theirs, str) and is_mask(theirs) and theirs != ours:
        return None
    match ours, theirs:
        case Secret(), _:
            return None
        case dict(), dict() if ours.keys() >= theirs.keys():
            return _all_true(
                _is_same(value, theirs.get(name, _ABSENT))
                for name, value in ours.items()
            )
        case list(), list() if len(ours) == len(theirs):
            return _all_true(map(_is_same, ours, theirs))
        case (bool(), _) | (_, bool()):
            return ours is theirs  # in Python, True equals 1
        case _:
            return bool(ours == theirs)


def _all_true(verdicts: Iterable[bool | None]) -> bool | None:
    """Return False where one verdict is; else None where one cannot be told; else True."""
    verdicts = list(verdicts)
    if False in verdicts:
        return False
    if None in verdicts:
        return None
    return True
