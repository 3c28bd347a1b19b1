"""Data Prep's mapping sets: ``/mappingSets``. Every replacement makes a version; the older ones stay readable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.neighbours import (
    asked,
    ids,
    lookup,
    mappings,
    records,
)
from headwater_local_flow_service.neighbours.refusals import invalid, missing
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.gateway.gateway import Caller
    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.store.store import Record, Rows, Scope

BASE = "/data/foundation/conversion"
# What the page about the HTTP API posts its mapping set to.
MISPRINTS = ("/data/foundation/mappingSets",)

_TABLE = tables.mapping_sets
_LARGEST_PAGE = 100


class MappingSets:
    """``/mappingSets``: list and create."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return one page of the newest versions; where it starts and how long it is must be said."""
        given = asked.query(req, ("limit", "start", "name", "expandSchema"))
        asked.flag(given, "expandSchema")
        if not {"limit", "start"} <= given.keys():
            raise invalid("the query parameters limit and start are required")
        limit = asked.number(given, "limit", 0, least=1, most=_LARGEST_PAGE)
        start = asked.number(given, "start", 0)
        where = [_TABLE.c.state == records.CURRENT]
        where += records.where_name(_TABLE, given.get("name"))
        with self._context.store.reading() as rows:
            page = records.read_page(
                rows,
                _TABLE,
                caller_of(req).scope,
                where,
                [_TABLE.c.seq.desc()],
                limit=limit,
                start=start,
            )
        resp.media = {
            "data": [render(record) for record in page],
            "_page": {"count": len(page), "limit": limit},
        }

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Store version 0 of a new mapping set. The status is 200, as on the platform."""
        asked.flag(asked.query(req, ("validate",)), "validate")
        caller = caller_of(req)
        body = asked.body(req, self._context.settings)
        document = mappings.build_document(body) | {"version": 0}
        record = records.build_record(
            ids.new_hex(32), caller, name=document.get("name") or "", document=document
        )
        with self._context.store.writing(caller.scope) as rows:
            _check_schema(rows, caller.scope, document)
            rows.add(_TABLE, record, [document["xdmSchema"]])
        resp.media = reference(record)


class MappingSet:
    """``/mappingSets/{id}``."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return the newest version, or the one that ``version`` names, in both vocabularies."""
        given = asked.query(req, ("version", "expandSchema"))
        asked.flag(given, "expandSchema")
        scope = caller_of(req).scope
        with self._context.store.reading() as rows:
            record = _get(rows, scope, id)
            if "version" in given:
                record = _get_version(rows, record, asked.number(given, "version", 0))
        resp.media = render(record)

    def on_put(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Make the next version."""
        asked.flag(asked.query(req, ("validate",)), "validate")
        caller = caller_of(req)
        body = asked.body(req, self._context.settings)
        document = mappings.build_document(body)
        with self._context.store.writing(caller.scope) as rows:
            before = _get(rows, caller.scope, id)
            _check_schema(rows, caller.scope, document)
            after = _next(rows, before, caller, document)
        resp.media = reference(after)


def render(record: Record) -> dict[str, Any]:
    """Return a mapping set as it is read."""
    written = {
        "version": record.document["version"],
        "createdDate": record.created_at,
        "modifiedDate": record.updated_at,
        "createdBy": record.created_by,
        "modifiedBy": record.updated_by,
    }
    lines = [mapping | written for mapping in record.document["mappings"]]
    return record.document | {"id": _own_id(record), "mappings": lines} | written


def reference(record: Record) -> dict[str, Any]:
    """Return what every write answers."""
    names = ("id", "version", "createdDate", "modifiedDate", "createdBy", "modifiedBy")
    whole = render(record)
    return {name: whole[name] for name in names}


def _next(
    rows: Rows, before: Record, caller: Caller, document: dict[str, Any]
) -> Record:
    version = before.document["version"]
    kept = attrs.evolve(
        before, id=_id_of_get_version(before.id, version), state=records.OLDER, seq=None
    )
    after = records.revise_record(
        before,
        caller,
        name=document.get("name") or "",
        document=document | {"version": version + 1},
    )
    rows.replace(_TABLE, after, etag=before.etag, refers_to=[document["xdmSchema"]])
    rows.add(_TABLE, kept)
    return after


def _get(rows: Rows, scope: Scope, id: str) -> Record:
    record = lookup.get_record(rows, _TABLE, scope, id)
    if record is None or record.state != records.CURRENT:
        raise missing(id, "mappingSets")
    return record


def _get_version(rows: Rows, newest: Record, version: int) -> Record:
    if version == newest.document["version"]:
        return newest
    record = rows.get(_TABLE, newest.scope, _id_of_get_version(newest.id, version))
    if record is None:
        raise missing(newest.id, "mappingSets")
    return record


def _id_of_get_version(id: str, version: int) -> str:
    return f"{id}@{version}"


def _own_id(record: Record) -> str:
    return record.id.partition("@")[0]


def _check_schema(rows: Rows, scope: Scope, document: dict[str, Any]) -> None:
    if lookup.schema(rows, scope, document["xdmSchema"]) is None:
        raise invalid(
            "the mapping set does not name a schema of this sandbox: create the schema first"
        )
