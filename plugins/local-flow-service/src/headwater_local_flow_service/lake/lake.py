"""What everything about batches works with: the store, the place for files, and the thread that promotes."""

from __future__ import annotations

import functools
import importlib.util
from typing import TYPE_CHECKING

from headwater_local_flow_service.files.opening import EXTRA
from headwater_local_flow_service.lake import place
from headwater_local_flow_service.lake.promoter import Promoter
from headwater_local_flow_service.lake.refusals import refused
from headwater_local_flow_service.lake.spool import Spool

if TYPE_CHECKING:
    from headwater_local_flow_service.files.file_store import FileStore
    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.store.store import Store


class Lake:
    """Batches and their files, of one service. Raises `InvalidInput` for settings that name no place for files."""

    def __init__(self, context: ServiceContext) -> None:
        self.context = context
        self._files = place.open_lake_files(context.settings, context.store.id)
        self.spool = Spool(place.incoming_folder(context.settings))
        self.promoter = Promoter(context.store, self._files)

    @property
    def store(self) -> Store:
        """The store that batches are rows of."""
        return self.context.store

    @property
    def files(self) -> FileStore:
        """The place for files. Raises `NeighbourError` where there is none, or no Parquet."""
        if not _has_parquet():
            raise refused(
                f"data sets need further packages, which are not installed: {EXTRA}",
                501,
            )
        if self._files is None:
            raise refused(
                "this service has no place for files: its store is on a server, so the setting lake must name one, "
                "such as s3://bucket/prefix or a folder that all of its machines share",
                501,
            )
        return self._files

    def require_files(self) -> None:
        """Refuse where there is no place for files, before anything else is looked at. Raises `NeighbourError`."""
        _files = self.files

    def close(self) -> None:
        """Let the promotion that is under way end, and begin no other."""
        self.promoter.close()


@functools.cache
def _has_parquet() -> bool:
    return importlib.util.find_spec("pyarrow") is not None
