"""From a location in the settings to a place for files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from headwater.errors import InvalidInput
from headwater_local_flow_service.files.folder import FolderFiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.files.file_store import FileStore

EXTRA: Final = 'pip install "headwater-local-flow-service[lake]"'
SCHEMES: Final = ("s3", "az")


def is_bucket(location: str) -> bool:
    """Say whether a location is the URL of an object store and not a path."""
    return "://" in location


def open_files(location: str, options: Mapping[str, str] | None = None) -> FileStore:
    """Return the place for files that a location names; nothing is asked or made yet.

    A location is a path, ``s3://bucket/prefix`` or ``az://container/prefix``. `options` are obstore's configuration of
    the object store, such as ``endpoint``, ``access_key_id`` and ``secret_access_key``; what they leave open comes from
    the environment, as with the vendor's own tools. Raises `InvalidInput`.
    """
    if not is_bucket(location):
        return FolderFiles(Path(location))
    url = urlsplit(location)
    if url.scheme not in SCHEMES or not url.netloc:
        raise InvalidInput(
            "a location for files is a path, s3://bucket/prefix or az://container/prefix",
            remedy="correct the location",
        )
    return _open_bucket(
        url.scheme, url.netloc, url.path.strip("/"), dict(options or {})
    )


def _open_bucket(scheme: str, name: str, prefix: str, options: Any) -> FileStore:
    try:
        from obstore.store import AzureStore, S3Store

        from headwater_local_flow_service.files.bucket import BucketFiles
    except ModuleNotFoundError:
        raise InvalidInput(
            "files in an object store need the package obstore", remedy=EXTRA
        ) from None
    # An own object store on this machine speaks plain http.
    client: Any = {"allow_http": True, "timeout": "30s"}
    # Whoever waits for one that is away is told so before long.
    retry: Any = {"max_retries": 3, "retry_timeout": timedelta(seconds=10)}
    kinds: dict[str, type[S3Store | AzureStore]] = {"s3": S3Store, "az": AzureStore}
    return BucketFiles(
        kinds[scheme](
            name,
            prefix=prefix or None,
            config=options,
            client_options=client,
            retry_config=retry,
        )
    )
