"""Pages of the Schema Registry: ``start`` names a place between rows, so that it stays valid while others write."""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.listing import ordering, page_tokens
from headwater_local_flow_service.listing.ordering import Key
from headwater_local_flow_service.listing.views import View
from headwater_local_flow_service.neighbours import asked
from headwater_local_flow_service.neighbours.refusals import invalid
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.store.store import Record, Rows, Scope

PARAMETERS = ("start", "limit", "orderby")
LARGEST_PAGE = 300  # items; a larger limit is clamped

_VIEW = View(table=tables.schemas, spec="kind")
_FIELDS = {"title": "name", "created": "createdAt", "updated": "updatedAt"}


@attrs.frozen
class Wanted:
    """One list request; `position` is that of the last item already delivered, empty at the start."""

    orderby: str
    limit: int
    position: tuple[Any, ...]

    @property
    def order(self) -> tuple[Key, ...]:
        """What to sort by."""
        return (_key(self.orderby),)


def parse(given: Mapping[str, str]) -> Wanted:
    """Read the query of a list. Raises `NeighbourError`."""
    orderby = given.get("orderby", "-updated").strip()
    if (
        orderby.lstrip("+-") not in _FIELDS
        or len(orderby) - len(orderby.lstrip("+-")) > 1
    ):
        raise invalid(f"orderby is one of {', '.join(_FIELDS)}, with + or - before it")
    limit = asked.number(given, "limit", LARGEST_PAGE, least=1, most=LARGEST_PAGE)
    position = _position(given["start"]) if "start" in given else ()
    if position and not ordering.fits(position, _VIEW, (_key(orderby),)):
        raise _unusable()
    return Wanted(orderby, limit, tuple(position))


def read(
    rows: Rows, scope: Scope, kind: str, wanted: Wanted
) -> tuple[list[Record], str | None]:
    """Return the rows of a page, and the ``start`` of the next one, or None at the end."""
    behind = (
        [ordering.after(_VIEW, wanted.order, wanted.position)]
        if wanted.position
        else []
    )
    where = [tables.schemas.c.spec_id == kind, *behind]
    found = rows.select(
        tables.schemas,
        scope,
        where,
        ordering.clauses(_VIEW, wanted.order),
        limit=wanted.limit + 1,
    )
    page = found[: wanted.limit]
    more = len(found) > wanted.limit
    return page, page_tokens.encode(
        ordering.position(page[-1], _VIEW, wanted.order)
    ) if more else None


def links(path: str, wanted: Wanted, following: str | None) -> dict[str, Any]:
    """Return the link to the next page, if there is one."""
    if following is None:
        return {}
    query = urllib.parse.urlencode(
        {"orderby": wanted.orderby, "limit": wanted.limit, "start": following}
    )
    return {"next": {"href": f"{path}?{query}"}}


def _key(orderby: str) -> Key:
    return Key(_FIELDS[orderby.lstrip("+-")], descending=orderby.startswith("-"))


def _position(token: str) -> list[Any]:
    position = page_tokens.decode(token)
    if not isinstance(position, list) or not position:
        raise _unusable()
    return position


def _unusable() -> Exception:
    return invalid("start is not one this service has issued")
