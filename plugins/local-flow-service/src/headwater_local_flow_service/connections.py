"""Base connections: ``/connections`` and below."""

from __future__ import annotations

import logging
import time
import uuid
from typing import TYPE_CHECKING, Any

import attrs
import falcon

from headwater import credentials
from headwater.errors import InvalidInput
from headwater_local_flow_service import documents, etags, listing, paging, patching
from headwater_local_flow_service.errors import FlowError, not_found
from headwater_local_flow_service.incoming import json_body, json_object, parameters
from headwater_local_flow_service.store import Record
from headwater_local_flow_service.tables import INDEXED_NAME
from headwater_local_flow_service.tables import connections as table

if TYPE_CHECKING:
    from collections.abc import Callable

    from headwater_local_flow_service.catalog import Catalog
    from headwater_local_flow_service.gateway import Caller
    from headwater_local_flow_service.settings import Settings
    from headwater_local_flow_service.store import Scope, Store

log = logging.getLogger("headwater.local")

BASE = "/data/foundation/flowservice"
TYPE = "connections"

_SANDBOX_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "https://headwater.invalid/sandboxes")


@attrs.frozen(kw_only=True)
class Room:
    """What every resource works with; the catalogue is loaded when a request first needs it."""

    store: Store
    settings: Settings
    catalog: Callable[[], Catalog]


