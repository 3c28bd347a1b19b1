"""How Batch Ingestion and Data Access refuse: the gateway's shape, since no page describes one of their own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import falcon

from headwater.foreign import raise_bare
from headwater_local_flow_service.errors import request_id
from headwater_local_flow_service.files.file_store import FilesUnavailable
from headwater_local_flow_service.neighbours.refusals import NeighbourError, invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

IMPORT: Final = "/data/foundation/import"
EXPORT: Final = "/data/foundation/export"
_LONGEST_URL: Final = 2000  # characters


def refused(text: str, status: int = 400) -> NeighbourError:
    """Return the refusal of a request, with the HTTP status it is answered with."""
    if status == 400:
        return invalid(text)
    return NeighbourError(f"HEADWATER-1{status}-{status}", text)


def busy(text: str, *, seconds: int = 5) -> NeighbourError:
    """Return the refusal of what may be asked again after some seconds."""
    error = refused(text, 503)
    error.headers["Retry-After"] = str(seconds)
    return error


@contextmanager
def translate_unavailable() -> Iterator[None]:
    """Refuse with ``Retry-After`` while the place for files cannot be used. Raises `NeighbourError`."""
    try:
        yield
    except FilesUnavailable as error:
        raise_bare(busy(f"{error}; nothing was stored, try again later"))


def check_url(req: falcon.Request) -> None:
    """Refuse a URL that the platform refuses for its length. Raises `NeighbourError`."""
    if len(req.relative_uri) > _LONGEST_URL:
        raise refused(f"the URL is longer than {_LONGEST_URL} characters", 414)


def write(
    req: falcon.Request, resp: falcon.Response, error: NeighbourError, _params: Any
) -> None:
    """Write a refusal of any neighbour: as its own service would."""
    resp.status = falcon.code_to_http_status(error.status)
    resp.set_headers(error.headers)
    resp.content_type = falcon.MEDIA_JSON  # of the file that it was about, perhaps
    if req.path.startswith((IMPORT, EXPORT)):
        resp.media = {
            "error_code": f"{error.status}000",
            "message": error.text,
            "requestId": request_id(req),
        }
    else:
        resp.media = error.body(request_id(req))
