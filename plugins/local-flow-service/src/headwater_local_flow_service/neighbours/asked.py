"""What a neighbour is asked: body, query, paging numbers, fields of the expected type; else a neighbour's refusal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.gateway import incoming
from headwater_local_flow_service.kernel import bodies
from headwater_local_flow_service.neighbours.refusals import invalid, translate_refusals
from headwater_local_flow_service.texts import UNSTORABLE, is_storable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import falcon

    from headwater_local_flow_service.settings import Settings

_MOST = 1_000_000_000  # rows nobody asks to pass over
_DIGITS = re.compile(r"[0-9]{1,9}")


def body(req: falcon.Request, settings: Settings) -> dict[str, Any]:
    """Read a body that must be a JSON object. Raises `NeighbourError`, or `ContentTypeError`."""
    with translate_refusals():
        return incoming.json_object(req, settings)


def query(req: falcon.Request, allowed: Collection[str]) -> dict[str, str]:
    """Return the query parameters, the last value of each. Raises `NeighbourError` for unknown ones."""
    with translate_refusals():
        parameters = incoming.parameters(req, allowed)
    last_values = {name: values[-1] for name, values in parameters.items()}
    for name, value in last_values.items():
        if not is_storable(value):
            raise invalid(f"{name} contains {UNSTORABLE}")
    return last_values


def number(
    given: Mapping[str, str],
    name: str,
    default: int,
    *,
    least: int = 0,
    most: int = _MOST,
) -> int:
    """Return a whole number of the query; a larger one than `most` is clamped. Raises `NeighbourError`."""
    text = given.get(name)
    if text is None:
        return default
    if not _DIGITS.fullmatch(text) or int(text) < least:
        raise invalid(f"{name} must be a whole number, {least} at least")
    return min(int(text), most)


def flag(given: Mapping[str, str], name: str) -> bool:
    """Return a truth value of the query, false where it is missing. Raises `NeighbourError`."""
    text = given.get(name, "false").lower()
    if text not in ("true", "false"):
        raise invalid(f"{name} must be true or false")
    return text == "true"


def read_field(
    holder: Mapping[str, Any], name: str, json_type: str, *, path: str = ""
) -> Any:
    """Return a field that may be missing (None) but must be of a JSON type. Raises `NeighbourError`."""
    with translate_refusals():
        return bodies.read_field(holder, name, json_type, path=path)


def require_field(
    holder: Mapping[str, Any],
    name: str,
    json_type: str,
    *,
    path: str = "",
    allow_empty: bool = False,
) -> Any:
    """Return a field that must be there and, unless `allow_empty`, hold something. Raises `NeighbourError`."""
    with translate_refusals():
        return bodies.require_field(
            holder, name, json_type, path=path, allow_empty=allow_empty
        )
