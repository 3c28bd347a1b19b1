"""What an exploration through the service answers, as people read it."""

from __future__ import annotations

from typing import Any

from headwater.cli.output import in_json, table
from headwater.cli.source import rows_text


def explored(found: list[Any] | dict[str, Any]) -> str:
    """Return a list of tables and folders, or the columns of one and its rows; anything else as the JSON it is."""
    if isinstance(found, list) and all(isinstance(item, dict) for item in found):
        items = [(item.get("path", ""), item.get("type", ""), item.get("name", "")) for item in found]
        return table(items, ("PATH", "TYPE", "NAME"))
    schema = found.get("schema") if isinstance(found, dict) else None
    columns = schema.get("columns") if isinstance(schema, dict) else None
    if not isinstance(columns, list) or not all(isinstance(column, dict) for column in columns):
        return in_json(found)
    text = table(
        [(each.get("name", ""), each.get("type", ""), _format(each)) for each in columns], ("COLUMN", "TYPE", "FORMAT")
    )
    data = found.get("data") if isinstance(found, dict) else None
    rows = [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []
    names = [str(each.get("name", "")) for each in columns]
    return f"{text}\n\n{rows_text(names, rows)}" if rows else text


def _format(column: dict[str, Any]) -> str:
    xdm = column.get("xdm")
    return str(xdm.get("format", "")) if isinstance(xdm, dict) else ""
