"""The requests that reach a resource: list, create, read, change, delete, act."""

from __future__ import annotations

import logging
import re
import uuid
from typing import TYPE_CHECKING

import falcon

from headwater_local_flow_service.errors import FlowError, not_found
from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.gateway.incoming import (
    json_body,
    json_object,
    optional_object,
    parameters,
    warn,
)
from headwater_local_flow_service.kernel import patching, transitions
from headwater_local_flow_service.kernel.audit import reference
from headwater_local_flow_service.kernel.kind import Content, Creation, Operation
from headwater_local_flow_service.kernel.lifecycle import (
    build_record,
    read_record,
    require_record,
    revise_record,
)
from headwater_local_flow_service.listing import listing, paging
from headwater_local_flow_service.store import etags

if TYPE_CHECKING:
    from headwater_local_flow_service.gateway.gateway import Caller
    from headwater_local_flow_service.kernel.kind import ResourceKind
    from headwater_local_flow_service.store.store import Record, Rows, Scope

log = logging.getLogger("headwater.local")

BASE = "/data/foundation/flowservice"

_CAPITAL = re.compile(r"[A-Z]")


class Collection:
    """``/<type>``: list and create."""

    def __init__(self, kind: ResourceKind) -> None:
        self._kind = kind

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return one page, or the number of matching items."""
        wanted = paging.parse(parameters(req, paging.PARAMETERS), self._kind.view)
        resp.data = answer_list(self._kind, caller_of(req).scope, wanted)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Store a new object."""
        kind = self._kind
        creation = Creation(
            id=str(uuid.uuid4()), caller=caller_of(req), draft=_asks_for_draft(req)
        )
        content = kind.validate_new(json_object(req, kind.context.settings), creation)
        record = _build_record(kind, creation, content)
        with kind.context.store.writing(_turn(kind, record)) as rows:
            record = kind.complete(rows, record, content)
            record = transitions.begin_create(kind.type, record, kind.busy_reads)
            rows.add(kind.view.table, record, kind.refers_to(record.document))
        _warn(req, kind, record, content)
        resp.status = falcon.HTTP_201
        resp.location = f"{BASE}/{kind.type}/{record.id}"
        resp.media = kind.creation_answer(record)


