"""What a list request asks for, and the continuation token that carries it from page to page.

The token holds filters, order, page size and position, so that it works alone as well as beside the parameters of the
first request. It says nothing about the organization or the sandbox: those come from the headers of each request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from headwater_local_flow_service.errors import FlowError
from headwater_local_flow_service.listing import filters, ordering, page_tokens
from headwater_local_flow_service.listing.filters import Filters
from headwater_local_flow_service.listing.ordering import NEWEST, Key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headwater_local_flow_service.listing.views import View

PARAMETERS = frozenset({"property", "limit", "orderby", "continuationToken", "count"})
LARGEST_PAGE = 100  # items; a larger limit is clamped
LARGEST_SEARCH_PAGE = 1000  # items, where a search asks
LARGEST_SCAN_PAGE = 500  # rows read at once where a filter has to look into them

NO_FILTERS = Filters()

_VERSION = 1


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
        facts = {
            "v": _VERSION,
            "f": [
                *map(str, self.filters.conditions),
                *filter(None, [",".join(self.filters.projection)]),
            ],
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
        return resumed(token, view, limit=limit, count=count, largest=LARGEST_PAGE)
    order = _last(parameters, "orderby")
    return Listing(
        filters=filters.parse(parameters.get("property", [])),
        order=ordering.parse(order, view) if order is not None else NEWEST,
        limit=limit or LARGEST_PAGE,
        count=count,
    )


def _last(parameters: Mapping[str, list[str]], name: str) -> str | None:
    given = parameters.get(name)
    return given[-1] if given else None


def _count(text: str | None) -> bool:
    if text is None or text.lower() in ("true", "false"):
        return text is not None and text.lower() == "true"
    raise FlowError("FLOW-1452-400", "count is true or false")


def _limit(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) > 0):
        raise FlowError("FLOW-1452-400", "limit is a positive number")
    return min(int(text), LARGEST_PAGE)


def resumed(
    token: str, view: View, *, limit: int | None, count: bool, largest: int
) -> Listing:
    """Return the listing that a token continues, with the page size asked for now. Raises `FlowError`."""
    listing = _resumed(token, view)
    return attrs.evolve(
        listing, count=count, limit=min(limit or listing.limit, largest)
    )


def _resumed(token: str, view: View) -> Listing:
    facts = page_tokens.decode(token)
    if not isinstance(facts, dict):
        raise _unusable()
    texts, order, limit, position = (
        facts.get("f"),
        facts.get("o"),
        facts.get("n"),
        facts.get("p"),
    )
    if (
        facts.get("v") == _VERSION
        and isinstance(texts, list)
        and all(isinstance(text, str) for text in texts)
        and isinstance(order, str)
        and isinstance(limit, int)
        and isinstance(position, list)
        and 0 < limit <= LARGEST_SEARCH_PAGE
    ):
        keys = ordering.parse(order, view)
        if ordering.fits(position, view, keys):
            return Listing(
                filters=filters.parse(texts),
                order=keys,
                limit=limit,
                position=tuple(position),
            )
    raise _unusable()


def _unusable() -> FlowError:
    return FlowError(
        "FLOW-1452-400", "continuationToken is not one this service has issued"
    )
