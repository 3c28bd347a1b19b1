"""``/<type>/search``: what a list asks for in its query, asked for in a body.

The rules: docs/flow-service-operations.md#searches.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

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
    from headwater_local_flow_service.listing.ordering import Key
    from headwater_local_flow_service.settings import Settings


# What stands in quotes, the closing one of which may be missing at the end, and what is neither a quote nor ``&``.
_PART: Final = re.compile(r'(?:"[^"]*+"?+|[^&"]++)++')


@attrs.frozen(kw_only=True)
class SearchRequest:
    """The body of a search, its fields checked one by one; what is missing asks for nothing."""

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
        tokens = parameters(req, ("continuationToken",)).get("continuationToken", [""])
        request = read_search(req, kind.context.settings)
        resp.data = handlers.answer_list(
            kind,
            caller_of(req).scope,
            _build_listing(request, tokens[-1], kind),
            path=f"{kind.type}/search",
        )


def read_search(req: falcon.Request, settings: Settings) -> SearchRequest:
    """Read the body of a search; every field may be missing. Raises `FlowError`."""
    body = json_body(req, settings)
    if not isinstance(body, dict):
        raise FlowError("CONNECTOR-1000-400", "the body must be a JSON object")
    request = SearchRequest(
        filters=_read_filters(body),
        orderby=_read_string(body, "orderby") or None,
        limit=_read_limit(body),
        count=_read_count(body),
        group_by=_read_string(body, "groupByProperty") or None,
    )
    if request.count and request.limit is not None:
        raise FlowError("FLOW-1401-400", "limit and count exclude each other")
    return request


def split_query(query: str) -> list[str]:
    """Split a ``queryString`` into its filters: ``&`` stands between them, but not inside quotes."""
    expressions = []
    for part in _PART.findall(query):
        if part.strip():
            expressions.append(part.strip().removeprefix("property="))
    return expressions


def _build_listing(request: SearchRequest, token: str, kind: ResourceKind) -> Listing:
    if token:
        return paging.resume(
            token,
            kind.view,
            limit=request.limit,
            count=request.count,
            largest=LARGEST_SEARCH_PAGE,
        )
    order: tuple[Key, ...] = NEWEST
    if request.orderby is not None:
        order = ordering.parse(request.orderby, kind.view)
    return Listing(
        filters=request.filters,
        order=order,
        limit=request.limit or paging.LARGEST_PAGE,
        count=request.count,
    )


def _read_filters(body: dict[str, Any]) -> Filters:
    query = _read_string(body, "queryString") or ""
    names = _read_projection(body)
    filters.check_size([query, *names])
    projection = filters.parse(names)
    if projection.conditions:
        raise FlowError("FLOW-1449-400", "projectionFields must hold names of fields")
    conditions = filters.parse(split_query(query))
    fields = (*conditions.projection, *projection.projection)
    return attrs.evolve(conditions, projection=tuple(dict.fromkeys(fields)))


def _read_projection(body: dict[str, Any]) -> list[str]:
    """Return ``projectionFields`` as a filter has them: an array of names means the same as names with commas."""
    fields = body.get("projectionFields")
    if fields in (None, "", []):
        return []
    names = fields if isinstance(fields, list) else [fields]
    if not all(isinstance(name, str) for name in names):
        raise _type_error("projectionFields", "a string of fields separated by commas")
    return [",".join(names)]


def _read_limit(body: dict[str, Any]) -> int | None:
    limit = body.get("limit")
    if limit is None:
        return None
    if type(limit) is not int:
        raise _type_error("limit", "a number")
    if limit < 1:
        raise FlowError("FLOW-1452-400", "limit must be a positive number")
    return min(limit, LARGEST_SEARCH_PAGE)


def _read_count(body: dict[str, Any]) -> bool:
    count = body.get("count")
    if count is None:
        return False
    if not isinstance(count, bool):
        raise _type_error("count", "true or false")
    return count


def _read_string(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise _type_error(name, "a string")
    return value


def _type_error(name: str, expected: str) -> FlowError:
    return FlowError("FLOW-1454-400", f"{name} must be {expected}")
