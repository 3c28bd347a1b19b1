"""Payloads on their way out: checked for what JSON can hold, and the one encoder that turns a `Secret` into bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from headwater.errors import InvalidInput
from headwater.secret import Secret, is_mask, reveal_all

# What the bodies of `encode` are announced as.
HEADERS = {"Content-Type": "application/json"}
DEEPEST = 64  # levels of nesting; the platform's own objects stay below ten
_PARAMS = ("auth", "params")
# A shorter run of asterisks may be a wildcard in a field that is not a secret.
_SHORTEST_MASK = 3


def normalize(payload: Any, path: tuple[str, ...] = ()) -> Any:
    """Return the payload as plain dicts and lists, every `Secret` still sealed. Raises `InvalidInput` naming the path.

    Refused: what JSON cannot hold, and a mask in the place of a secret, which somebody copied from an answer.
    """
    match payload:
        case None | bool() | int():
            return payload
        case float() if math.isfinite(payload):
            return payload
        case str():
            if _is_in_params(path) and len(payload) >= _SHORTEST_MASK:
                _refuse_mask(payload, path)
            return payload
        case Secret():
            _refuse_mask(payload.reveal(), path)
            return payload
        case Mapping() | list() | tuple():
            return _normalize_container(payload, path)
        case _:
            raise InvalidInput(f"{_place(path)} is not a JSON value: {_kind(payload)}")


def encode(payload: Any) -> bytes:
    """Write a normalized payload as JSON, secrets revealed: for a request body and nothing else."""
    return json.dumps(reveal_all(payload), allow_nan=False).encode("ascii")


def _normalize_container(
    container: Mapping[Any, Any] | list[Any] | tuple[Any, ...], path: tuple[str, ...]
) -> Any:
    if len(path) > DEEPEST:
        raise InvalidInput(f"the payload is nested deeper than {DEEPEST} levels")
    if isinstance(container, Mapping):
        _check_names(container, path)
        return {
            name: normalize(value, (*path, name)) for name, value in container.items()
        }
    return [
        normalize(value, (*path, str(position)))
        for position, value in enumerate(container)
    ]


def _check_names(mapping: Mapping[Any, Any], path: tuple[str, ...]) -> None:
    for name in mapping:
        if not isinstance(name, str):
            raise InvalidInput(
                f"{_place(path)} has a name that is not a string: {_kind(name)}"
            )


def _is_in_params(path: tuple[str, ...]) -> bool:
    return path[: len(_PARAMS)] == _PARAMS


def _refuse_mask(text: str, path: tuple[str, ...]) -> None:
    if is_mask(text):
        raise InvalidInput(
            f"{_place(path)} is a mask copied from some output, not a value",
            remedy="give the secret itself, or a reference to it",
        )


def _place(path: tuple[str, ...]) -> str:
    if not path:
        return "the payload"
    return f"the payload's {'.'.join(path)}"


def _kind(value: Any) -> str:
    if isinstance(value, float):
        return "a number that is not finite"
    return type(value).__name__
