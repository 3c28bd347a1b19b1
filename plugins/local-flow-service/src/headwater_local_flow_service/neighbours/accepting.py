"""The media types of the Schema Registry: which ``Accept`` asks for what, and a schema as each of them shows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.neighbours.refusals import NeighbourError

if TYPE_CHECKING:
    from collections.abc import Collection

LIST = ("xed-id", "xed")
LOOKUP = (
    "xed",
    "xed-full",
    "xed-notext",
    "xed-full-notext",
    "xed-full-desc",
    "xed-deprecatefield",
)

_MEDIA = re.compile(r"application/vnd\.adobe\.x(?:ed|dm)((?:-[a-z]+)*)\+json")
_VERSION = re.compile(r'"?(\d{1,9})(?:\.\d{1,9})?"?')
_TEXTS = ("title", "description")


@attrs.frozen
class Form:
    """How a schema is to be shown; `version` is the major version asked for, or None."""

    name: str
    version: int | None


def of_list(accept: str) -> Form:
    """Return the form of a list. Raises `NeighbourError` where the header asks for none of them."""
    for form in _asked(accept, LIST):
        return form
    raise _unacceptable(
        "application/vnd.adobe.xed-id+json or application/vnd.adobe.xed+json"
    )


def of_lookup(accept: str) -> Form:
    """Return the form of one schema, whose version must be named. Raises `NeighbourError`."""
    for form in _asked(accept, LOOKUP):
        if form.version is not None:
            return form
    names = "|".join(name.removeprefix("xed") for name in LOOKUP[1:])
    raise _unacceptable(f"application/vnd.adobe.xed[{names}]+json; version=1")


def shown(schema: dict[str, Any], form: Form) -> dict[str, Any]:
    """Return a schema in a form. References stay as they are: what Adobe defines is not known here."""
    if form.name == "xed-id":
        return {
            name: schema[name] for name in ("$id", "meta:altId", "version", "title")
        }
    without: dict[str, Any] = (
        _without_texts(schema) if form.name.endswith("-notext") else schema
    )
    return without


def _asked(accept: str, known: Collection[str]) -> list[Form]:
    forms = []
    for part in accept.split(","):
        media, *parameters = [piece.strip() for piece in part.split(";")]
        found = _MEDIA.fullmatch(media.lower())
        if found and f"xed{found[1]}" in known:
            forms.append(Form(f"xed{found[1]}", _version(parameters)))
    return forms


def _version(parameters: list[str]) -> int | None:
    for parameter in parameters:
        name, _equals, value = parameter.partition("=")
        found = _VERSION.fullmatch(value.strip())
        if name.strip().lower() == "version" and found:
            return int(found[1])
    return None


def _without_texts(value: Any) -> Any:
    """Leave titles and descriptions out; a field of a schema that is called so is no text, and stays."""
    if isinstance(value, list):
        return [_without_texts(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _without_texts(item)
        for name, item in value.items()
        if not (name in _TEXTS and isinstance(item, str))
    }


def _unacceptable(wanted: str) -> NeighbourError:
    return NeighbourError("XDM-1006-406", f"the header Accept must be {wanted}")
