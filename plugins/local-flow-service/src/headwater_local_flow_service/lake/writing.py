"""Data that the service itself puts into a data set: a batch of one file, complete from its first moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater_local_flow_service.kernel.clock import now
from headwater_local_flow_service.lake import batch_states as states
from headwater_local_flow_service.lake import batches, keys
from headwater_local_flow_service.lake.ids import new_ulid
from headwater_local_flow_service.store import batch_files
from headwater_local_flow_service.store.batch_files import BatchFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from headwater_local_flow_service.lake.lake import Lake
    from headwater_local_flow_service.store.store import Rows, Scope


def deliver(
    lake: Lake,
    scope: Scope,
    data_set: str,
    path: Path,
    input_format: Mapping[str, Any],
    *,
    client: str,
    tags: Mapping[str, Any] | None = None,
    diagnostics: bool = True,
    tolerated: float = 100,
    also: Callable[[Rows, str], None] | None = None,
) -> str:
    """Put the rows of a file into a data set, as a batch that is promoted soon; return the id of the batch.

    `input_format` is that of a batch's body, such as ``{"format": "json"}``. The file is moved away. `tolerated` is the
    share of rows, in per cent, that may fail. `also` gets the rows of the transaction that stores the batch, and its
    id: what it writes is stored together with the batch or not at all. Raises `NeighbourError` where there is no such
    data set or no place for files, `FilesUnavailable` and `StoreUnavailable`; nothing is stored then.
    """
    files = lake.files
    document: dict[str, Any] = {
        "datasetId": data_set,
        "inputFormat": dict(input_format),
        "tags": dict(tags or {}),
        "enableErrorDiagnostics": diagnostics,
        "partialIngestionPercentage": tolerated,
    }
    size = path.stat().st_size
    id = new_ulid()
    key = keys.new_input(scope, id)
    files.add(path, key)
    try:
        with lake.store.writing(scope) as rows:
            record = batches.create(rows, scope, client, document, id)
            file = BatchFile(
                id=new_ulid(),
                scope=scope,
                batch=id,
                data_set=data_set,
                role=batch_files.INPUT,
                path=f"rows.{document['inputFormat']['format']}",
                key=key,
                size=size,
                created_at=now(),
            )
            batch_files.add_all(rows, [file])
            batches.change(rows, record, client, state=states.LOADED)
            if also is not None:
                also(rows, id)
    except BaseException:
        batches.remove_files(files, [key])
        raise
    lake.promoter.begin(scope, id)
    return id
