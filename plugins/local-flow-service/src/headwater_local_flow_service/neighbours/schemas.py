"""The Schema Registry: ``/tenant/schemas``, ``/tenant/classes`` and ``/tenant/fieldgroups``, and ``/stats``."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import falcon

from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.kernel.audit import sandbox_id
from headwater_local_flow_service.neighbours import (
    accepting,
    asked,
    composition,
    ids,
    lookup,
    records,
    registry_pages,
    resolution,
)
from headwater_local_flow_service.neighbours.refusals import invalid, missing
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.store.store import Record, Rows, Scope

BASE = "/data/foundation/schemaregistry"

_TABLE = tables.schemas
_NOT_FOUND = "XDM-1010-404"


class RegistryResources:
    """``/tenant/<kind>``: list and create."""

    def __init__(self, context: ServiceContext, kind: str) -> None:
        self._context = context
        self._kind = kind

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return one page, in the form that ``Accept`` asks for."""
        form = accepting.of_list(req.get_header("accept") or "")
        wanted = registry_pages.parse(asked.query(req, registry_pages.PARAMETERS))
        with self._context.store.reading() as rows:
            page, following = registry_pages.read(
                rows, caller_of(req).scope, self._kind, wanted
            )
        resp.media = {
            "results": [accepting.show(render(record), form) for record in page],
            "_page": {"orderby": wanted.orderby, "next": following, "count": len(page)},
            "_links": registry_pages.links(
                f"{BASE}/tenant/{self._kind}", wanted, following
            ),
        }

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Store a new resource and return it whole."""
        asked.query(req, ())
        caller = caller_of(req)
        body = asked.body(req, self._context.settings)
        document = composition.build_document(body, self._kind)
        uri = ids.new_uri(ids.tenant_of(caller.scope.org), self._kind)
        whole = composition.add_address(document, uri, caller.scope, self._kind, "1.0")
        record = records.build_record(
            uri, caller, name=whole["title"], document=whole, kind=self._kind
        )
        with self._context.store.writing(caller.scope) as rows:
            composition.check_known(rows, caller.scope, whole["meta:extends"])
            rows.add(
                _TABLE, record, composition.tenant_references(whole["meta:extends"])
            )
        resp.status = falcon.HTTP_201
        resp.media = render(record)


class RegistryResource:
    """``/tenant/<kind>/{id}``: read, replace, delete. The id is a `$id`, URL-encoded or not, or a `meta:altId`."""

    def __init__(self, context: ServiceContext, kind: str) -> None:
        self._context = context
        self._kind = kind

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return one resource, in the form and of the version that ``Accept`` asks for."""
        asked.query(req, ())
        form = accepting.of_lookup(req.get_header("accept") or "")
        scope = caller_of(req).scope
        with self._context.store.reading() as rows:
            whole = render(self._get(rows, scope, id))
            if form.is_full:
                whole = resolution.show_resolved(rows, scope, whole)
        if whole["version"].partition(".")[0] != str(form.version):
            raise missing(whole["$id"], self._kind, code=_NOT_FOUND)
        resp.media = accepting.show(whole, form)

    def on_put(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Replace all that is the caller's; ids stay, the version grows."""
        asked.query(req, ())
        caller = caller_of(req)
        body = asked.body(req, self._context.settings)
        document = composition.build_document(body, self._kind)
        with self._context.store.writing(caller.scope) as rows:
            record = self._get(rows, caller.scope, id)
            composition.check_known(rows, caller.scope, document["meta:extends"])
            version = composition.next_version(record.document["version"])
            whole = composition.add_address(
                document, record.id, caller.scope, self._kind, version
            )
            changed = records.revise_record(
                record, caller, name=whole["title"], document=whole
            )
            refers_to = composition.tenant_references(whole["meta:extends"])
            rows.replace(_TABLE, changed, etag=record.etag, refers_to=refers_to)
        resp.media = render(changed)

    def on_delete(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Delete a resource that nothing refers to."""
        asked.query(req, ())
        scope = caller_of(req).scope
        with self._context.store.writing(scope) as rows:
            record = self._get(rows, scope, id)
            for table in (tables.data_sets, tables.mapping_sets, _TABLE):
                if rows.is_referred(table, scope, record.id):
                    raise invalid(
                        "the resource is in use by a data set, a mapping set or a schema"
                    )
            rows.remove(_TABLE, scope, record.id)
        resp.status = falcon.HTTP_204

    def _get(self, rows: Rows, scope: Scope, id: str) -> Record:
        """Return the row of a resource of this kind. Raises `NeighbourError`."""
        record = lookup.get_record(rows, _TABLE, scope, ids.schema_id(id))
        if record is None or record.spec_id != self._kind:
            raise missing(id, self._kind, code=_NOT_FOUND)
        return record


class Stats:
    """``/stats``: the tenant id, and how much there is."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return the tenant id of the organization and the number of resources of each kind."""
        asked.query(req, ())
        scope = caller_of(req).scope
        with self._context.store.reading() as rows:
            counts = {
                kind: rows.count(_TABLE, scope, [_TABLE.c.spec_id == kind])
                for kind in composition.KINDS
            }
        resp.media = {
            "imsOrg": scope.org,
            "tenantId": ids.tenant_of(scope.org),
            "counts": counts,
        }


def render(record: Record) -> dict[str, Any]:
    """Return a resource as it is read, with what the registry knows about its making."""
    etag = hashlib.sha256(f"{record.id} {record.etag}".encode()).hexdigest()
    metadata = {
        "repo:createdDate": record.created_at,
        "repo:lastModifiedDate": record.updated_at,
        "xdm:createdClientId": record.created_by,
        "xdm:lastModifiedClientId": record.updated_by,
        "eTag": etag,
        "meta:globalLibVersion": "0.0.0",  # there is no library of Adobe's definitions here
    }
    return record.document | {
        "meta:sandboxId": sandbox_id(record.scope),
        "meta:registryMetadata": metadata,
    }
