"""How a source's data may be laid out: formats by kind of source, and the properties of files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.kernel import bodies

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

TABULAR: Final = "tabular"
FILES: Final = ("delimited", "json", "parquet")
COMPRESSIONS: Final = ("bzip2", "gzip", "deflate", "zipDeflate", "tarGzip", "tar")
ENCODINGS: Final = ("UTF-8", "ISO-8859-1")


def check_data(
    data: Mapping[str, Any], formats: Collection[str], *, draft: bool
) -> None:
    """Check the ``data`` of a source connection, in one of a source's `formats`. Raises `FlowError`."""
    layout = bodies.normalize(data, "format")
    bodies.require_field(layout, "format", "string", path="data", draft=draft)
    bodies.read_choice(
        layout, "format", formats, path="data", code="CONNECTOR-1327-400"
    )
    bodies.check_types(
        layout, {"schema": "object", "properties": "object"}, path="data"
    )
    check_properties(layout.get("properties") or {}, "data.properties")


def check_properties(properties: Mapping[str, Any], path: str) -> None:
    """Check how files are written: delimiter, encoding, compression. Raises `FlowError`."""
    delimiter = bodies.read_field(properties, "columnDelimiter", "string", path=path)
    if delimiter is not None and len(delimiter) != 1:
        raise FlowError("CONNECTOR-1331-400", "columnDelimiter must be one character")
    bodies.read_choice(properties, "encoding", ENCODINGS, path=path)
    bodies.read_choice(properties, "compressionType", COMPRESSIONS, path=path)
