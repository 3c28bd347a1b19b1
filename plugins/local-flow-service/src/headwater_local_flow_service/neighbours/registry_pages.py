"""Pages of the Schema Registry: ``start`` names a place between rows, so that it stays valid while others write."""

from __future__ import annotations

import re
import urllib.parse
from typing import TYPE_CHECKING, Any

import attrs

from headwater_local_flow_service.listing import ordering, page_tokens
from headwater_local_flow_service.listing.ordering import Key
from headwater_local_flow_service.listing.views import View
from headwater_local_flow_service.neighbours import asked, records
from headwater_local_flow_service.neighbours.refusals import invalid
from headwater_local_flow_service.store import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater_local_flow_service.store.store import Record, Rows, Scope

PARAMETERS = ("start", "limit", "orderby")
LARGEST_PAGE = 300  # items; a larger limit is clamped

_VIEW = View(table=tables.schemas, spec="kind")
_FIELDS = {"title": "name", "created": "createdAt", "updated": "updatedAt"}
_ORDERBY = re.compile(f"[+-]?(?:{'|'.join(_FIELDS)})")


@attrs.frozen
class Wanted:
    """One list request; `position` is that of the last item already delivered, empty at the start."""

    orderby: str
    limit: int
    position: tuple[Any, ...]

    @property
    def order(self) -> tuple[Key, ...]:
        """What to sort by."""
        field = _FIELDS[self.orderby.lstrip("+-")]
        return (Key(field, descending=self.orderby.startswith("-")),)


def parse(given: Mapping[str, str]) -> Wanted:
    """Read the query of a list. Raises `NeighbourError`."""
    orderby = given.get("orderby", "-updated").strip()
    if not _ORDERBY.fullmatch(orderby):
        raise invalid(
            f"orderby must be one of {', '.join(_FIELDS)}, with + or - before it"
        )
    limit = asked.number(given, "limit", LARGEST_PAGE, least=1, most=LARGEST_PAGE)
    first_page = Wanted(orderby, limit, position=())
    if "start" not in given:
        return first_page
    position = page_tokens.decode(given["start"])
    if not isinstance(position, list) or not position:
        raise _unusable()
    if not ordering.fits(position, _VIEW, first_page.order):
        raise _unusable()
    return attrs.evolve(first_page, position=tuple(position))


def read(
    rows: Rows, scope: Scope, kind: str, wanted: Wanted
) -> tuple[list[Record], str | None]:
    """Return the rows of a page, and the ``start`` of the next one, or None at the end."""
    where = [tables.schemas.c.spec_id == kind]
    if wanted.position:
        where.append(ordering.after(_VIEW, wanted.order, wanted.position))
    order = ordering.clauses(_VIEW, wanted.order)
    found = rows.stream(tables.schemas, scope, where, order, limit=wanted.limit + 1)
    page: list[Record] = []
    size = 0
    for record, length in found:
        if page and (
            len(page) == wanted.limit or size + length > records.LARGEST_PAGE_SIZE
        ):
            end = ordering.position(page[-1], _VIEW, wanted.order)
            return page, page_tokens.encode(end)
        page.append(record)
        size += length
    return page, None


def links(path: str, wanted: Wanted, following: str | None) -> dict[str, Any]:
    """Return the link to the next page, if there is one."""
    if following is None:
        return {}
    query = urllib.parse.urlencode(
        {"orderby": wanted.orderby, "limit": wanted.limit, "start": following}
    )
    return {"next": {"href": f"{path}?{query}"}}


def _unusable() -> Exception:
    return invalid("start is not one this service has issued")
