"""``/<type>/search``: what a list asks for in its query, asked for in a body.

The rules: docs/flow-service-operations.md#searches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.gateway.gateway import caller_of
from headwater_local_flow_service.gateway.incoming import json_body, parameters
from headwater_local_flow_service.kernel import handlers
from headwater_local_flow_service.listing import filters, ordering, paging
from headwater_local_flow_service.listing.ordering import NEWEST
from headwater_local_flow_service.listing.paging import LARGEST_SEARCH_PAGE, Listing

if TYPE_CHECKING:
    import falcon

    from headwater_local_flow_service.kernel.kind import ResourceKind
    from headwater_local_flow_service.listing.filters import Filters
    from headwater_local_flow_service.settings import Settings


@attrs.frozen(kw_only=True)
class Sought:
    """The body of a search, its fields checked one by one."""

    filters: Filters
    orderby: str | None
    limit: int | None
    count: bool
    group_by: str | None


class Search:
    """``/<type>/search``: one page of what matches; its link goes on at the same path, or at the list's."""

    def __init__(self, kind: ResourceKind) -> None:
        self._kind = kind

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return one page, or the number of matching items."""
        kind = self._kind
        token = parameters(req, ("continuationToken",)).get("continuationToken", [""])[
            -1
        ]
        wanted = _listing(sought(req, kind.context.settings), token, kind)
        resp.media = handlers.listed(
            kind, caller_of(req).scope, wanted, path=f"{kind.type}/search"
        )


def sought(req: falcon.Request, settings: Settings) -> Sought:
    """Read the body of a search; every field may be missing. Raises `FlowError`."""
    body = json_body(req, settings)
    if not isinstance(body, dict):
        raise FlowError("CONNECTOR-1000-400", "the body must be a JSON object")
    found = Sought(
        filters=_filters(
            _text(body, "queryString") or "", body.get("projectionFields")
        ),
        orderby=_text(body, "orderby") or None,
        limit=_limit(body.get("limit")),
        count=_count(body.get("count")),
        group_by=_text(body, "groupByProperty") or None,
    )
    if found.count and found.limit is not None:
        raise FlowError("FLOW-1401-400", "limit and count exclude each other")
    return found


def expressions(query: str) -> list[str]:
    """Part a ``queryString`` into its filters: ``&`` stands between them, but not inside quotes."""
    parts, quoted, start = [], False, 0
    for place, letter in enumerate(query):
        quoted = quoted != (letter == '"')
        if letter == "&" and not quoted:
            parts.append(query[start:place])
            start = place + 1
    parts.append(query[start:])
    return [part.strip().removeprefix("property=") for part in parts if part.strip()]


def _listing(sought: Sought, token: str, kind: ResourceKind) -> Listing:
    if token:
        return paging.resumed(
            token,
            kind.view,
            limit=sought.limit,
            count=sought.count,
            largest=LARGEST_SEARCH_PAGE,
        )
    return Listing(
        filters=sought.filters,
        order=ordering.parse(sought.orderby, kind.view)
        if sought.orderby is not None
        else NEWEST,
        limit=sought.limit or paging.LARGEST_PAGE,
        count=sought.count,
    )


def _filters(query: str, projection: Any) -> Filters:
    if isinstance(projection, list) and all(
        isinstance(name, str) for name in projection
    ):
        projection = ",".join(projection)
    if projection is not None and not isinstance(projection, str):
        raise _wrong("projectionFields", "a text of fields with commas between")
    fields = filters.parse([projection] if projection else [])
    if fields.conditions:
        raise FlowError("FLOW-1449-400", "projectionFields names fields only")
    found = filters.parse(expressions(query))
    return attrs.evolve(
        found, projection=tuple(dict.fromkeys((*found.projection, *fields.projection)))
    )


def _limit(given: Any) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int):
        raise _wrong("limit", "a number")
    if given < 1:
        raise FlowError("FLOW-1452-400", "limit is a positive number")
    return min(given, LARGEST_SEARCH_PAGE)


def _count(given: Any) -> bool:
    if given is not None and not isinstance(given, bool):
        raise _wrong("count", "true or false")
    return bool(given)


def _text(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise _wrong(name, "a text")
    return value


def _wrong(name: str, what: str) -> FlowError:
    return FlowError("FLOW-1454-400", f"{name} is {what}")
