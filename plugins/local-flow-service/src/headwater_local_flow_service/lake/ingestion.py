"""Batch Ingestion: ``/data/foundation/import``."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import falcon

from headwater.foreign import raise_bare
from headwater_local_flow_service.gateway import incoming
from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.lake import batch_bodies, batches, uploads
from headwater_local_flow_service.lake import batch_states as states
from headwater_local_flow_service.lake.ids import new_ulid
from headwater_local_flow_service.lake.refusals import (
    check_url,
    refused,
    translate_unavailable,
)
from headwater_local_flow_service.lake.spool import TooLarge
from headwater_local_flow_service.lake.uploads import Target
from headwater_local_flow_service.neighbours import asked
from headwater_local_flow_service.store import batch_files
from headwater_local_flow_service.wsgi import BODY_TO_COME, SPOOLED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headwater_local_flow_service.lake.lake import Lake
    from headwater_local_flow_service.store.store import Record, Rows

_BINARY: Final = "application/octet-stream"
_RANGE: Final = re.compile(
    r"bytes[ =]([0-9]{1,15})-([0-9]{1,15})(?:/(?:[0-9]{1,15}|\*))?"
)
_LARGE_ACTIONS: Final = ("INITIALIZE", "COMPLETE")


class Batches:
    """``/batches``: create."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Store a new batch and return it."""
        check_url(req)
        self._lake.require_files()
        asked.query(req, ())
        caller = caller_of(req)
        body = asked.body(req, self._lake.context.settings)
        document = batch_bodies.build_document(body)
        with self._lake.store.writing(caller.scope) as rows:
            record = batches.create(
                rows, caller.scope, caller.client, document, new_ulid()
            )
        resp.status = falcon.HTTP_201
        resp.media = batches.render_new(record)


