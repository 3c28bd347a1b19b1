"""What a neighbour is asked: body, query, paging numbers, fields of the expected type; else a neighbour's refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.gateway import incoming
from headwater_local_flow_service.kernel import bodies
from headwater_local_flow_service.neighbours.refusals import invalid, speaking
from headwater_local_flow_service.texts import storable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import falcon

    from headwater_local_flow_service.settings import Settings

_MOST = 1_000_000_000  # rows nobody asks to pass over


def body(req: falcon.Request, settings: Settings) -> dict[str, Any]:
    """Read a body that must be a JSON object. Raises `NeighbourError`, or `ContentTypeError`."""
    with speaking():
        return incoming.json_object(req, settings)


def query(req: falcon.Request, allowed: Collection[str]) -> dict[str, str]:
    """Return the query parameters, the last value of each. Raises `NeighbourError` for unknown ones."""
    with speaking():
        given = incoming.parameters(req, allowed)
    found = {name: values[-1] for name, values in given.items()}
    for name, value in found.items():
        if not storable(value):
            raise invalid(f"{name} holds a character that no text may hold")
    return found


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
    if not (
        text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) >= least
    ):
        raise invalid(f"{name} is a whole number, {least} at least")
    return min(int(text), most)


def flag(given: Mapping[str, str], name: str) -> bool:
    """Return a truth value of the query, false where it is missing. Raises `NeighbourError`."""
    text = given.get(name, "false").lower()
    if text not in ("true", "false"):
        raise invalid(f"{name} is true or false")
    return text == "true"


def read_field(
    holder: Mapping[str, Any], name: str, json_type: str, *, path: str = ""
) -> Any:
    """Return a field that may be missing (None) but must be of a JSON type. Raises `NeighbourError`."""
    with speaking():
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
    with speaking():
        return bodies.require_field(
            holder, name, json_type, path=path, allow_empty=allow_empty
        )
