"""The requests that reach specifications: listed all at once, and stored for the caller's organization."""

from __future__ import annotations

import abc
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import falcon

from headwater_local_flow_service.errors import FlowError, not_found
from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.gateway.incoming import json_object, parameters
from headwater_local_flow_service.kernel import bodies, handlers, lifecycle
from headwater_local_flow_service.kernel.kind import Content
from headwater_local_flow_service.kernel.search import read_search
from headwater_local_flow_service.listing import filters, listing, ordering
from headwater_local_flow_service.specs import stored_specs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Table

    from headwater_local_flow_service.gateway.gateway import Caller
    from headwater_local_flow_service.kernel.service_context import ServiceContext
    from headwater_local_flow_service.listing.filters import Filters
    from headwater_local_flow_service.listing.ordering import Key
    from headwater_local_flow_service.store.store import Record, Rows, Scope

SORTABLE = ("id", "name", "providerId", "version")

# A specification's version is the caller's to say, as nothing else is named like it.
_READ_ONLY = bodies.READ_ONLY - {"version"}


class Specs(abc.ABC):
    """One sort of specifications: those that come with the service, and those of an organization."""

    type: ClassVar[str]
    table: ClassVar[Table]

    def __init__(self, context: ServiceContext) -> None:
        self.context = context

    @abc.abstractmethod
    def list_built_in(self, rows: Rows, scope: Scope) -> list[dict[str, Any]]:
        """Return the specifications that come with the service."""

    @abc.abstractmethod
    def find_built_in(self, rows: Rows, scope: Scope, id: str) -> dict[str, Any] | None:
        """Return a specification that comes with the service, or None; builds no other."""

    @abc.abstractmethod
    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return a specification fit to be stored. Raises `FlowError` with the code for what is wrong."""

    def check_filters(self, wanted: Filters) -> None:  # noqa: B027 - any field will do
        """Refuse filters this sort of specification does not know."""

    def hint(self, id: str) -> str:  # noqa: ARG002
        """Say which known id an unknown one resembles, or nothing."""
        return ""

    def list_all(self, rows: Rows, scope: Scope) -> Iterator[dict[str, Any]]:
        """Yield everything a caller of this scope sees; few of the stored ones are in memory at once."""
        yield from self.list_built_in(rows, scope)
        yield from stored_specs.list_stored(rows, self.table, scope)

    def require(self, rows: Rows, scope: Scope, id: str) -> dict[str, Any]:
        """Return one specification. Raises `FlowError` where there is none."""
        built_in = self.find_built_in(rows, scope, id)
        if built_in is not None:
            return built_in
        return stored_specs.render(self.require_record(rows, scope, id))

    def require_record(self, rows: Rows, scope: Scope, id: str) -> Record:
        """Return the row of an organization's specification. Raises `FlowError` where there is none."""
        record = stored_specs.find_record(rows, self.table, scope, id)
        if record is not None:
            return record
        refusal = not_found(id, self.type)
        raise FlowError(
            refusal.code, refusal.text + self.hint(id), id=id, type=self.type
        )


class SpecCollection:
    """``/connectionSpecs`` and ``/flowSpecs``."""

    def __init__(self, specs: Specs) -> None:
        self._specs = specs

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return the specifications that the filters let through."""
        specs = self._specs
        wanted = filters.parse(parameters(req, ("property",)).get("property", []))
        specs.check_filters(wanted)
        items = [match.text for match in _list_matching(specs, caller_of(req), wanted)]
        resp.data = listing.write_list(items)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Store a specification for the organization, and answer with it."""
        parameters(req, ())
        specs, caller = self._specs, caller_of(req)
        _check_allowed(specs.context)
        body = json_object(req, specs.context.settings)
        record = _build_record(specs.validate(normalize(body)), caller)
        with (
            specs.context.store.writing(record.scope) as rows,
            stored_specs.bounded(rows, specs.table, caller.scope),
        ):
            rows.add(specs.table, record)
        resp.status = falcon.HTTP_201
        resp.location = f"{handlers.BASE}/{specs.type}/{record.id}"
        resp.media = stored_specs.render(record)


