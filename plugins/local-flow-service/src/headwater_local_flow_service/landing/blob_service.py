"""A small Blob endpoint for zones in a folder: what uploading, listing and reading with Azure's own tools needs.

Paths are those of Azure with the account in the path. Tokens are this service's own, see `zone`. Requests follow the
Blob service's REST reference; metadata, tags, leases, snapshots and tiers are not kept.
"""

from __future__ import annotations

import functools
import re
from contextlib import contextmanager, nullcontext
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from headwater.foreign import raise_bare
from headwater_local_flow_service.files.file_store import FilesUnavailable
from headwater_local_flow_service.gateway import incoming
from headwater_local_flow_service.landing import blob_uploads, names, sas
from headwater_local_flow_service.landing.blob_errors import BlobError
from headwater_local_flow_service.landing.blob_listing import (
    ListingQuestion,
    etag_of,
    render_page,
)
from headwater_local_flow_service.landing.blob_uploads import Body
from headwater_local_flow_service.wsgi import BODY_TO_COME, SPOOLED, FileBody

if TYPE_CHECKING:
    from collections.abc import Iterator

    import falcon

    from headwater_local_flow_service.files.file_store import FileInfo
    from headwater_local_flow_service.landing.zone import Zone
    from headwater_local_flow_service.landing.zones import Zones

_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")
_MOST_PARAMETERS: Final = 50


class Container:
    """``/{account}/{container}``."""

    def __init__(self, zones: Zones) -> None:
        self._zones = zones

    def on_get(
        self, req: falcon.Request, resp: falcon.Response, account: str, container: str
    ) -> None:
        """Return a page of the files, or that there is the container."""
        query = _read_query(req)
        zone = _admit(self._zones, account, container, query)
        if query.get("restype") != "container":
            raise BlobError("InvalidQueryParameterValue", "restype must be container")
        if "comp" not in query:
            return
        if query["comp"] != "list" or req.method == "HEAD":
            raise _not_offered()
        with _busy():
            resp.data = render_page(zone, ListingQuestion.from_query(query))
        resp.content_type = "application/xml"
        _set_facts(resp)

    on_head = on_get


class Blob:
    """``/{account}/{container}/{name}``."""

    def __init__(self, zones: Zones) -> None:
        self._zones = zones

    def on_put(self, req: falcon.Request, resp: falcon.Response, **where: str) -> None:
        """Put a file, a block of one, or make a file of its blocks."""
        query = _read_query(req)
        zone, name = self._find(where, query)
        comp = query.get("comp")
        # What would be copied is not in the body: a file made of that would be empty.
        if req.get_header("x-ms-copy-source") is not None:
            raise _not_offered()
        with _busy():
            match comp:
                case None:
                    _check_type(req)
                    _check_conditions(req, zone.files.read_info(name))
                case "block":
                    blob_uploads.check_block(query.get("blockid", ""))
                case "blocklist":
                    _check_conditions(req, zone.files.read_info(name))
                case _:
                    raise _not_offered()
        if req.env.get(BODY_TO_COME):
            resp.status = "100 Continue"
            return
        with _busy():
            self._put(req, zone, name, query)
        resp.status = "201 Created"
        _set_facts(resp, None if comp == "block" else zone.files.read_info(name))

    def _put(
        self, req: falcon.Request, zone: Zone, name: str, query: dict[str, str]
    ) -> None:
        """Store the body, whatever it is. Raises `BlobError`, `FilesUnavailable`."""
        match query.get("comp"):
            case None:
                blob_uploads.put_file(zone, name, _body(req))
            case "block":
                blob_uploads.put_block(zone, name, query["blockid"], _body(req))
            case _:
                blob_uploads.commit_blocks(zone, name, _read_list(req))

    def on_get(self, req: falcon.Request, resp: falcon.Response, **where: str) -> None:
        """Return a file, or a range of it."""
        query = _read_query(req)
        zone, name = self._find(where, query)
        if "comp" in query:
            raise _not_offered()
        with _busy():
            info = _require(zone, name)
            _check_conditions(req, info)
            asked = _read_range(req, info.size)
        _describe(resp, info)
        start, end = asked or (0, info.size)
        if asked is not None:
            resp.status = "206 Partial Content"
            resp.set_header("Content-Range", f"bytes {start}-{end - 1}/{info.size}")
        resp.content_length = end - start
        if end > start:
            resp.stream = FileBody(
                open=functools.partial(zone.files.open, name),
                start=start,
                size=end - start,
                path=zone.files.local_path(name),
            )

    def on_head(self, req: falcon.Request, resp: falcon.Response, **where: str) -> None:
        """Return what is known of a file."""
        query = _read_query(req)
        zone, name = self._find(where, query)
        with _busy():
            info = _require(zone, name)
        _describe(resp, info)
        resp.set_header("Content-Length", str(info.size))

    def on_delete(
        self, req: falcon.Request, resp: falcon.Response, **where: str
    ) -> None:
        """Remove a file."""
        zone, name = self._find(where, _read_query(req))
        with _busy():
            _check_conditions(req, _require(zone, name))
            zone.files.remove(name)
        resp.status = "202 Accepted"
        _set_facts(resp)

    def _find(self, where: dict[str, str], query: dict[str, str]) -> tuple[Zone, str]:
        """Return the zone that a token opens, and the name of the file in it. Raises `BlobError`."""
        zone = _admit(self._zones, where["account"], where["container"], query)
        name = where["name"].rstrip("/")
        fault = names.find_fault(name)
        if fault:
            raise BlobError("InvalidResourceName", fault)
        return zone, name


