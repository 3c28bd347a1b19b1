"""Oracle's types: what a column is, and what a cell, which always comes as a string, stands for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from headwater.sources import Column, LeftOut
from headwater_oracle_service_cloud import catalogue

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
_FORMATS = {"date": "date", "datetime": "date-time"}
# How booleans are written differs by the version of the site.
_TRUTHS = {"1": True, "true": True, "0": False, "false": False}
_NO_COLUMN = {
    "subtable": "a table of its own below this one: query it separately",
    "filedata": "binary content",
}


def column(name: str, kind: str, schema: Mapping[str, Any]) -> Column | LeftOut:
    """Return the column of a described field, or why it is left out.

    `kind` is DESCRIBE's type; `schema` is the field's JSON Schema from the metadata catalogue, or empty. The schema
    counts where it names a type: DESCRIBE calls booleans and times String or Integer.
    """
    plain = kind.replace(" ", "").lower()
    if plain in _NO_COLUMN:
        return LeftOut(name, _NO_COLUMN[plain])
    # A relation is an object to the catalogue and the id of its record to ROQL.
    type = catalogue.plain_type(schema) or _TYPES.get(plain, "string")
    if type != "string":
        return Column(name=name, type=type)
    return _string_column(name, plain, schema)


def _string_column(name: str, kind: str, schema: Mapping[str, Any]) -> Column:
    format = catalogue.time_format(schema) or _FORMATS.get(kind, "")
    if not schema and not format and name.lower().endswith("time"):
        format = "date-time"
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
