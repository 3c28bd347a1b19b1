"""The requests that reach a resource: list, create, read, change, delete, act."""

from __future__ import annotations

import logging
import re
import uuid
from typing import TYPE_CHECKING, Any

import attrs
import falcon

from headwater_local_flow_service.errors import FlowError, not_found
from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.gateway.incoming import (
    json_body,
    json_object,
    optional_object,
    parameters,
)
from headwater_local_flow_service.kernel import patching, transitions
from headwater_local_flow_service.kernel.audit import reference
from headwater_local_flow_service.kernel.clock import now
from headwater_local_flow_service.kernel.kind import Content, Creation, Operation
from headwater_local_flow_service.listing import listing, paging
from headwater_local_flow_service.store import etags
from headwater_local_flow_service.store.store import Record
from headwater_local_flow_service.store.tables import INDEXED_NAME

if TYPE_CHECKING:
    from headwater_local_flow_service.gateway.gateway import Caller
    from headwater_local_flow_service.kernel.kind import ResourceKind
    from headwater_local_flow_service.store.store import Rows, Scope

log = logging.getLogger("headwater.local")

BASE = "/data/foundation/flowservice"

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Collection:
    """``/<type>``: list and create."""

    def __init__(self, kind: ResourceKind) -> None:
        self._kind = kind

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return one page, or the number of matching items."""
        wanted = paging.parse(parameters(req, paging.PARAMETERS), self._kind.view)
        resp.media = listed(self._kind, caller_of(req).scope, wanted)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Store a new object."""
        kind = self._kind
        given = parameters(req, ("mode",)).get("mode", [])
        if any(mode.lower() != "draft" for mode in given):
            raise FlowError("FLOW-1452-400", "mode takes one value: draft")
        creation = Creation(
            id=str(uuid.uuid4()), caller=caller_of(req), draft=bool(given)
        )
        content = kind.validate_new(json_object(req, kind.context.settings), creation)
        record = _record(kind, creation, content)
        with kind.context.store.writing(
            record.scope if kind.view.links else None
        ) as rows:
            record = transitions.made(
                kind.type, kind.complete(rows, record), kind.busy_reads
            )
            rows.add(kind.view.table, record, kind.refers_to(record.document))
        if content.warning:
            log.warning("%s %s: %s", kind.type, record.id, content.warning)
            resp.set_header("Warning", f'299 headwater "{content.warning}"')
        resp.status = falcon.HTTP_201
        resp.location = f"{BASE}/{kind.type}/{record.id}"
        resp.media = kind.creation_answer(record)


