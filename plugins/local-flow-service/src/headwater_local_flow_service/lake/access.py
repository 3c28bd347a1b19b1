"""Data Access: ``/data/foundation/export``."""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING, Any, Final

from headwater_local_flow_service.gateway import address
from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.lake import batch_states as states
from headwater_local_flow_service.lake import batches, downloads
from headwater_local_flow_service.lake.refusals import EXPORT
from headwater_local_flow_service.neighbours import asked
from headwater_local_flow_service.neighbours.refusals import missing
from headwater_local_flow_service.store import batch_files
from headwater_local_flow_service.store.batch_files import FAILED, META, OUTPUT
from headwater_local_flow_service.texts import is_storable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import falcon

    from headwater_local_flow_service.lake.lake import Lake
    from headwater_local_flow_service.store.batch_files import BatchFile
    from headwater_local_flow_service.store.store import Record, Rows, Scope

_LARGEST_PAGE: Final = 100


class BatchFiles:
    """``/batches/{id}/files``: the files that a batch brought into its data set."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return one page."""
        given = asked.query(req, ("limit", "start"))
        self._lake.require_files()
        scope = caller_of(req).scope
        limit, start = _read_page(given)
        with self._lake.store.reading() as rows:
            record = _require(self._lake, rows, scope, id)
            # Of one that was reverted, or replaced, nothing is read.
            roles = (OUTPUT,) if record.state in states.SUCCESSFUL else ()
            count = batch_files.count(rows, scope, id, roles)
            page = batch_files.of_batch(rows, scope, id, roles, start=start, limit=limit)  # fmt: skip
        base = f"{address.current()}{EXPORT}"
        resp.media = {
            "data": [_render_file(file, base) for file in page],
            **_paging(f"{base}/batches/{id}/files", count, limit, start),
        }


class BatchReports:
    """``/batches/{id}/failed`` and ``/meta``: files about a batch, listed or read by ``path``."""

    def __init__(self, lake: Lake, role: str) -> None:
        self._lake = lake
        self._role = role
        self._name = {FAILED: "failed", META: "meta"}[role]

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return the file of the path, or what lies below it; all of it without a path."""
        given = asked.query(req, ("limit", "start", "path"))
        files = self._lake.files
        scope = caller_of(req).scope
        path = given.get("path", "").strip("/")
        limit, start = _read_page(given)
        with self._lake.store.reading() as rows:
            _require(self._lake, rows, scope, id)
            found = batch_files.of_batch(rows, scope, id, (self._role,))
        for file in found:
            if path and file.path == path:
                downloads.answer(req, resp, files, file)
                return
        entries = _entries(found, path)
        if path and not entries:
            raise missing(path, self._name)
        base = f"{address.current()}{EXPORT}/batches/{id}/{self._name}"
        data = []
        for name, size in entries[start : start + limit]:
            whole = urllib.parse.quote(f"{path}/{name}".strip("/"), safe="")
            data.append(_link_of(name, size, f"{base}?path={whole}"))
        resp.media = {"data": data, "_page": {"count": len(entries), "limit": limit}}


def _entries(found: Sequence[BatchFile], path: str) -> list[tuple[str, int]]:
    """Return names and sizes of what lies right below a path; a folder has the size of what is in it."""
    below = f"{path}/" if path else ""
    sizes: dict[str, int] = {}
    for file in found:
        if file.path.startswith(below):
            name = file.path.removeprefix(below).partition("/")[0]
            sizes[name] = sizes.get(name, 0) + file.size
    return sorted(sizes.items())


class File:
    """``/files/{id}``: one file of a data set."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return what the file consists of, or its bytes where ``path`` names it."""
        given = asked.query(req, ("path", "limit", "start"))
        files = self._lake.files
        file = self._find(caller_of(req).scope, id)
        name = file.path.rpartition("/")[2]
        if "path" not in given:
            href = f"{address.current()}{EXPORT}/files/{id}?path={urllib.parse.quote(name, safe='')}"  # fmt: skip
            resp.media = {
                "data": [_link_of(name, file.size, href)],
                "_page": {"limit": _LARGEST_PAGE, "count": 1},
            }
            return
        if given["path"] not in (name, file.path):
            raise missing(given["path"], "files")
        downloads.answer(req, resp, files, file)

    def on_head(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Tell size and type of the file that ``path`` names."""
        self.on_get(req, resp, id)

    def _find(self, scope: Scope, id: str) -> BatchFile:
        file = None
        if is_storable(id):
            with self._lake.store.reading() as rows:
                file = batch_files.get(rows, scope, id)
                if file is not None and file.role == OUTPUT:
                    record = batches.require(rows, scope, file.batch)
                    if record.state in states.SUCCESSFUL:
                        return file
        raise missing(id, "files")


def _require(lake: Lake, rows: Rows, scope: Scope, id: str) -> Record:
    record = batches.require(rows, scope, id)
    lake.promoter.resume(record)
    return record


def _read_page(given: dict[str, str]) -> tuple[int, int]:
    limit = asked.number(given, "limit", _LARGEST_PAGE, least=1, most=_LARGEST_PAGE)
    return limit, asked.number(given, "start", 0)


def _render_file(file: BatchFile, base: str) -> dict[str, Any]:
    """Return a file as a batch lists it; numbers are strings there."""
    shown: dict[str, Any] = {
        "dataSetFileId": file.id,
        "dataSetViewId": file.data_set,
        "version": "1.0.0",
        "created": str(file.created_at),
        "updated": str(file.created_at),
        "size": str(file.size),
        "isValid": True,
        "_links": {"self": {"href": f"{base}/files/{file.id}"}},
    }
    if file.records is not None:
        shown["records"] = str(file.records)
    return shown


def _link_of(name: str, size: int, href: str) -> dict[str, Any]:
    return {"name": name, "length": str(size), "_links": {"self": {"href": href}}}


def _paging(url: str, count: int, limit: int, start: int) -> dict[str, Any]:
    links: dict[str, Any] = {
        "page": {"href": f"{url}?limit={limit}&start={{start}}", "templated": True}
    }
    if start + limit < count:
        links["next"] = {"href": f"{url}?limit={limit}&start={start + limit}"}
    return {"_page": {"limit": limit, "count": count}, "_links": links}