def _admit(zones: Zones, account: str, container: str, query: dict[str, str]) -> Zone:
    """Return the zone whose token this is. Raises `BlobError` for every other, in the same words."""
    zone = zones.served(account)
    refusal = BlobError(
        "AuthenticationFailed",
        "the shared access signature is not valid, or has expired; ask for new credentials of the landing zone",
    )
    if zone is None or container != zone.container:
        raise refusal
    if not sas.is_signed(account, container, query, zone.keys()):
        raise refusal
    with _busy():
        policy = zone.policies.read()
    if policy is None or policy.id != query.get("si") or not policy.is_valid:
        raise refusal
    return zone


def _read_query(req: falcon.Request) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            req.query_string, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS
        )
    except ValueError:
        raise_bare(
            BlobError("InvalidQueryParameterValue", "there are too many parameters")
        )
    return dict(pairs)


def _check_type(req: falcon.Request) -> None:
    kind = req.get_header("x-ms-blob-type")
    if kind is None:
        raise BlobError(
            "MissingRequiredHeader", "the header x-ms-blob-type is missing: BlockBlob"
        )
    if kind != "BlockBlob":
        raise BlobError("InvalidHeaderValue", "x-ms-blob-type must be BlockBlob here")


def _check_conditions(req: falcon.Request, info: FileInfo | None) -> None:
    """Hold a file against ``If-Match`` and ``If-None-Match``. Raises `BlobError`."""
    unwanted, wanted = req.get_header("If-None-Match"), req.get_header("If-Match")
    if unwanted == "*" and info is not None:
        raise BlobError("BlobAlreadyExists", "there is a file of this name")
    etag = None if info is None else etag_of(info)
    if unwanted not in (None, "*") and unwanted == etag:
        raise BlobError("ConditionNotMet", "the file is as If-None-Match says")
    if wanted is not None and wanted != etag and (wanted != "*" or etag is None):
        raise BlobError("ConditionNotMet", "the file is not as If-Match says")


def _read_range(req: falcon.Request, size: int) -> tuple[int, int] | None:
    """Return where to begin, and where to end before; None where all of it is asked for. Raises `BlobError`."""
    text = req.get_header("x-ms-range") or req.get_header("Range")
    if text is None:
        return None
    found = _RANGE.fullmatch(text)
    start = int(found[1]) if found else size
    if start >= size:
        raise BlobError("InvalidRange", "the range lies behind the end of the file")
    last = int(found[2]) if found and found[2] else size - 1
    if last < start:
        raise BlobError("InvalidRange", "the range ends before it begins")
    return start, min(last, size - 1) + 1


def _require(zone: Zone, name: str) -> FileInfo:
    info = zone.files.read_info(name)
    if info is None:
        raise BlobError("BlobNotFound", "there is no such file")
    return info


def _body(req: falcon.Request) -> Body:
    """Return the body to be stored. Raises `BlobError` where nothing says how long it is."""
    md5 = req.get_header("Content-MD5") or ""
    spooled = req.env.get(SPOOLED)
    if spooled is not None:
        return Body(Path(spooled), md5)
    stream = incoming.body_stream(req)
    if stream is None:
        raise BlobError("MissingRequiredHeader", "the header Content-Length is missing")
    return Body(stream, md5)


def _read_list(req: falcon.Request) -> bytes:
    source = _body(req).source
    with source.open("rb") if isinstance(source, Path) else nullcontext(source) as file:
        body = file.read(blob_uploads.LARGEST_LIST + 1)
    if len(body) > blob_uploads.LARGEST_LIST:
        raise BlobError("RequestBodyTooLarge", "the block list is too long")
    return body


def _describe(resp: falcon.Response, info: FileInfo) -> None:
    resp.content_type = "application/octet-stream"
    resp.set_header("Accept-Ranges", "bytes")
    resp.set_header("x-ms-blob-type", "BlockBlob")
    _set_facts(resp, info)


def _set_facts(resp: falcon.Response, info: FileInfo | None = None) -> None:
    """Set the headers that Azure's tools read off every answer, and those about a file."""
    resp.set_header("x-ms-version", sas.VERSION)
    if info is not None:
        resp.set_header("ETag", etag_of(info))
        resp.set_header("Last-Modified", formatdate(info.modified / 1000, usegmt=True))


@contextmanager
def _busy() -> Iterator[None]:
    """Turn what keeps a place for files from being used into a refusal that says to try again."""
    try:
        yield
    except FilesUnavailable as error:
        raise_bare(BlobError("ServerBusy", str(error)))


def _not_offered() -> BlobError:
    return BlobError(
        "OperationNotAllowed",
        "the landing zone of the embedded service does not offer this operation",
    )
