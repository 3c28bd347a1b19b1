"""Salesforce's field types as columns. A field is a column, or is named with the reason: none is dropped in silence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from headwater.sources import Column, LeftOut

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEXTS = frozenset(
    {
        "id", "reference", "string", "textarea", "picklist", "multipicklist", "combobox", "phone", "url", "email",
        "encryptedstring", "masterrecord", "datacategorygroupreference", "complexvalue", "json", "anytype",
        "calculated",
    }
)  # fmt: skip
_PLAIN = {"boolean": "boolean", "int": "integer", "long": "integer"} | dict.fromkeys(
    ("double", "currency", "percent"), "number"
)
_UTC_OFFSET = "+0000"
_FORMATS = {"date": "date", "datetime": "date-time", "time": "time"}
_POINT = (
    Column(name="latitude", type="number"),
    Column(name="longitude", type="number"),
)
_PARTS = (
    "street",
    "city",
    "state",
    "postalCode",
    "country",
    "stateCode",
    "countryCode",
)
_COMPOUND = {
    "address": (
        *(Column(name=name, type="string") for name in _PARTS),
        *_POINT,
        Column(name="geocodeAccuracy", type="string"),
    ),
    "location": _POINT,
}


def column(field: Mapping[str, Any]) -> Column | LeftOut:
    """Return the column of a described field, or why it is left out; nillable is ignored, for it cannot be trusted."""
    name, kind = str(field["name"]), str(field.get("type", "")).lower()
    if kind in _TEXTS:
        return Column(name=name, type="string")
    if kind in _PLAIN:
        return Column(name=name, type=_PLAIN[kind])
    if kind in _FORMATS:
        return Column(
            name=name, type="string", format=_FORMATS[kind], meta_type=_FORMATS[kind]
        )
    if kind in _COMPOUND:
        return Column(name=name, type="object", properties=_COMPOUND[kind])
    if kind == "base64":
        return LeftOut(
            name, "binary content, of which a query returns the address only"
        )
    return LeftOut(name, "its type is not known to this connector")


def value(raw: Any, column: Column) -> Any:
    """Return a value of a record as its column has it: the parts of mixed fields as strings, moments as RFC 3339."""
    if raw is None or column.type != "string":
        return raw
    text = raw
    if not isinstance(raw, str):
        text = json.dumps(raw, ensure_ascii=False)
    if column.format == "date-time":
        return _shorten_offset(text)
    return text


def _shorten_offset(text: str) -> str:
    """Return a date and time in UTC with Z, as RFC 3339 has it; any other text as it is."""
    moment = text.removesuffix(_UTC_OFFSET)
    date, _t, time = moment.partition("T")
    if moment == text or not date or not time:
        return text
    return f"{moment}Z"
