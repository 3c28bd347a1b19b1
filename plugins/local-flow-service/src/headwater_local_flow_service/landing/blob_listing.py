"""Listing a container page by page, as the Blob endpoint answers it."""

from __future__ import annotations

import base64
import binascii
from email.utils import formatdate
from operator import attrgetter
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

import attrs

from headwater.foreign import raise_bare
from headwater_local_flow_service.landing import names
from headwater_local_flow_service.landing.blob_errors import BlobError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from headwater_local_flow_service.files.file_store import FileInfo
    from headwater_local_flow_service.landing.zone import Zone

MOST: Final = 5000  # entries of one page


@attrs.frozen(kw_only=True)
class ListingQuestion:
    """Which files are listed: those whose names begin with `prefix`, after `marker`; `delimiter` folds folders."""

    prefix: str
    delimiter: str
    marker: str
    most: int

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> ListingQuestion:
        """Read a query. Raises `BlobError`."""
        delimiter = query.get("delimiter", "")
        if delimiter not in ("", "/"):
            raise _invalid("delimiter must be / here")
        most = query.get("maxresults", str(MOST))
        if not most.isdecimal() or len(most) > 9 or int(most) < 1:
            raise _invalid("maxresults must be a whole number, 1 at least")
        return cls(
            prefix=query.get("prefix", ""),
            delimiter=delimiter,
            marker=_decode_marker(query.get("marker", "")),
            most=min(int(most), MOST),
        )


def render_page(zone: Zone, question: ListingQuestion) -> bytes:
    """Return a page of the container. Raises `FilesUnavailable`."""
    entries: list[str] = []
    last = ""
    more = False
    for key, info in _entries(zone, question):
        if key <= question.marker:
            continue
        if len(entries) == question.most:
            more = True
            break
        entries.append(_render(key, info))
        last = key
    marker = _encode_marker(last) if more else ""
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<EnumerationResults ContainerName="{zone.container}">',
        _element("Prefix", question.prefix),
        _element("MaxResults", str(question.most)),
        _element("Delimiter", question.delimiter),
        "<Blobs>",
        *entries,
        "</Blobs>",
        _element("NextMarker", marker),
        "</EnumerationResults>",
    ]
    return "".join(parts).encode()


def etag_of(info: FileInfo) -> str:
    """Return the etag of a file, with its quotes; a file that is written again has another."""
    return f'"0x{info.modified:X}{info.size:X}"'


def _entries(
    zone: Zone, question: ListingQuestion
) -> Iterable[tuple[str, FileInfo | None]]:
    """Return files by name, and folders, whose names end with a slash, where they are folded."""
    if question.delimiter:
        return _read_folder(zone, question.prefix)
    return (
        (info.key, info)
        for info in sorted(zone.files.walk(), key=attrgetter("key"))
        if info.key.startswith(question.prefix)
    )


def _read_folder(zone: Zone, prefix: str) -> Iterator[tuple[str, FileInfo | None]]:
    folder = prefix.rpartition("/")[0]
    if folder and names.find_fault(folder):
        return  # no folder can have such a name
    listing = zone.files.read_folder(folder)
    found: dict[str, FileInfo | None] = {info.key: info for info in listing.files}
    found.update({f"{key}/": None for key in listing.folders})
    for key in sorted(found):
        if key.startswith(prefix):
            yield key, found[key]


def _render(key: str, info: FileInfo | None) -> str:
    if info is None:
        return f"<BlobPrefix>{_element('Name', key)}</BlobPrefix>"
    modified = formatdate(info.modified / 1000, usegmt=True)
    properties = "".join(
        [
            _element("Creation-Time", modified),
            _element("Last-Modified", modified),
            _element("Etag", etag_of(info).strip('"')),
            _element("Content-Length", str(info.size)),
            _element("Content-Type", "application/octet-stream"),
            _element("BlobType", "BlockBlob"),
        ]
    )
    return f"<Blob>{_element('Name', key)}<Properties>{properties}</Properties></Blob>"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _encode_marker(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _decode_marker(marker: str) -> str:
    try:
        return base64.urlsafe_b64decode(marker).decode()
    except (binascii.Error, ValueError):
        raise_bare(_invalid("marker is not one that a page before this one gave"))


def _invalid(text: str) -> BlobError:
    return BlobError("InvalidQueryParameterValue", text)