class ReadOnlyItem:
    """``/<type>/{id}``: read."""

    def __init__(self, kind: ResourceKind) -> None:
        self._kind = kind

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return the object, as the platform does, in a list of one."""
        parameters(req, ())
        record = read_record(self._kind, caller_of(req).scope, id)
        if transitions.is_busy(record):
            record = _advance(self._kind, record)
        resp.media = {"items": [self._kind.render(record)]}


class Item(ReadOnlyItem):
    """``/<type>/{id}``: read, change, delete."""

    def on_patch(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Change the object if nobody else has since the etag in ``If-Match``."""
        # Some clients send it in the query as well; only the header counts.
        parameters(req, ("if-match",))
        kind, caller = self._kind, caller_of(req)
        before = read_for_change(kind, req, id)
        transitions.check_idle(kind.type, before, transitions.UPDATE)
        body = json_body(req, kind.context.settings)
        whole = kind.open_to_patch(before, body)
        document = patching.apply(whole, body, kind.context.settings)
        content = kind.validate_change(before, document, body)
        after = revise_record(before, caller.client, content)
        with kind.context.store.writing(_turn(kind, after)) as rows:
            after = kind.complete(rows, after, content)
            after = transitions.begin_update(after, kind.busy_reads)
            refers_to = None
            if kind.view.links:
                refers_to = kind.refers_to(after.document)
            if not rows.replace(
                kind.view.table, after, etag=before.etag, refers_to=refers_to
            ):
                raise etag_conflict(kind, id)
        _warn(req, kind, after, content)
        resp.media = reference(after)

    def on_delete(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Delete the object unless others need it."""
        parameters(req, ())
        kind, caller = self._kind, caller_of(req)
        with kind.context.store.writing(caller.scope) as rows:
            record = require_record(kind, rows, caller.scope, id)
            transitions.check_idle(kind.type, record, transitions.DELETE)
            kind.check_deletable(rows, record)
            if kind.busy_reads:
                content = Content(document=record.document, secrets=record.secrets)
                after = transitions.begin_delete(
                    revise_record(record, caller.client, content), kind.busy_reads
                )
                rows.replace(kind.view.table, after, etag=record.etag)
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
        operation = _read_operation(kind, req, caller)
        with kind.context.store.writing(caller.scope) as rows:
            before = require_record(kind, rows, caller.scope, id)
            if req.get_header("if-match"):
                check_etag(kind, before, req)
            transitions.check_idle(kind.type, before, transitions.ACT)
            after = kind.act(rows, before, operation)
            if after.state != before.state:
                after = transitions.begin_state_change(after, kind.busy_reads)
            if after.id != before.id:
                rows.add(kind.view.table, after, kind.refers_to(after.document))
            elif not rows.replace(kind.view.table, after, etag=before.etag):
                raise etag_conflict(kind, id)
        resp.media = reference(after)


def answer_list(
    kind: ResourceKind, scope: Scope, wanted: paging.Listing, path: str = ""
) -> bytes:
    """Return the body of a list answer as JSON; its link goes on at the collection, or at `path`."""
    store, view = kind.context.store, kind.view
    if wanted.count:
        matching = listing.count(store, view, scope, wanted, kind.render)
        return listing.write_json({"count": matching})
    page = listing.page(store, view, scope, wanted, kind.render)
    links = {}
    if page.token:
        next_page = f"/{path or kind.type}?continuationToken={page.token}"
        links["next"] = {"href": next_page}
    return listing.write_list(page.items, _links=links)


def read_for_change(kind: ResourceKind, req: falcon.Request, id: str) -> Record:
    """Return the row that a write with a mandatory ``If-Match`` is about. Raises `FlowError`."""
    if not req.get_header("if-match"):
        raise FlowError(
            "FLOW-1403-400", "the header If-Match is missing", id=id, type=kind.type
        )
    record = read_record(kind, caller_of(req).scope, id)
    check_etag(kind, record, req)
    return record


def check_etag(kind: ResourceKind, record: Record, req: falcon.Request) -> None:
    """Refuse a write whose ``If-Match`` is not the row's etag. Raises `FlowError`."""
    sent = req.get_header("if-match") or ""
    if not etags.matches(
        sent,
        record.etag,
        quotes_required=kind.context.settings.strictness.require_if_match_quotes,
    ):
        raise etag_conflict(kind, record.id)


def etag_conflict(kind: ResourceKind, id: str) -> FlowError:
    """Return the refusal for somebody who has not seen the last change of a row."""
    return FlowError(
        "FLOW-1404-412",
        "If-Match is not the current etag: read the resource again",
        id=id,
        type=kind.type,
    )


def _warn(
    req: falcon.Request, kind: ResourceKind, record: Record, content: Content
) -> None:
    """Tell the caller and the log what was done other than asked, or will not be done for long."""
    if content.warning:
        log.warning("%s %s: %s", kind.type, record.id, content.warning)
        warn(req, content.warning)


def _asks_for_draft(req: falcon.Request) -> bool:
    modes = parameters(req, ("mode",)).get("mode", [])
    for mode in modes:
        if mode.lower() != "draft":
            raise FlowError("FLOW-1452-400", "mode takes one value: draft")
    return bool(modes)


def _build_record(kind: ResourceKind, creation: Creation, content: Content) -> Record:
    spec = content.document.get(kind.view.spec) or {}
    return build_record(
        creation.id,
        creation.caller.scope,
        creation.caller.client,
        content,
        spec_id=str(spec.get("id", "")),
        state=kind.first_state(creation),
    )


def _turn(kind: ResourceKind, record: Record) -> Scope | None:
    """Return whose writers must take turns: those of the sandbox, where a row depends on others; else nobody's."""
    if kind.view.links:
        return record.scope
    return None


def _advance(kind: ResourceKind, record: Record) -> Record:
    """Return a busy row as this read sees it, and let the next see it closer to its state. Raises `FlowError`."""
    with kind.context.store.writing(record.scope) as rows:
        before = require_record(kind, rows, record.scope, record.id)
        if not transitions.is_busy(before):
            return before
        after = transitions.advance(before, kind.busy_reads)
        if after.state:
            rows.replace(kind.view.table, after, etag=before.etag)
            return after
        _remove(kind, rows, before)
    raise not_found(record.id, kind.type)


def _remove(kind: ResourceKind, rows: Rows, record: Record) -> None:
    kind.remove_dependents(rows, record)
    rows.remove(kind.view.table, record.scope, record.id)


def _read_operation(
    kind: ResourceKind, req: falcon.Request, caller: Caller
) -> Operation:
    query = parameters(req, ("op", "subOp"))
    names = [_normalize_word(name) for name in query.get("op", [])]
    if len(names) != 1 or not names[0]:
        raise FlowError(
            "FLOW-1434-400", "the query parameter op must name one operation"
        )
    sub_operations = [
        _normalize_word(word) for word in ",".join(query.get("subOp", [])).split(",")
    ]
    body = optional_object(req, kind.context.settings)
    return Operation(
        name=names[0],
        sub_operations=tuple(filter(None, sub_operations)),
        status=body,
        caller=caller,
        strict=kind.context.settings.strictness.refuse_sub_operations,
    )


def _normalize_word(word: str) -> str:
    """Return an operation's name in one spelling: ``RE_TRIGGER``, ``reTrigger`` and ``re-trigger`` are the same."""
    word = word.strip()
    if not word.isupper():
        word = _CAPITAL.sub(r"-\g<0>", word)
    return word.replace("_", "-").replace("--", "-").strip("-").lower()
