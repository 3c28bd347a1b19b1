"""The wire's two ends: the one encoder that may turn a `Secret` into bytes, and the decoder for what comes back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from headwater.errors import InvalidInput
from headwater.secret import Secret, is_mask, revealed

DEEPEST = 64  # levels of nesting; the platform's own objects stay below ten
_PARAMS = ("auth", "params")
_SHORTEST_MASK = (
    3  # a shorter run of asterisks may be a wildcard in a field that is no secret
)


def checked(payload: Any, path: tuple[str, ...] = ()) -> Any:
    """Return the payload as plain dicts and lists, every `Secret` still sealed. Raises `InvalidInput` naming the path.

    Refused: what JSON cannot hold, and a mask in the place of a secret, which somebody copied from an answer.
    """
    if isinstance(payload, Secret):
        return _unmasked(payload, payload.reveal(), path)
    if isinstance(payload, str):
        below_params = path[: len(_PARAMS)] == _PARAMS
        return (
            _unmasked(payload, payload, path)
            if below_params and len(payload) >= _SHORTEST_MASK
            else payload
        )
    if payload is None or isinstance(payload, (bool, int)):
        return payload
    if isinstance(payload, float) and math.isfinite(payload):
        return payload
    if len(path) > DEEPEST:
        raise InvalidInput(f"the payload is nested deeper than {DEEPEST} levels")
    if isinstance(payload, Mapping):
        return {
            _key(key, path): checked(value, (*path, key))
            for key, value in payload.items()
        }
    if isinstance(payload, (list, tuple)):
        return [
            checked(value, (*path, str(position)))
            for position, value in enumerate(payload)
        ]
    raise InvalidInput(f"{_place(path)} is no JSON value: {_kind(payload)}")


def encode(payload: Any) -> bytes:
    """Write a checked payload as JSON, secrets revealed: for a request body and nothing else."""
    return json.dumps(revealed(payload), allow_nan=False).encode("ascii")


def decode(body: bytes) -> Any:
    """Read a JSON body. Raises `ValueError` without the body in it, for anything that is not UTF-8 JSON."""
    try:
        return _DECODER.decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        pass
    raise ValueError("not JSON")


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _unmasked(value: Any, text: str, path: tuple[str, ...]) -> Any:
    if is_mask(text):
        raise InvalidInput(
            f"{_place(path)} is a mask copied from some output, not a value",
            remedy="give the secret itself, or a reference to it",
        )
    return value


def _key(key: Any, path: tuple[str, ...]) -> str:
    if not isinstance(key, str):
        raise InvalidInput(f"{_place(path)} has a name that is no text: {_kind(key)}")
    return key


def _place(path: tuple[str, ...]) -> str:
    return f"the payload's {'.'.join(path)}" if path else "the payload"


def _kind(value: Any) -> str:
    return (
        "a number that is not finite"
        if isinstance(value, float)
        else type(value).__name__
    )