class Batch:
    """``/batches/{id}``: the actions, and the batch as Catalog shows it."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return the batch."""
        check_url(req)
        asked.query(req, ())
        with self._lake.store.reading() as rows:
            record = batches.require(rows, caller_of(req).scope, id)
        self._lake.promoter.resume(record)
        resp.media = batches.render(record)

    def on_post(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Carry out an action; one that has been carried out before changes nothing."""
        check_url(req)
        files = self._lake.files
        action = _read_action(req, states.ACTIONS)
        caller = caller_of(req)
        with self._lake.store.writing(caller.scope) as rows:
            record = batches.require(rows, caller.scope, id)
            record, unneeded = _act(rows, record, caller.client, action)
        batches.remove_files(files, unneeded)
        self._lake.promoter.resume(record)
        resp.media = batches.render_new(record)


def _act(
    rows: Rows, record: Record, client: str, action: str
) -> tuple[Record, list[str]]:
    """Carry out an action; return the batch after it, and the keys of files to be removed. Raises `NeighbourError`."""
    state = states.state_after(action, record.state)
    if state is None:
        raise refused(
            f"{action} does not apply to a batch that is {record.state}, but to one that is "
            f"{', '.join(states.possible_states(action))}"
        )
    if state == record.state:
        return record, []
    if action == states.COMPLETE:
        if batch_files.count(rows, record.scope, record.id, (batch_files.BEGUN,)):
            raise refused(
                "a large file of the batch is not complete: send POST to its path with action=COMPLETE first"
            )
        fresh: dict[str, Any] = {batches.ATTEMPTS: None, batches.LEASE: None}
        return batches.change(rows, record, client, state=state, **fresh), []
    if action == states.REVERT:
        # Nobody reads them any more, and a replay is the way back.
        return batches.change(rows, record, client, state=state), []
    unneeded = batches.drop_files(rows, record, *batch_files.RECEIVED)
    return batches.finish(rows, record, client, state), unneeded


class File:
    """``/batches/{batch}/datasets/{data_set}/files/{path}``: one file, whole or in parts."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def on_put(self, req: falcon.Request, resp: falcon.Response, **where: str) -> None:
        """Store a file, in the place of one of the same path if there is one."""
        target = self._check(req, where)
        check_binary(req)
        check_length(req, uploads.LARGEST_FILE)
        with self._lake.store.reading() as rows:
            uploads.check_target(rows, target)
        if req.env.get(BODY_TO_COME):
            resp.status = "100 Continue"
            return
        with self._body(req, uploads.LARGEST_FILE) as spooled:
            is_new = uploads.store_file(self._lake, target, spooled)
        resp.status = falcon.HTTP_201 if is_new else falcon.HTTP_200

    def on_patch(
        self, req: falcon.Request, resp: falcon.Response, **where: str
    ) -> None:
        """Store one part of a large file."""
        target = self._check(req, where)
        check_binary(req)
        check_length(req, uploads.LARGEST_PART)
        first, last = _read_range(req)
        with self._lake.store.reading() as rows:
            uploads.check_part(rows, target)
        if req.env.get(BODY_TO_COME):
            resp.status = "100 Continue"
            return
        with self._body(req, uploads.LARGEST_PART) as spooled:
            if spooled.stat().st_size != last - first + 1:
                raise refused(
                    "the header Content-Range says another length than the body has"
                )
            size = uploads.store_part(self._lake, target, first, spooled)
        resp.media = {"name": target.path, "sizeInBytes": size}

    def on_post(self, req: falcon.Request, resp: falcon.Response, **where: str) -> None:
        """Begin or complete a large file."""
        target = self._check(req, where, "action")
        action = _read_action(req, _LARGE_ACTIONS)
        if action == states.COMPLETE:
            size = uploads.complete_large(self._lake, target)
        else:
            uploads.begin_large(self._lake, target)
            size = 0
            resp.status = falcon.HTTP_201
        resp.media = {"name": target.path, "sizeInBytes": size}

    def on_head(self, req: falcon.Request, resp: falcon.Response, **where: str) -> None:
        """Tell how many bytes of the file are here."""
        target = self._check(req, where)
        with self._lake.store.reading() as rows:
            size = uploads.received_bytes(rows, target)
        resp.set_header("Range", f"bytes=0-{max(size - 1, 0)}" if size else "bytes=0-0")
        resp.set_header("X-Received-Bytes", str(size))

    def _check(
        self, req: falcon.Request, where: Mapping[str, str], *parameters: str
    ) -> Target:
        """Check what goes for every call; return the file that is meant. Raises `NeighbourError`."""
        check_url(req)
        self._lake.require_files()
        asked.query(req, parameters)
        uploads.check_path(where["path"])
        return Target(
            scope=caller_of(req).scope,
            batch=where["id"],
            data_set=where["data_set"],
            path=where["path"],
        )

    @contextmanager
    def _body(self, req: falcon.Request, largest: int) -> Iterator[Path]:
        """Hold the body in a file for the time of the block. Raises `NeighbourError`."""
        if SPOOLED in req.env:
            yield Path(req.env[SPOOLED])
            return
        stream = incoming.body_stream(req) or io.BytesIO()
        try:
            with (
                translate_unavailable(),
                self._lake.spool.receive(stream, largest) as path,
            ):
                if req.content_length not in (None, path.stat().st_size):
                    raise refused("the body broke off before its end")
                yield path
        except TooLarge:
            raise_bare(too_large(largest))


def check_binary(req: falcon.Request) -> None:
    """Refuse a body that is not said to be a file. Raises `NeighbourError`."""
    media_type = (req.content_type or "").partition(";")[0].strip().lower()
    if media_type != _BINARY:
        raise refused(
            f"a file is sent with the header Content-Type: {_BINARY}, its bytes alone the body",
            415,
        )


def check_length(req: falcon.Request, largest: int) -> None:
    """Refuse a body that is said to be too large. Raises `NeighbourError`."""
    if (req.content_length or 0) > largest:
        raise too_large(largest)


def too_large(largest: int) -> Exception:
    """Return the refusal of a body of more than so many bytes, with the remedy."""
    if largest == uploads.LARGEST_FILE:
        return refused(
            f"a file put whole has at most {largest} bytes: send a larger one in parts, with action=INITIALIZE, "
            "PATCH and action=COMPLETE",
            413,
        )
    return refused(f"a part of a file has at most {largest} bytes", 413)


def _read_action(req: falcon.Request, actions: tuple[str, ...]) -> str:
    """Return the action that the query names, in capitals; pages write it in either case. Raises `NeighbourError`."""
    action = asked.query(req, ("action",)).get("action", "").upper()
    if action not in actions:
        raise refused(f"the query parameter action must be one of {', '.join(actions)}")
    return action


def _read_range(req: falcon.Request) -> tuple[int, int]:
    """Return the first and the last byte that the body holds of the file. Raises `NeighbourError`."""
    match = _RANGE.fullmatch((req.get_header("content-range") or "").strip())
    if match is None or int(match[1]) > int(match[2]):
        raise refused(
            "the header Content-Range must say which bytes of the file these are, such as bytes 0-511999999"
        )
    return int(match[1]), int(match[2])
