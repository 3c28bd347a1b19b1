"""The first rows of what is in a data set, and of what was just put into a batch."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from headwater.errors import InvalidInput
from headwater.foreign import raise_bare
from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.lake import batch_bodies, batches
from headwater_local_flow_service.lake.refusals import (
    check_url,
    refused,
    translate_unavailable,
)
from headwater_local_flow_service.neighbours import asked, lookup
from headwater_local_flow_service.neighbours.refusals import missing
from headwater_local_flow_service.promotion.job import Format
from headwater_local_flow_service.store import batch_files, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    import falcon

    from headwater_local_flow_service.lake.lake import Lake
    from headwater_local_flow_service.store.batch_files import BatchFile
    from headwater_local_flow_service.store.store import Scope

_ROWS: Final = 100
_FILES: Final = 100  # that are opened to find so many rows
_MADE: Final = Format(name="parquet")
_PARAMETERS: Final = (
    "format", "isMultiLineJson", "delimiter", "quote", "escape", "charset", "header", "nrow", "nullMarker",
)  # fmt: skip


class DataSetPreview:
    """``/datasets/{id}/preview`` of Data Access: the first hundred rows of a data set."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return the rows."""
        asked.query(req, ())
        rows: list[dict[str, Any]] = []
        for file in self._find(caller_of(req).scope, id):
            if len(rows) >= _ROWS:
                break
            rows += _read_rows(self._lake, file, _MADE, _ROWS - len(rows))
        resp.media = {"data": rows}

    def _find(self, scope: Scope, id: str) -> list[BatchFile]:
        self._lake.require_files()
        with self._lake.store.reading() as rows:
            if lookup.data_set(rows, scope, id) is None:
                raise missing(id, "dataSets")
            where = [tables.batch_files.c.data_set == id]
            return list(batch_files.read_page(rows, scope, where, limit=_FILES))


class UploadPreview:
    """``/batches/{id}/datasets/{data_set}/preview`` of Batch Ingestion: the first rows of a file put into a batch."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def on_get(
        self, req: falcon.Request, resp: falcon.Response, id: str, data_set: str
    ) -> None:
        """Return the rows of the first file, read as the query says, and how that is."""
        # It brings what reads Parquet, which takes a while to load.
        from headwater_local_flow_service.promotion import previews

        check_url(req)
        files = self._lake.files
        given = asked.query(req, _PARAMETERS)
        if "format" not in given:
            raise refused("the query parameter format is missing")
        number = asked.number(given, "nrow", 0, most=_ROWS) or _ROWS
        fields: dict[str, Any] = {
            name: value for name, value in given.items() if name != "nrow"
        }
        read_as = batch_bodies.format_of(
            {"inputFormat": batch_bodies.read_format(fields)}
        )
        file = self._find(caller_of(req).scope, id, data_set)
        with _told(), files.open(file.key) as opened:
            resp.media = previews.preview_upload(opened, read_as, number)

    def _find(self, scope: Scope, id: str, data_set: str) -> BatchFile:
        with self._lake.store.reading() as rows:
            record = batches.require(rows, scope, id)
            if record.spec_id != data_set:
                raise missing(data_set, "dataSets")
            found = batch_files.of_batch(rows, scope, id, (batch_files.INPUT,), limit=1)
        if not found:
            raise missing(id, "files")
        return found[0]


def _read_rows(
    lake: Lake, file: BatchFile, read_as: Format, most: int
) -> list[dict[str, Any]]:
    from headwater_local_flow_service.promotion import previews

    with _told(), lake.files.open(file.key) as opened:
        return previews.preview_rows(opened, read_as, most)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what goes wrong with a file into a refusal."""
    try:
        with translate_unavailable():
            yield
    except FileNotFoundError:
        raise_bare(refused("the file is gone", 404))
    except InvalidInput as error:
        raise_bare(refused(str(error)))