class Connections:
    """``/connections``: list and create."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return one page, or the number of matching connections."""
        wanted = paging.parse(parameters(req, paging.PARAMETERS), table)
        scope = _caller(req).scope
        if wanted.count:
            resp.media = {"count": listing.count(self._room.store, table, scope, wanted, rendered)}
            return
        page = listing.page(self._room.store, table, scope, wanted, rendered)
        links = {"next": {"href": f"/{TYPE}?continuationToken={page.token}"}} if page.token else {}
        resp.media = {"items": page.items, "_links": links}

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Store a connection whose credentials fit its specification."""
        if parameters(req, ("mode",)):
            raise FlowError("FLOW-1434-400", "drafts are not offered by the embedded service")
        caller = _caller(req)
        body = json_object(req, self._room.settings)
        checked = documents.checked(body, self._room.catalog(), self._room.settings.strictness)
        record = self._record(checked, caller)
        self._room.store.add(table, record)
        if checked.warning:
            log.warning("connection %s: %s", record.id, checked.warning)
            resp.set_header("Warning", f'299 headwater "{checked.warning}"')
        resp.status = falcon.HTTP_201
        resp.location = f"{BASE}/{TYPE}/{record.id}"
        resp.media = {"id": record.id, "etag": record.etag}

    def _record(self, checked: documents.Checked, caller: Caller) -> Record:
        now = _now()
        id = str(uuid.uuid4())
        return Record(
            id=id,
            scope=caller.scope,
            name=_column_name(checked.document),
            spec_id=checked.document["connectionSpec"]["id"],
            state="enabled",
            etag=etags.first(now),
            created_at=now,
            updated_at=now,
            created_by=caller.client,
            updated_by=caller.client,
            document=documents.masked(checked.document, checked.secret_names),
            secrets=_sealed(self._room.store, checked.document, caller.scope, id),
        )


class Connection:
    """``/connections/{id}``: read, change, delete."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return the connection, as the platform does, in a list of one."""
        parameters(req, ())
        resp.media = {"items": [rendered(found(self._room.store, _caller(req).scope, id))]}

    def on_patch(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Change the connection if nobody else has since the etag in ``If-Match``."""
        parameters(req, ("if-match",))  # some clients send it here as well; only the header counts
        sent = req.get_header("if-match")
        if not sent:
            raise FlowError("FLOW-1403-400", "the header If-Match is missing", id=id, type=TYPE)
        caller = _caller(req)
        record = found(self._room.store, caller.scope, id)
        quotes = self._room.settings.strictness.require_if_match_quotes
        if not etags.matches(sent, record.etag, quotes_required=quotes):
            raise _changed(id)
        changed = self._patched(record, json_body(req, self._room.settings), caller)
        if not self._room.store.replace(table, changed, etag=record.etag):
            raise _changed(id)
        resp.media = {"id": record.id, "etag": changed.etag}

    def on_delete(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Delete the connection."""
        parameters(req, ())
        scope = _caller(req).scope
        if not _is_id(id) or not self._room.store.remove(table, scope, id):
            raise not_found(id, TYPE)
        resp.status = falcon.HTTP_204

    def _patched(self, record: Record, body: Any, caller: Caller) -> Record:
        whole = _opened(self._room.store, record)
        document = patching.apply(whole, body, self._room.settings)
        documents.check_texts(document)
        now = _now()
        shown, secrets = record.document | {}, record.secrets
        if patching.touches(body, "auth"):
            names = self._settled(document, record)
            shown = documents.masked(document, names)
            secrets = _sealed(self._room.store, document, record.scope, record.id)
        elif "auth" in record.document:
            shown = document | {"auth": record.document["auth"]}
        else:
            shown = document
        return attrs.evolve(
            record,
            name=_column_name(document),
            etag=etags.following(record.etag, now),
            updated_at=now,
            updated_by=caller.client,
            document=shown,
            secrets=secrets,
        )

    def _settled(self, document: dict[str, Any], record: Record) -> frozenset[str]:
        connector = self._room.catalog().by_id.get(record.spec_id)
        if connector is None:
            raise FlowError("FLOW-1413-400", "the connector of this connection is not installed any more")
        return documents.settle_auth(document, connector)


class ConnectionTest:
    """``/connections/{id}/test``.

    The answer says whether the stored credentials open and fit the connector's current authentication specification,
    and nothing more: the embedded service does not reach the source.
    """

    def __init__(self, room: Room) -> None:
        self._room = room

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return ``{"result": bool}``; credentials that do not fit are an answer, not an error."""
        parameters(req, ())
        resp.media = {"result": self._fits(found(self._room.store, _caller(req).scope, id))}

    def _fits(self, record: Record) -> bool:
        connector = self._room.catalog().by_id.get(record.spec_id)
        if connector is None:
            return False
        auth = record.document.get("auth")
        if auth is None:
            return not connector.authentication
        try:
            params = _opened(self._room.store, record)["auth"]["params"]
            specs = documents.named(connector, auth["specName"])
            return any(not credentials.validate(spec, params) for spec in specs)
        except InvalidInput:  # they do not open, or the specification cannot be evaluated
            return False


def found(store: Store, scope: Scope, id: str) -> Record:
    """Return the row of an id. Raises `FlowError` where there is none in this organization and sandbox."""
    record = store.get(table, scope, id) if _is_id(id) else None
    if record is None:
        raise not_found(id, TYPE)
    return record


def rendered(record: Record) -> dict[str, Any]:
    """Return a connection as it is read: audit block first, then what the caller sent, secrets masked."""
    return {
        "id": record.id,
        "createdAt": record.created_at,
        "updatedAt": record.updated_at,
        "createdBy": record.created_by,
        "updatedBy": record.updated_by,
        "createdClient": record.created_by,
        "updatedClient": record.updated_by,
        "sandboxId": str(uuid.uuid5(_SANDBOX_IDS, f"{record.scope.org}/{record.scope.sandbox}")),
        "sandboxName": record.scope.sandbox,
        "imsOrgId": record.scope.org,
        **record.document,
        "state": record.state,
        "version": record.etag,
        "etag": record.etag,
    }


def _opened(store: Store, record: Record) -> dict[str, Any]:
    """Return a row's document with its secrets in clear."""
    if record.secrets is None:
        return record.document
    params = store.vault.open(record.secrets, record.scope.org, record.scope.sandbox, record.id)
    return record.document | {"auth": record.document["auth"] | {"params": params}}


def _sealed(store: Store, document: dict[str, Any], scope: Scope, id: str) -> bytes | None:
    if "auth" not in document:
        return None
    return store.vault.seal(document["auth"]["params"], scope.org, scope.sandbox, id)


def _column_name(document: dict[str, Any]) -> str:
    return str(document.get("name", ""))[:INDEXED_NAME]


def _changed(id: str) -> FlowError:
    return FlowError("FLOW-1404-412", "If-Match is not the current etag: read the resource again", id=id, type=TYPE)


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _caller(req: falcon.Request) -> Caller:
    caller: Caller = req.context.caller
    return caller


def _now() -> int:
    return time.time_ns() // 1_000_000
