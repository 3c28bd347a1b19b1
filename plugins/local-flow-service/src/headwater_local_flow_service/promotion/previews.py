"""The first rows of files as JSON values: of data sets, and of what was just put into a batch.

How values are spelled stands in `rendering`; the rows of CSV are strings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater.errors import InvalidInput
from headwater_local_flow_service.promotion.csv_rows import open_csv
from headwater_local_flow_service.promotion.json_rows import (
    UnreadableRow,
    iter_elements,
    iter_lines,
    parse_row,
)
from headwater_local_flow_service.promotion.parquet_rows import iter_columns
from headwater_local_flow_service.promotion.refusing import BatchRefused
from headwater_local_flow_service.promotion.rendering import render_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from headwater_local_flow_service.promotion.job import Format

DEFAULT_ROWS: Final = 100


def preview_rows(
    opened: BinaryIO, format: Format, most: int = DEFAULT_ROWS
) -> list[dict[str, Any]]:
    """Return up to `most` rows from the beginning of a file.

    Raises `InvalidInput` for a file that cannot be read as the format says, `ModuleNotFoundError` without pyarrow.
    """
    rows: list[dict[str, Any]] = []
    try:
        for row in _ROWS[format.name.lower()](opened, format, most):
            if len(rows) >= most:
                break
            rows.append(row)
    except (BatchRefused, UnreadableRow):
        failed = True
    else:
        failed = False
    if failed:
        raise InvalidInput(
            f"the file cannot be read as {format.name}",
            remedy="see that it is whole, and that the format and its parameters are those it is written in",
        )
    return rows


def preview_upload(
    opened: BinaryIO, format: Format, most: int, *, header: bool = True
) -> dict[str, Any]:
    """Return the body of a preview of an upload: ``formatParams``, and ``preview`` with columns and rows.

    Rows are lists of values in the order of the columns. Raises as `preview_rows` does.
    """
    rows = preview_rows(opened, format, most)
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {
        "formatParams": {
            "format": format.name,
            "delimiter": format.delimiter,
            "quote": format.quote,
            "escape": format.escape,
            "charset": format.charset,
            "header": header,
        },
        "preview": {
            "columns": [{"cid": str(place), "name": name} for place, name in enumerate(names)],
            "rows": [[row.get(name) for name in names] for row in rows],
        },
    }  # fmt: skip


def _iter_json(opened: BinaryIO, format: Format, _most: int) -> Iterator[dict[str, Any]]:  # fmt: skip
    split = iter_elements if format.is_multi_line_json else iter_lines
    return map(parse_row, split(opened))


def _iter_parquet(opened: BinaryIO, _format: Format, most: int) -> Iterator[dict[str, Any]]:  # fmt: skip
    for columns in iter_columns(opened, "", most=max(1, most)):
        yield from render_rows(columns)


def _iter_csv(opened: BinaryIO, format: Format, _most: int) -> Iterator[dict[str, Any]]:
    for columns in open_csv(opened, format, ""):
        yield from render_rows(columns)


_ROWS: Final = {"json": _iter_json, "parquet": _iter_parquet, "csv": _iter_csv}
