"""What a list request asks for, and the continuation token that carries it from page to page.

The token holds filters, order, page size and position, so that it works alone as well as beside the parameters of the
first request. It says nothing about the organization or the sandbox: those come from the headers of each request.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.listing import filters, ordering, page_tokens
from headwater_local_flow_service.listing.filters import (
    LARGEST_FILTERS_OF_TOKEN,
    Filters,
)
from headwater_local_flow_service.listing.ordering import NEWEST, Key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headwater_local_flow_service.listing.views import View

PARAMETERS = frozenset({"property", "limit", "orderby", "continuationToken", "count"})
LARGEST_PAGE = 100  # items; a larger limit is clamped
LARGEST_SEARCH_PAGE = 1000  # items, where a search asks

NO_FILTERS = Filters()

_VERSION = 1
_TYPES: Mapping[str, type] = {"f": list, "o": str, "n": int, "p": list}  # of a token
_DIGITS = re.compile(r"[0-9]{1,9}")


@attrs.frozen(kw_only=True)
class Listing:
    """One list request: `position` is that of the last item already delivered, empty at the start."""

    filters: Filters = NO_FILTERS
    order: tuple[Key, ...] = NEWEST
    limit: int = LARGEST_PAGE
    count: bool = False
    position: tuple[str | int, ...] = ()

    def token(self, position: Sequence[str | int]) -> str:
        """Return the token that continues behind a position."""
        expressions = [str(condition) for condition in self.filters.conditions]
        if self.filters.projection:
            expressions.append(",".join(self.filters.projection))
        facts = {
            "v": _VERSION,
            "f": expressions,
            "o": ",".join(map(str, self.order)),
            "n": self.limit,
            "p": list(position),
        }
        return page_tokens.encode(facts)


def parse(parameters: Mapping[str, list[str]], view: View) -> Listing:
    """Read the query parameters of a list request. Raises `FlowError` with the code for what is wrong."""
    count = _count(_last(parameters, "count"))
    limit = _limit(_last(parameters, "limit"))
    if count and limit is not None:
        raise FlowError("FLOW-1401-400", "limit and count exclude each other")
    token = _last(parameters, "continuationToken")
    if token:
        return resume(token, view, limit=limit, count=count, largest=LARGEST_PAGE)
    order = _last(parameters, "orderby")
    return Listing(
        filters=filters.parse(parameters.get("property", [])),
        order=NEWEST if order is None else ordering.parse(order, view),
        limit=limit or LARGEST_PAGE,
        count=count,
    )


def _last(parameters: Mapping[str, list[str]], name: str) -> str | None:
    values = parameters.get(name)
    return values[-1] if values else None


def _count(text: str | None) -> bool:
    if text is None:
        return False
    if text.lower() not in ("true", "false"):
        raise FlowError("FLOW-1452-400", "count must be true or false")
    return text.lower() == "true"


def _limit(text: str | None) -> int | None:
    if text is None:
        return None
    if not _DIGITS.fullmatch(text) or int(text) == 0:
        raise FlowError("FLOW-1452-400", "limit must be a positive number")
    return min(int(text), LARGEST_PAGE)


def resume(
    token: str, view: View, *, limit: int | None, count: bool, largest: int
) -> Listing:
    """Return the listing that a token continues, with the page size asked for now. Raises `FlowError`."""
    listing = _read_token(token, view)
    size = min(limit or listing.limit, largest)
    return attrs.evolve(listing, count=count, limit=size)


def _read_token(token: str, view: View) -> Listing:
    facts = page_tokens.decode(token)
    if not _is_ours(facts):
        raise _unusable()
    order, position = ordering.parse(facts["o"], view), facts["p"]
    if not ordering.fits(position, view, order):
        raise _unusable()
    return Listing(
        filters=filters.parse(facts["f"], largest=LARGEST_FILTERS_OF_TOKEN),
        order=order,
        limit=facts["n"],
        position=tuple(position),
    )


def _is_ours(facts: Any) -> bool:
    """Say whether what a token holds has the form that `Listing.token` gives it."""
    if not isinstance(facts, dict) or facts.get("v") != _VERSION:
        return False
    for name, type_ in _TYPES.items():
        if not isinstance(facts.get(name), type_):
            return False
    if not all(isinstance(text, str) for text in facts["f"]):
        return False
    limit: int = facts["n"]
    return 0 < limit <= LARGEST_SEARCH_PAGE


def _unusable() -> FlowError:
    return FlowError(
        "FLOW-1452-400", "continuationToken is not one this service has issued"
    )
