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
_SUMMARY = ("$id", "meta:altId", "version", "title")


@attrs.frozen
class Form:
    """How a schema is to be shown; `version` is the major version asked for, or None."""

    name: str
    version: int | None

    @property
    def is_full(self) -> bool:
        """Whether references are to be resolved."""
        return self.name.startswith("xed-full")


def of_list(accept: str) -> Form:
    """Return the form of a list. Raises `NeighbourError` where the header asks for none of them."""
    forms = _read_forms(accept, LIST)
    if not forms:
        raise _unacceptable(
            "application/vnd.adobe.xed-id+json or application/vnd.adobe.xed+json"
        )
    return forms[0]


def of_lookup(accept: str) -> Form:
    """Return the form of one schema, whose version must be named. Raises `NeighbourError`."""
    forms = [form for form in _read_forms(accept, LOOKUP) if form.version is not None]
    if not forms:
        names = "|".join(name.removeprefix("xed") for name in LOOKUP[1:])
        raise _unacceptable(f"application/vnd.adobe.xed[{names}]+json; version=1")
    return forms[0]


def show(schema: dict[str, Any], form: Form) -> dict[str, Any]:
    """Return a schema in a form; whoever reads it has resolved its references where the form asks for that."""
    if form.name == "xed-id":
        return {name: schema[name] for name in _SUMMARY}
    if not form.name.endswith("-notext"):
        return schema
    without_texts: dict[str, Any] = _drop_texts(schema)
    return without_texts


def _read_forms(accept: str, known: Collection[str]) -> list[Form]:
    """Return the known forms that a header asks for, in its order."""
    forms = []
    for part in accept.split(","):
        media, *parameters = part.split(";")
        match = _MEDIA.fullmatch(media.strip().lower())
        if match is None:
            continue
        name = f"xed{match[1]}"
        if name in known:
            forms.append(Form(name, _read_version(parameters)))
    return forms


def _read_version(parameters: list[str]) -> int | None:
    for parameter in parameters:
        name, _equals, value = parameter.partition("=")
        version = _VERSION.fullmatch(value.strip())
        if name.strip().lower() == "version" and version is not None:
            return int(version[1])
    return None


def _drop_texts(value: Any) -> Any:
    """Leave titles and descriptions out; a field of a schema that is called so is not a string, and stays."""
    if isinstance(value, list):
        return [_drop_texts(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, item in value.items():
        if name in _TEXTS and isinstance(item, str):
            continue
        kept[name] = _drop_texts(item)
    return kept


def _unacceptable(wanted: str) -> NeighbourError:
    return NeighbourError("XDM-1006-406", f"the header Accept must be {wanted}")
