"""Oracle's types: what a column is, and what a cell, which always comes as a string, stands for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from headwater.sources import Column, LeftOut

if TYPE_CHECKING:
    from collections.abc import Mapping

# DESCRIBE's type, in lower case and without blanks -> JSON type
_TYPES = {
    "integer": "integer",
    "long": "integer",
    "id": "integer",
    "namedid": "integer",
    "reference": "integer",
    "decimal": "number",
    "double": "number",
    "float": "number",
    "number": "number",
    "currency": "number",
    "boolean": "boolean",
    "bool": "boolean",
}
# How booleans are written differs by the version of the site.
_TRUTHS = {"1": True, "true": True, "0": False, "false": False}
_NO_COLUMN = {
    "subtable": "a table of its own below this one: query it separately",
    "filedata": "binary content",
}


def column(name: str, kind: str, schema: Mapping[str, Any]) -> Column | LeftOut:
    """Return the column of a described field, or why it is left out.

    `kind` is DESCRIBE's type; `schema` is the field's JSON Schema from the metadata catalogue, which alone tells times
    from strings, or empty where the site has none.
    """
    plain = kind.replace(" ", "").lower()
    if plain in _NO_COLUMN:
        return LeftOut(name, _NO_COLUMN[plain])
    if plain in _TYPES:
        return Column(name=name, type=_TYPES[plain])
    if schema.get("type") == "boolean":
        return Column(name=name, type="boolean")
    return _string_column(name, plain, schema)


def _string_column(name: str, kind: str, schema: Mapping[str, Any]) -> Column:
    format = schema.get("format")
    if kind == "datetime" or (not schema and name.lower().endswith("time")):
        format = "date-time"
    elif kind == "date" and format != "date-time":
        format = "date"
    if format not in ("date", "date-time"):
        return Column(name=name, type="string")
    return Column(name=name, type="string", format=format, meta_type=format)


def value(cell: str | None, column: Column) -> Any:
    """Return a cell as a JSON value; one that does not fit its column's type stays a string: nothing is lost."""
    if cell is None:
        return None
    if column.type == "boolean":
        return _TRUTHS.get(cell.lower(), cell)
    if column.type == "integer":
        return _number(cell, int)
    if column.type == "number":
        return _number(cell, float)
    return cell


def _number(cell: str, kind: type[int] | type[float]) -> Any:
    if not cell.isascii() or len(cell) > 40:
        return cell
    try:
        number = kind(cell)
    except ValueError:
        return cell
    if not math.isfinite(number):
        return cell
    return number
