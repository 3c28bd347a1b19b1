"""A sample source: tables with columns of each kind, and one resource for sources that are read by REST."""

from __future__ import annotations

import functools
import json
from importlib import resources
from pathlib import Path
from typing import Any, Final

from headwater.sources import Column, Table

MARK: Final = "sampleData"  # what every object of an answer carries
HEADER: Final = "x-headwater-sample-data"

_WIDEST = 9_007_199_254_740_991  # the largest whole number that JSON readers keep exact


def list_tables() -> list[dict[str, Any]]:
    """Return the tables, as an exploration of a root lists them."""
    return [
        Table(name=name, label=table["label"]).as_item()
        for name, table in _tables().items()
    ]


def describe_table(name: str, *, preview: bool) -> dict[str, Any] | None:
    """Return a table's columns, and its rows where they are asked for; None where there is no such table."""
    # Databases name their schema before the table.
    table = _tables().get(name.rpartition(".")[2])
    if table is None:
        return None
    columns = [_column(column) for column in table["columns"]]
    described: dict[str, Any] = {
        "format": "flat",
        "schema": {"columns": [column.as_dict() for column in columns]},
    }
    if preview:
        names = [column.name for column in columns]
        described["data"] = [
            dict(zip(names, row, strict=True)) for row in table["rows"]
        ]
    return described


def describe_resource(*, preview: bool) -> dict[str, Any]:
    """Return what a source that is read by REST is described by: a JSON Schema in depth, and rows."""
    table = _tables()["customers"]
    names = [column["name"] for column in table["columns"]]
    properties = {column["name"]: _property(column) for column in table["columns"]}
    described: dict[str, Any] = {
        "format": "hierarchical",
        "schema": {
            "type": "object",
            "properties": {"result": {"type": "object", "properties": properties}},
        },
    }
    if preview:
        described["data"] = [
            {"result": dict(zip(names, row, strict=True))} for row in table["rows"]
        ]
    return described


def files_folder() -> Path:
    """Return the folder with the sample files: delimited, JSON and Parquet, one of them compressed."""
    return Path(__file__).with_name("files")


def mark(answer: Any) -> Any:
    """Return an answer in which every object on top says that it is a sample."""
    if isinstance(answer, list):
        return [{**item, MARK: True} for item in answer]
    return {**answer, MARK: True}


def _column(facts: dict[str, str]) -> Column:
    format = facts.get("format", "")
    return Column(
        name=facts["name"], type=facts["type"], format=format, meta_type=format
    )


def _property(facts: dict[str, str]) -> dict[str, Any]:
    """Return a field as the hierarchical form describes it: whole numbers come with their bounds."""
    described: dict[str, Any] = {
        name: facts[name] for name in ("type", "format") if name in facts
    }
    if facts["type"] == "integer":
        described |= {"minimum": -_WIDEST, "maximum": _WIDEST}
    return described


@functools.cache
def _tables() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("tables.json").read_text("utf-8")
    tables: dict[str, Any] = json.loads(text)
    return tables
