"""JSON Patch as Flow Service takes it: add, replace and remove; and whether an object shows that they were done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from headwater.errors import InvalidInput
from headwater.flowservice import wire
from headwater.secret import Secret, is_mask

Operation: TypeAlias = dict[str, Any]

OPERATIONS = ("add", "replace", "remove")

_ABSENT = object()


def checked(operations: Sequence[Mapping[str, Any]]) -> list[Operation]:
    """Return the operations with lower-case names, secrets still sealed. Raises `InvalidInput` for what cannot be sent.

    A mask anywhere below ``/auth/params`` is refused: it would overwrite the secret it stands for.
    """
    if (
        isinstance(operations, (str, Mapping))
        or not isinstance(operations, Sequence)
        or not operations
    ):
        raise InvalidInput("an update needs a list of at least one operation")
    return [
        _checked(operation, position) for position, operation in enumerate(operations)
    ]


def done(item: Any, operations: Sequence[Operation]) -> bool | None:
    """Say whether an object shows the outcome of the operations: True, False, or None where that cannot be seen.

    Secrets come back masked, so nothing can be said of them; the same holds for elements put into a list.
    """
    verdicts = [
        _shows(item, operation)
        for position, operation in enumerate(operations)
        if not _overridden(operation, operations[position + 1 :])
    ]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _checked(operation: Any, position: int) -> Operation:
    name = operation.get("op") if isinstance(operation, Mapping) else None
    if not isinstance(name, str) or name.lower() not in OPERATIONS:
        raise InvalidInput(
            f"operation {position} must be one of {', '.join(OPERATIONS)}"
        )
    path = operation.get("path")
    if not isinstance(path, str) or not path.startswith("/"):
        raise InvalidInput(
            f"operation {position} needs a path that begins with a slash"
        )
    if name.lower() == "remove":
        return {"op": "remove", "path": path}
    if "value" not in operation:
        raise InvalidInput(f"operation {position} needs a value")
    return {
        "op": name.lower(),
        "path": path,
        "value": wire.checked(operation["value"], tuple(_steps(path))),
    }


def _steps(path: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]


def _overridden(operation: Operation, later: Sequence[Operation]) -> bool:
    """Say whether a later operation decides what is found at this one's place."""
    return any(
        f"{operation['path']}/".startswith(f"{other['path']}/") for other in later
    )


def _shows(item: Any, operation: Operation) -> bool | None:
    *parents, last = _steps(operation["path"])
    parent = item
    for step in parents:
        parent = _child(parent, step)
    if isinstance(parent, list) and operation["op"] != "replace":
        return None
    found = _child(parent, last)
    if operation["op"] == "remove":
        return found is _ABSENT
    return _same(operation["value"], found)


def _child(parent: Any, step: str) -> Any:
    if isinstance(parent, dict):
        return parent.get(step, _ABSENT)
    if (
        isinstance(parent, list)
        and step.isascii()
        and step.isdigit()
        and int(step) < len(parent)
    ):
        return parent[int(step)]
    return _ABSENT


def _same(ours: Any, theirs: Any) -> bool | None:
    """Compare what we sent with what is there; None where a secret or a mask stands in the way."""
    if isinstance(ours, Secret) or (
        isinstance(theirs, str) and is_mask(theirs) and theirs != ours
    ):
        return None
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return _all_same(
            [(value, theirs.get(name, _ABSENT)) for name, value in ours.items()],
            set(theirs) - set(ours),
        )
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and _all_same(
            list(zip(ours, theirs, strict=True)), set()
        )
    return isinstance(ours, bool) == isinstance(theirs, bool) and bool(ours == theirs)


def _all_same(pairs: list[tuple[Any, Any]], surplus: set[str]) -> bool | None:
    verdicts = [_same(ours, theirs) for ours, theirs in pairs]
    if surplus or False in verdicts:
        return False
    return None if None in verdicts else True
