"""Oracle's types: what a column is, and what a cell, which always comes as a text, stands for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from headwater.sources import Column, LeftOut

if TYPE_CHECKING:
    from collections.abc import Mapping

_INTEGERS = frozenset({"integer", "long", "id", "namedid", "reference"})
_NUMBERS = frozenset({"decimal", "double", "float", "number", "currency"})
_TRUTHS = {
    "1": True,
    "true": True,
    "0": False,
    "false": False,
}  # by version of the site
_NO_COLUMN = {
    "subtable": "a table of its own below this one: query it separately",
    "filedata": "binary content",
}


def column(name: str, kind: str, schema: Mapping[str, Any]) -> Column | LeftOut:
    """Return the column of a described field, or why it is none.

    `kind` is DESCRIBE's type; `schema` is the field's JSON Schema from the metadata catalogue, which alone tells times
    from texts, or empty where the site has none.
    """
    plain = kind.replace(" ", "").lower()
    if plain in _NO_COLUMN:
        return LeftOut(name, _NO_COLUMN[plain])
    if plain in _INTEGERS:
        return Column(name=name, type="integer")
    if plain in _NUMBERS:
        return Column(name=name, type="number")
    if plain in ("boolean", "bool") or schema.get("type") == "boolean":
        return Column(name=name, type="boolean")
    return _text(name, plain, schema)


def _text(name: str, kind: str, schema: Mapping[str, Any]) -> Column:
    given = schema.get("format")
    if (
        given == "date-time"
        or kind == "datetime"
        or (not schema and name.lower().endswith("time"))
    ):
        return Column(
            name=name, type="string", format="date-time", meta_type="date-time"
        )
    if given == "date" or kind == "date":
        return Column(name=name, type="string", format="date", meta_type="date")
    return Column(name=name, type="string")


def value(cell: str | None, column: Column) -> Any:
    """Return a cell as a JSON value; a text that is none of its column's type stays a text, so that nothing is lost."""
    if cell is None:
        return None
    if column.type == "boolean":
        return _TRUTHS.get(cell.lower(), cell)
    if column.type in ("integer", "number"):
        return _number(cell, int if column.type == "integer" else float)
    return cell


def _number(cell: str, kind: type[int] | type[float]) -> Any:
    if not cell.isascii() or len(cell) > 40:
        return cell
    try:
        number = kind(cell)
    except ValueError:
        return cell
    return number if math.isfinite(number) else cell
