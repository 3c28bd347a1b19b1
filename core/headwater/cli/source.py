"""What the commands share that ask a source directly: opening a reader, and how its answers are printed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeGuard

from headwater.cli.characters import escape_line
from headwater.cli.output import in_json, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.cli.state import State
    from headwater.connectors.connector import Connector
    from headwater.sources import Check, Columns, Preview
    from headwater.sources.guarded import GuardedReader


_WIDEST = 40  # characters of one cell of a preview
_JSON = json.JSONEncoder(ensure_ascii=False)


def open_reader(state: State, connector: Connector, **given: Any) -> GuardedReader:
    """Collect credentials and return a reader, telling where the fields came from."""
    from headwater.cli.inputs import describe_origins, gather
    from headwater.sources.contract import SourceCredentials
    from headwater.sources.reach import Reach

    connector.check_readable()  # before anybody is asked for credentials
    credentials = gather(state, connector, **given)
    params = credentials.resolve()
    state.remember(params)
    if credentials.choice:
        state.notice(credentials.choice)
    if not state.json:
        say(describe_origins(credentials))
    reach = Reach(ca_bundle=state.ca_bundle())
    return connector.open_source(
        SourceCredentials(auth=credentials.auth, params=params, reach=reach)
    )


def check_text(check: Check) -> str:
    """Return a check for people."""
    versions = ""
    if check.versions:
        versions = f"{check.versions[0]} to {check.versions[-1]}"
    facts = {
        "user": check.user,
        "organization": check.organization,
        "version": check.version,
        "versions": versions,
        "permissions": ", ".join(check.permissions),
    }
    for limit in check.limits:
        facts[f"left of {limit.name}"] = f"{limit.left} of {limit.most}"
    known = table((name, fact) for name, fact in facts.items() if fact)
    return "\n".join(filter(None, [known, "the source accepts these credentials"]))


def columns_text(columns: Columns) -> str:
    """Return columns for people: name, type, format; then what was left out, and why."""
    rows = [(column.name, column.type, column.format) for column in columns.columns]
    text = table(rows, ("COLUMN", "TYPE", "FORMAT"))
    left_out = [
        f"left out: {field.name} ({field.reason})" for field in columns.left_out
    ]
    return "\n".join([text, *map(escape_line, left_out)])


def rows_text(names: Sequence[str], rows: Sequence[dict[str, Any]]) -> str:
    """Return rows as an aligned table; long values are cut."""
    lines = []
    for row in rows:
        lines.append([_cell(row.get(name)) for name in names])
    return table(lines, names)


def preview_text(preview: Preview) -> str:
    """Return a preview for people."""
    return rows_text([column.name for column in preview.columns.columns], preview.rows)


def exploration_text(answer: list[Any] | dict[str, Any]) -> str:
    """Return a list of tables and folders, or the columns of one and its rows; anything else as the JSON it is."""
    if isinstance(answer, list):
        return _items_text(answer)
    columns = _member(answer, "schema").get("columns")
    if not _is_list_of_objects(columns):
        return in_json(answer)
    lines = []
    for column in columns:
        xdm = _member(column, "xdm")
        lines.append(
            (column.get("name", ""), column.get("type", ""), xdm.get("format", ""))
        )
    text = table(lines, ("COLUMN", "TYPE", "FORMAT"))
    data = answer.get("data")
    if not isinstance(data, list):
        return text
    rows = [row for row in data if isinstance(row, dict)]
    if not rows:
        return text
    names = [str(column.get("name", "")) for column in columns]
    return f"{text}\n\n{rows_text(names, rows)}"


def _items_text(items: list[Any]) -> str:
    if not _is_list_of_objects(items):
        return in_json(items)
    names = ("path", "type", "name")
    lines = [[item.get(name, "") for name in names] for item in items]
    return table(lines, ("PATH", "TYPE", "NAME"))


def _is_list_of_objects(value: Any) -> TypeGuard[list[dict[str, Any]]]:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _member(holder: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object within an object; an empty one where it is missing or something else."""
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else _JSON.encode(value)
    text = " ".join(text.split())  # a line break would break the table
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