class SpecItem:
    """``/connectionSpecs/{id}`` and ``/flowSpecs/{id}``."""

    def __init__(self, specs: Specs) -> None:
        self._specs = specs

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Return one specification in a list of one."""
        parameters(req, ())
        with self._specs.context.store.reading() as rows:
            spec = self._specs.require(rows, caller_of(req).scope, id)
        resp.media = {"items": [spec]}

    def on_put(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Put another specification in the place of a stored one, and answer with it."""
        parameters(req, ())
        specs, caller = self._specs, caller_of(req)
        _check_allowed(specs.context)
        body = json_object(req, specs.context.settings)
        with specs.context.store.writing(stored_specs.scope_of(caller.scope)) as rows:
            if specs.find_built_in(rows, caller.scope, id) is not None:
                text = (
                    "this specification comes with the service and cannot be replaced"
                )
                raise FlowError("FLOW-1426-400", text, id=id, type=specs.type)
            before = specs.require_record(rows, caller.scope, id)
            content = Content(document=specs.validate(normalize(body)))
            record = lifecycle.revise_record(before, caller.client, content)
            with stored_specs.bounded(rows, specs.table, caller.scope):
                rows.replace(specs.table, record, etag=before.etag)
        resp.media = stored_specs.render(record)


class SpecSearch:
    """``/flowSpecs/search``: all that matches, at once."""

    def __init__(self, specs: Specs) -> None:
        self._specs = specs

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return what matches, sorted and grouped; without a limit all of it."""
        parameters(req, ())
        specs = self._specs
        wanted = read_search(req, specs.context.settings)
        specs.check_filters(wanted.filters)
        order = _read_order(wanted.orderby)
        names = {key.field for key in order} | {wanted.group_by}
        matching = _list_matching(specs, caller_of(req), wanted.filters, names)
        if wanted.count:
            resp.media = {"count": len(matching)}
            return
        for key in reversed(order):
            matching = _sort(matching, key)
        if wanted.group_by is not None:
            matching = _group(matching, wanted.group_by)
        resp.data = listing.write_list(match.text for match in matching[: wanted.limit])


@attrs.frozen
class _Match:
    """A specification that the filters let through: its JSON, and the fields that it is sorted and grouped by."""

    text: bytes = attrs.field(repr=False)
    fields: dict[str, str] = attrs.field(repr=False)


def _list_matching(
    specs: Specs, caller: Caller, wanted: Filters, names: Collection[str | None] = ()
) -> list[_Match]:
    """Return what the filters let through, as JSON: there may be many, and Python's objects take far more room."""
    matching = []
    with specs.context.store.reading() as rows:
        for spec in specs.list_all(rows, caller.scope):
            if wanted.matches(spec):
                fields = {name: _describe(spec, name) for name in names if name}
                text = listing.write_json(wanted.project(spec))
                matching.append(_Match(text, fields))
            # Or one would stay in memory while the next one is read.
            del spec
    return matching


def _describe(spec: dict[str, Any], name: str) -> str:
    """Return a field as it is sorted and grouped by; two values of different types are never the same."""
    value = spec.get(name, "")
    return value if isinstance(value, str) else repr(value)


def _read_order(orderby: str | None) -> tuple[Key, ...]:
    return () if orderby is None else ordering.keys(orderby, SORTABLE)


def normalize(body: dict[str, Any]) -> dict[str, Any]:
    """Return what of a body is the caller's to say; null says nothing, and no reader expects it."""
    given = bodies.drop_fields(body, _READ_ONLY)
    return {"version": "1.0"} | bodies.normalize(given, *given)


def _check_allowed(context: ServiceContext) -> None:
    if context.settings.strictness.refuse_spec_writes:
        raise FlowError(
            "FLOW-1426-400", "users may not create or change specifications"
        )


def _build_record(document: dict[str, Any], caller: Caller) -> Record:
    return lifecycle.build_record(
        str(uuid.uuid4()),
        stored_specs.scope_of(caller.scope),
        caller.client,
        Content(document=document),
    )


def _sort(matching: list[_Match], key: Key) -> list[_Match]:
    return sorted(
        matching, key=lambda match: match.fields[key.field], reverse=key.descending
    )


def _group(matching: list[_Match], property: str) -> list[_Match]:
    """Put items of the same value beside each other, in the order in which the values first come."""
    places: dict[str, int] = {}
    for match in matching:
        places.setdefault(match.fields[property], len(places))
    return sorted(matching, key=lambda match: places[match.fields[property]])
