"""Catalog's data sets: ``/dataSets``, each bound to a schema of its sandbox; what they hold comes in batches."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import falcon

from headwater_local_flow_service.gateway import incoming
from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.kernel import patching
from headwater_local_flow_service.kernel.audit import sandbox_id
from headwater_local_flow_service.neighbours import (
    asked,
    catalog_queries,
    ids,
    last_batches,
    lookup,
    records,
)
from headwater_local_flow_service.neighbours.refusals import (
    invalid,
    missing,
    translate_refusals,
)
from headwater_local_flow_service.store import batch_files, tables

if TYPE_CHECKING:
    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.settings import Settings
    from headwater_local_flow_service.store.store import Record, Rows, Scope

BASE = "/data/foundation/catalog"
CONTENT_TYPE = re.compile(
    r"application/vnd\.adobe\.xed(?:-[a-z]+)*\+json\s*;\s*version=\d{1,9}(?:\.\d{1,9})?"
)

_TABLE = tables.data_sets
_JSON_PATCH = "application/json-patch+json"
_FIRST_VERSION = "1.0.0"
_UNDER_WAY = ("loading", "loaded", "staging", "retrying")
_FILTERS = (
    "name", "id", "state", "status", "namespace", "version", "created", "updated", "createdClient", "createdUser",
    "updatedUser", "description",
)  # fmt: skip
_COLUMNS = {"id": _TABLE.c.id}
_ORDERS = {
    "created": _TABLE.c.created_at,
    "updated": _TABLE.c.updated_at,
    "name": _TABLE.c.name,
    "id": _TABLE.c.id,
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
        """Return one page: a map from id to data set, newest first unless asked otherwise."""
        query = catalog_queries.read(req, _FILTERS, tags=True)
        scope = caller_of(req).scope
        with self._context.store.reading() as rows:
            found = _find(rows, scope, query)
            told = last_batches.read(rows, scope, [item["id"] for item in found])
        page = {}
        for item in found:
            id = item.pop("id")
            page[id] = query.show(item | told[id])
        resp.media = page

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

    def on_patch(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Change fields, or carry out a JSON Patch; the content type says which. The answer is one reference."""
        asked.query(req, ())
        settings = self._context.settings
        caller = caller_of(req)
        with translate_refusals():
            body = incoming.json_body(req, settings)
        with self._context.store.writing(caller.scope) as rows:
            before = _require(rows, caller.scope, id)
            document = _change(before.document, body, req, settings)
            after = records.revise_record(
                before, caller, name=document.get("name") or "", document=document
            )
            rows.replace(_TABLE, after, etag=before.etag)
        resp.media = [f"@/dataSets/{id}"]

    def on_delete(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Delete a data set with its batches, unless one of them is under way or a dataflow ends in it.

        The files of the batches are garbage from then on, and swept.
        """
        asked.query(req, ())
        scope = caller_of(req).scope
        with self._context.store.writing(scope) as rows:
            _require(rows, scope, id)
            if rows.is_referred(tables.target_connections, scope, id):
                raise invalid("the data set is in use by a target connection")
            busy = tables.batches.c.state.in_(_UNDER_WAY)
            if rows.is_referred(tables.batches, scope, id, busy):
                raise invalid(
                    "a batch of the data set is under way: let it end, or send it action=ABORT"
                )
            batch_files.remove_of_data_set(rows, scope, id)
            rows.remove_referring(tables.batches, scope, id)
            rows.remove(_TABLE, scope, id)
        resp.media = [f"@/dataSets/{id}"]


def _find(
    rows: Rows, scope: Scope, query: catalog_queries.CatalogQuery
) -> list[dict[str, Any]]:
    where, rest = catalog_queries.where(query, _COLUMNS, _TABLE.c.created_at)
    if "name" in query.equal:
        names = query.equal["name"]
        where.append(_TABLE.c.name.in_([records.column_of(name) for name in names]))
        rest.append(catalog_queries.equals("name", names))
    order = catalog_queries.order_clauses(query, _ORDERS, _TABLE.c.seq)
    stream = rows.stream(_TABLE, scope, where, order or [_TABLE.c.seq])
    items = (render(record) | {"id": record.id} for record, _length in stream)
    found = catalog_queries.take_page(items, query, rest, is_sorted=order is not None)
    records.check_page_size(found)
    return found


def _require(rows: Rows, scope: Scope, id: str) -> Record:
    record = lookup.get_record(rows, _TABLE, scope, id)
    if record is None:
        raise missing(id, "dataSets")
    return record


def _change(
    before: dict[str, Any], body: Any, req: falcon.Request, settings: Settings
) -> dict[str, Any]:
    """Return the document after a change. Raises `NeighbourError`."""
    media_type = (req.content_type or "").partition(";")[0].strip().lower()
    with translate_refusals():
        if media_type == _JSON_PATCH:
            after = patching.apply(before, body, settings)
        elif isinstance(body, dict):
            after = before | {
                name: value for name, value in body.items() if name not in _READ_ONLY
            }
        else:
            raise invalid(
                f"the body must be a JSON object, or a JSON Patch with Content-Type: {_JSON_PATCH}"
            )
    document = build_document(after)
    if document["schemaRef"]["id"] != before["schemaRef"]["id"]:
        raise invalid("the schema of a data set cannot be changed")
    return document | {"version": _next_version(before)}


def _next_version(before: dict[str, Any]) -> str:
    stem, _dot, count = str(before.get("version", _FIRST_VERSION)).rpartition(".")
    return f"{stem}.{int(count) + 1}"


def render(record: Record) -> dict[str, Any]:
    """Return a data set as it is read: what the caller sent, and what Catalog knows about it."""
    return (
        {"version": _FIRST_VERSION}
        | record.document
        | {
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
    )


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
