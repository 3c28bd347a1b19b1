"""Bodies that should be JSON: read without ever showing them, and looked into without trusting their shape."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from headwater.foreign import raise_bare


def decode_json(body: bytes) -> Any:
    """Return the JSON value of a body. Raises `ValueError`, without the body in it, for anything but UTF-8 JSON."""
    try:
        return _DECODER.decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise_bare(ValueError("not JSON"))


def get_member(value: Any, name: str) -> Any:
    """Return a member of a JSON object; None where there is none, or where the value is not an object."""
    if isinstance(value, dict):
        return value.get(name)
    return None


def _refuse_constant(_name: str) -> NoReturn:
    """Refuse NaN and the infinities, which Python's decoder reads although JSON does not have them."""
    raise ValueError("not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