class One:
    """``/<type>/{id}``: read."""

    def __init__(self, kind: ResourceKind) -> None:
        self._kind = kind

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return the object, as the platform does, in a list of one."""
        parameters(req, ())
        record = read(self._kind, caller_of(req).scope, id)
        if transitions.busy(record):
            record = _read_once_more(self._kind, record)
        resp.media = {"items": [self._kind.render(record)]}


class Item(One):
    """``/<type>/{id}``: read, change, delete."""

    def on_patch(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Change the object if nobody else has since the etag in ``If-Match``."""
        parameters(
            req, ("if-match",)
        )  # some clients send it here as well; only the header counts
        kind, caller = self._kind, caller_of(req)
        record = guarded(kind, req, id)
        transitions.check(kind.type, record, transitions.UPDATE)
        body = json_body(req, kind.context.settings)
        document = patching.apply(kind.unseal(record), body, kind.context.settings)
        changed = following(
            record, caller.client, kind.validate_change(record, document, body)
        )
        with kind.context.store.writing(
            record.scope if kind.view.links else None
        ) as rows:
            changed = transitions.updated(kind.complete(rows, changed), kind.busy_reads)
            refers_to = kind.refers_to(changed.document) if kind.view.links else None
            if not rows.replace(
                kind.view.table, changed, etag=record.etag, refers_to=refers_to
            ):
                raise changed_meanwhile(kind, id)
        resp.media = reference(changed)

    def on_delete(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Delete the object unless others need it."""
        parameters(req, ())
        kind, caller = self._kind, caller_of(req)
        with kind.context.store.writing(caller.scope) as rows:
            record = found(kind, rows, caller.scope, id)
            transitions.check(kind.type, record, transitions.DELETE)
            kind.check_deletable(rows, record)
            if kind.busy_reads:
                content = Content(document=record.document, secrets=record.secrets)
                going = transitions.deleted(
                    following(record, caller.client, content), kind.busy_reads
                )
                rows.replace(kind.view.table, going, etag=record.etag)
            else:
                _remove(kind, rows, record)
        resp.status = falcon.code_to_http_status(
            kind.context.settings.strictness.delete_status
        )


class Action:
    """``/<type>/{id}/action``: a change of state."""

    def __init__(self, kind: ResourceKind) -> None:
        self._kind = kind

    def on_post(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Carry an operation out in one transaction; ``If-Match`` is checked where it is sent."""
        kind, caller = self._kind, caller_of(req)
        operation = _operation(kind, req, caller)
        with kind.context.store.writing(caller.scope) as rows:
            record = found(kind, rows, caller.scope, id)
            if req.get_header("if-match"):
                check_etag(kind, record, req)
            transitions.check(kind.type, record, transitions.ACT)
            after = kind.act(rows, record, operation)
            if after.state != record.state:
                after = transitions.moved(after, kind.busy_reads)
            if after.id != record.id:
                rows.add(kind.view.table, after, kind.refers_to(after.document))
            elif not rows.replace(kind.view.table, after, etag=record.etag):
                raise changed_meanwhile(kind, id)
        resp.media = reference(after)


def listed(
    kind: ResourceKind, scope: Scope, wanted: paging.Listing, path: str = ""
) -> dict[str, Any]:
    """Return the body of a list answer; its link goes on at the collection, or at `path`."""
    if wanted.count:
        return {
            "count": listing.count(
                kind.context.store, kind.view, scope, wanted, kind.render
            )
        }
    page = listing.page(kind.context.store, kind.view, scope, wanted, kind.render)
    links = (
        {"next": {"href": f"/{path or kind.type}?continuationToken={page.token}"}}
        if page.token
        else {}
    )
    return {"items": page.items, "_links": links}


def read(kind: ResourceKind, scope: Scope, id: str) -> Record:
    """Return the row of an id. Raises `FlowError` where there is none in this organization and sandbox."""
    record = kind.context.store.get(kind.view.table, scope, id) if is_id(id) else None
    if record is None:
        raise not_found(id, kind.type)
    return record


def _read_once_more(kind: ResourceKind, record: Record) -> Record:
    """Return a busy row as this read sees it, and let the next see it closer to its state. Raises `FlowError`."""
    with kind.context.store.writing(record.scope) as rows:
        record = found(kind, rows, record.scope, record.id)
        if not transitions.busy(record):
            return record
        after = transitions.read(record, kind.busy_reads)
        if after.state:
            rows.replace(kind.view.table, after, etag=record.etag)
            return after
        _remove(kind, rows, record)
    raise not_found(record.id, kind.type)


def _remove(kind: ResourceKind, rows: Rows, record: Record) -> None:
    kind.remove_dependents(rows, record)
    rows.remove(kind.view.table, record.scope, record.id)


def found(kind: ResourceKind, rows: Rows, scope: Scope, id: str) -> Record:
    """Return the row of an id inside a transaction. Raises `FlowError` where there is none."""
    record = rows.get(kind.view.table, scope, id) if is_id(id) else None
    if record is None:
        raise not_found(id, kind.type)
    return record


def guarded(kind: ResourceKind, req: falcon.Request, id: str) -> Record:
    """Return the row that a write with a mandatory ``If-Match`` is about. Raises `FlowError`."""
    if not req.get_header("if-match"):
        raise FlowError(
            "FLOW-1403-400", "the header If-Match is missing", id=id, type=kind.type
        )
    record = read(kind, caller_of(req).scope, id)
    check_etag(kind, record, req)
    return record


def following(record: Record, client: str, content: Content) -> Record:
    """Return the row after a change of its content."""
    moment = now()
    return attrs.evolve(
        record,
        name=column_name(content.document),
        etag=etags.following(record.etag, moment),
        updated_at=moment,
        updated_by=client,
        document=content.document,
        secrets=content.secrets,
    )


def check_etag(kind: ResourceKind, record: Record, req: falcon.Request) -> None:
    """Refuse a write whose ``If-Match`` is not the row's etag."""
    sent = req.get_header("if-match") or ""
    if not etags.matches(
        sent,
        record.etag,
        quotes_required=kind.context.settings.strictness.require_if_match_quotes,
    ):
        raise changed_meanwhile(kind, record.id)


def is_id(text: str) -> bool:
    """Say whether a text has the form of an id."""
    return _ID.fullmatch(text) is not None


def column_name(document: dict[str, Any]) -> str:
    """Return the beginning of a name, as its column holds it."""
    return str(document.get("name", ""))[:INDEXED_NAME]


def _record(kind: ResourceKind, creation: Creation, content: Content) -> Record:
    moment = now()
    return Record(
        id=creation.id,
        scope=creation.caller.scope,
        name=column_name(content.document),
        spec_id=str((content.document.get(kind.view.spec) or {}).get("id", "")),
        state=kind.first_state(creation),
        etag=etags.first(moment),
        created_at=moment,
        updated_at=moment,
        created_by=creation.caller.client,
        updated_by=creation.caller.client,
        document=content.document,
        secrets=content.secrets,
    )


def _operation(kind: ResourceKind, req: falcon.Request, caller: Caller) -> Operation:
    given = parameters(req, ("op", "subOp"))
    names = [_word(name) for name in given.get("op", [])]
    if len(names) != 1 or not names[0]:
        raise FlowError(
            "FLOW-1434-400", "the query parameter op must name one operation"
        )
    parts = [_word(part) for text in given.get("subOp", []) for part in text.split(",")]
    body = optional_object(req, kind.context.settings)
    return Operation(
        name=names[0],
        sub_operations=tuple(filter(None, parts)),
        status=body,
        caller=caller,
    )


def _word(text: str) -> str:
    """Return an operation's name in one spelling: ``RE_TRIGGER``, ``reTrigger`` and ``re-trigger`` are the same."""
    parted = "".join(
        f"-{letter}" if letter.isupper() and not text.isupper() else letter
        for letter in text.strip()
    )
    return parted.replace("_", "-").replace("--", "-").strip("-").lower()


def changed_meanwhile(kind: ResourceKind, id: str) -> FlowError:
    return FlowError(
        "FLOW-1404-412",
        "If-Match is not the current etag: read the resource again",
        id=id,
        type=kind.type,
    )
