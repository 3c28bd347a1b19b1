"""What the commands share that ask a source directly: opening a reader, and how its answers are printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.cli.output import in_json, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.cli.state import State
    from headwater.connectors.connector import Connector
    from headwater.sources import Check, Columns, Preview
    from headwater.sources.guarded import GuardedReader


_WIDEST = 40  # characters of one cell of a preview


def opened(state: State, connector: Connector, **given: Any) -> GuardedReader:
    """Collect credentials and return a reader, telling where the fields came from."""
    from headwater.cli.inputs import describe_origins, gather
    from headwater.sources.contract import SourceCredentials

    connector.check_readable()  # before anybody is asked for credentials
    credentials = gather(state, connector, **given)
    params = credentials.resolve()
    state.remember(params)
    if not state.json:
        say(describe_origins(credentials))
    return connector.open_source(
        SourceCredentials(auth=credentials.auth, params=params)
    )


def check_text(check: Check) -> str:
    """Return a check for people."""
    facts = {
        "user": check.user,
        "organization": check.organization,
        "version": check.version,
        "versions": f"{check.versions[0]} to {check.versions[-1]}"
        if check.versions
        else "",
        "permissions": ", ".join(check.permissions),
        **{
            f"left of {limit.name}": f"{limit.left} of {limit.most}"
            for limit in check.limits
        },
    }
    lines = [table((name, fact) for name, fact in facts.items() if fact)]
    return "\n".join([*filter(None, lines), "the source accepts these credentials"])


def columns_text(columns: Columns) -> str:
    """Return columns for people: name, type, format; then what was left out, and why."""
    rows = [(column.name, column.type, column.format) for column in columns.columns]
    text = table(rows, ("COLUMN", "TYPE", "FORMAT"))
    left_out = [
        f"left out: {field.name} ({field.reason})" for field in columns.left_out
    ]
    return "\n".join([text, *left_out])


def rows_text(names: Sequence[str], rows: Sequence[dict[str, Any]]) -> str:
    """Return rows as an aligned table; long values are cut."""
    return table([[_cell(row.get(name)) for name in names] for row in rows], names)


def preview_text(preview: Preview) -> str:
    """Return a preview for people."""
    return rows_text([column.name for column in preview.columns.columns], preview.rows)


def _cell(value: Any) -> str:
    import json

    text = (
        ""
        if value is None
        else value
        if isinstance(value, str)
        else json.dumps(value, ensure_ascii=False)
    )
    text = " ".join(text.split())  # a line break would break the table
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def explored(found: list[Any] | dict[str, Any]) -> str:
    """Return a list of tables and folders, or the columns of one and its rows; anything else as the JSON it is."""
    if isinstance(found, list) and all(isinstance(item, dict) for item in found):
        items = [
            (item.get("path", ""), item.get("type", ""), item.get("name", ""))
            for item in found
        ]
        return table(items, ("PATH", "TYPE", "NAME"))
    schema = found.get("schema") if isinstance(found, dict) else None
    columns = schema.get("columns") if isinstance(schema, dict) else None
    if not isinstance(columns, list) or not all(
        isinstance(column, dict) for column in columns
    ):
        return in_json(found)
    text = table(
        [
            (each.get("name", ""), each.get("type", ""), _format(each))
            for each in columns
        ],
        ("COLUMN", "TYPE", "FORMAT"),
    )
    data = found.get("data") if isinstance(found, dict) else None
    rows = (
        [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []
    )
    names = [str(each.get("name", "")) for each in columns]
    return f"{text}\n\n{rows_text(names, rows)}" if rows else text


def _format(column: dict[str, Any]) -> str:
    xdm = column.get("xdm")
    return str(xdm.get("format", "")) if isinstance(xdm, dict) else ""
