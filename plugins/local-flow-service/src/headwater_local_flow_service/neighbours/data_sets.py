"""Catalog's data sets: ``/dataSets``, each bound to a schema of its sandbox; what they hold comes in batches."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import falcon

from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.kernel.audit import sandbox_id
from headwater_local_flow_service.neighbours import (
    asked,
    ids,
    last_batches,
    lookup,
    records,
)
from headwater_local_flow_service.neighbours.refusals import invalid, missing
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.store.store import Record

BASE = "/data/foundation/catalog"
CONTENT_TYPE = re.compile(
    r"application/vnd\.adobe\.xed(?:-[a-z]+)*\+json\s*;\s*version=\d{1,9}(?:\.\d{1,9})?"
)

_TABLE = tables.data_sets
_DEFAULT_PAGE = 20
_LARGEST_PAGE = 100
_ORDERS = {
    "created": _TABLE.c.created_at,
    "updated": _TABLE.c.updated_at,
    "name": _TABLE.c.name,
}
_DEFAULT_CONTENT_TYPE = "application/vnd.adobe.xed+json;version=1"

# What Catalog itself writes; sent by a caller, it is passed over.
_READ_ONLY = frozenset(
    {
        "id", "version", "imsOrg", "sandboxId", "created", "updated", "createdClient", "updatedClient", "createdUser",
        "updatedUser", "files", "namespace", "status", "lastBatchId", "lastBatchStatus", "lastSuccessfulBatch",
        "lastFailedBatch",
    }
)  # fmt: skip


class DataSets:
    """``/dataSets``: list and create."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return one page: a map from id to data set, newest first."""
        given = asked.query(req, ("limit", "start", "properties", "name", "orderBy"))
        limit = asked.number(given, "limit", _DEFAULT_PAGE, least=1, most=_LARGEST_PAGE)
        start = asked.number(given, "start", 0)
        where = records.where_name(_TABLE, given.get("name"))
        order = _read_order(given.get("orderBy", "desc:created"))
        with self._context.store.reading() as rows:
            page = records.read_page(
                rows,
                _TABLE,
                caller_of(req).scope,
                where,
                order,
                limit=limit,
                start=start,
            )
            told = last_batches.read(
                rows, caller_of(req).scope, [record.id for record in page]
            )
        resp.media = {
            record.id: _render_some(record, told[record.id], given.get("properties"))
            for record in page
        }

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Store a new data set. The answer is a list with one reference."""
        asked.flag(asked.query(req, ("requestDataSource",)), "requestDataSource")
        caller = caller_of(req)
        document = build_document(asked.body(req, self._context.settings))
        schema = document["schemaRef"]["id"]
        record = records.build_record(
            ids.new_hex(24), caller, name=document.get("name") or "", document=document
        )
        with self._context.store.writing(caller.scope) as rows:
            if lookup.schema(rows, caller.scope, schema) is None:
                raise invalid(
                    "schemaRef.id does not name a schema of this sandbox: create the schema first"
                )
            rows.add(_TABLE, record, [schema])
        resp.status = falcon.HTTP_201
        resp.location = f"{BASE}/dataSets/{record.id}"
        resp.media = [f"@/dataSets/{record.id}"]


class DataSet:
    """``/dataSets/{id}``."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return a map with the one data set."""
        given = asked.query(req, ("properties",))
        scope = caller_of(req).scope
        with self._context.store.reading() as rows:
            record = lookup.get_record(rows, _TABLE, scope, id)
            told = last_batches.read(rows, scope, [id]) if record is not None else {}
        if record is None:
            raise missing(id, "dataSets")
        resp.media = {id: _render_some(record, told[id], given.get("properties"))}


def render(record: Record) -> dict[str, Any]:
    """Return a data set as it is read: what the caller sent, and what Catalog knows about it."""
    return record.document | {
        "version": "1.0.0",
        "imsOrg": record.scope.org,
        "sandboxId": sandbox_id(record.scope),
        "namespace": "ACP",
        "status": "enabled",
        "created": record.created_at,
        "updated": record.updated_at,
        "createdClient": record.created_by,
        "createdUser": record.created_by,
        "updatedUser": record.updated_by,
        "files": f"@/dataSetFiles?dataSetId={record.id}",
    }


def build_document(body: dict[str, Any]) -> dict[str, Any]:
    """Check the body of a create; return it with its reference to a schema completed. Raises `NeighbourError`."""
    document = {name: value for name, value in body.items() if name not in _READ_ONLY}
    asked.read_field(document, "name", "string")
    asked.read_field(document, "description", "string")
    tags = asked.read_field(document, "tags", "object") or {}
    if not all(map(_are_strings, tags.values())):
        raise invalid("each of the tags must be a list of strings")
    reference = asked.require_field(document, "schemaRef", "object")
    schema = asked.require_field(reference, "id", "string", path="schemaRef")
    content = asked.read_field(reference, "contentType", "string", path="schemaRef")
    content = content or _DEFAULT_CONTENT_TYPE
    if not CONTENT_TYPE.fullmatch(content):
        raise invalid(
            "schemaRef.contentType must be written application/vnd.adobe.xed+json;version=1"
        )
    return document | {
        "schemaRef": {"id": ids.schema_id(schema), "contentType": content}
    }


def _are_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _render_some(
    record: Record, told: dict[str, str], properties: str | None
) -> dict[str, Any]:
    """Return the properties asked for, by their names with commas between; all where nothing is asked for.

    `told` is what its batches tell of it.
    """
    data_set = render(record) | told
    if properties is None:
        return data_set
    names = [name.strip() for name in properties.split(",")]
    return {name: data_set[name] for name in names if name in data_set}


def _read_order(text: str) -> Sequence[ColumnElement[Any]]:
    direction, _colon, name = text.rpartition(":")
    if direction not in ("", "asc", "desc") or name not in _ORDERS:
        raise invalid(
            f"orderBy must be asc: or desc: before one of {', '.join(_ORDERS)}"
        )
    column = _ORDERS[name]
    if direction == "desc":
        return (column.desc(), _TABLE.c.seq.desc())
    return (column.asc(), _TABLE.c.seq.asc())
