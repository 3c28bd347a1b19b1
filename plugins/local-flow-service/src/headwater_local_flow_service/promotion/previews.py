"""The first rows of files as JSON values: of data sets, and of what was just put into a batch.

How values are spelled stands in `rendering`; the rows of CSV are strings.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from headwater.errors import InvalidInput
from headwater_local_flow_service.promotion.csv_rows import open_csv
from headwater_local_flow_service.promotion.json_rows import (
    UnreadableRow,
    iter_elements,
    iter_lines,
    parse_row,
)
from headwater_local_flow_service.promotion.parquet_rows import (
    is_oversized,
    iter_bearable,
    iter_columns,
)
from headwater_local_flow_service.promotion.refusing import BatchRefused
from headwater_local_flow_service.promotion.rendering import render_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    import pyarrow as pa

    from headwater_local_flow_service.promotion.job import Format

DEFAULT_ROWS: Final = 100


def preview_rows(
    opened: BinaryIO,
    format: Format,
    most: int = DEFAULT_ROWS,
    *,
    header: bool = True,
) -> list[dict[str, Any]]:
    """Return up to `most` rows from the beginning of a file. `header` says whether CSV begins with names.

    Raises `InvalidInput` for a file that cannot be read as the format says, `ModuleNotFoundError` without pyarrow.
    """
    try:
        return list(islice(_iter_rows(opened, format, most, header=header), most))
    except (BatchRefused, UnreadableRow):
        pass
    raise InvalidInput(
        f"the file cannot be read as {format.name}",
        remedy="see that it is whole, and that the format and its parameters are those it is written in",
    )


def preview_upload(
    opened: BinaryIO, format: Format, most: int, *, header: bool = True
) -> dict[str, Any]:
    """Return the body of a preview of an upload: ``formatParams``, and ``preview`` with columns and rows.

    Rows are lists of values in the order of the columns. Raises as `preview_rows` does.
    """
    rows = preview_rows(opened, format, most, header=header)
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


def _iter_rows(
    opened: BinaryIO, format: Format, most: int, *, header: bool
) -> Iterator[dict[str, Any]]:
    """Yield rows until someone has enough. Raises `BatchRefused` and `UnreadableRow`."""
    name = format.name.lower()
    if name == "json":
        split = iter_elements if format.is_multi_line_json else iter_lines
        yield from map(parse_row, split(opened))
        return
    if name == "csv":
        batches = open_csv(opened, format, "", header=header)
    else:
        batches = iter_columns(opened, "", most=max(1, most))
    for columns in batches:
        for rows in iter_bearable(columns.to_struct_array()):
            yield from render_rows(_batch_of(rows))


def _batch_of(rows: pa.StructArray) -> pa.RecordBatch:
    import pyarrow as pa

    if is_oversized(rows):
        raise UnreadableRow("a row is too large to be shown")
    return pa.RecordBatch.from_struct_array(rows)
