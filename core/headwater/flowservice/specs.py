"""Specifications: the tenant's own catalogue of sources, and of the ways data can flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import urlencode

from headwater.errors import InvalidInput
from headwater.flowservice.models import FlowSpec, RemoteSpec, flow_spec, remote_spec
from headwater.flowservice.paging import items_of
from headwater.flowservice.resource import Resource

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterator, Mapping, Sequence

    from headwater.flowservice.answers import Answer
    from headwater.flowservice.models import JsonObject
    from headwater.flowservice.transport import Transport


Found: TypeAlias = list[Any] | dict[str, Any]


def explore_query(object_type: str, object: str | None, preview: bool) -> str:
    """Return the query of an exploration. Raises `InvalidInput` where the path is missing."""
    if object is None and object_type.lower() != "root":
        raise InvalidInput(
            f"exploring a {object_type} needs object, its path in the source"
        )
    pairs = {
        "objectType": object_type,
        "object": object,
        "preview": "true" if preview else None,
    }
    return urlencode(
        {name: value for name, value in pairs.items() if value is not None}
    )


def explored(answer: Answer) -> Found:
    """Return what was found: an array for a root or folder, an object for a table or file."""
    body = answer.json()
    if not isinstance(body, (list, dict)):
        raise answer.unreadable("its body is neither a list nor an object")
    return body


T = TypeVar("T")


class _Specs(Resource[T]):
    """Specifications are listed all at once, and written by providers only (the platform refuses user tokens)."""

    def list(self, property: Sequence[str] = ()) -> builtins.list[T]:
        """Return all specifications that match every filter, such as ``name==google-big-query``."""
        return [*self._items(property)]

    def create(self, payload: Mapping[str, Any]) -> T:
        """Create a specification and return it; the request is sent once."""
        answer = self._transport.fine("POST", self._path, payload=payload)
        return self._read(self._whole(answer, answer.json()))

    def replace(self, id: str, payload: Mapping[str, Any]) -> T:
        """Put another specification in the place of this one, and return it."""
        answer = self._transport.fine("PUT", self._at(id), payload=payload)
        return self._read(self._whole(answer, answer.json()))


class ConnectionSpecs(_Specs[RemoteSpec]):
    """``/connectionSpecs``: the same in every sandbox."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "connectionSpecs", remote_spec)

    def explore(
        self,
        id: str,
        *,
        object_type: str = "root",
        object: str | None = None,
        preview: bool = False,
    ) -> Found:
        """Look into a source that needs no base connection, as `Connections.explore` does into one that does."""
        query = explore_query(object_type, object, preview)
        return explored(
            self._transport.fine("GET", self._at(id, "/explore"), query=query)
        )

    def configs(
        self, id: str, *, output_type: str = "", output_field: str = "", page: int = 20
    ) -> Iterator[JsonObject]:
        """Yield what a specification can be configured with; `page`, 1 to 100, is how many are asked for at once."""
        pairs = {
            "outputType": output_type,
            "outputField": output_field,
            "limit": str(page),
        }
        given = {name: value for name, value in pairs.items() if value}
        start, more = 0, True
        while more:
            query = urlencode({**given, "start": start})
            answer = self._transport.fine("GET", self._at(id, "/configs"), query=query)
            items, more = _page(answer)
            yield from items
            start += len(items)


class FlowSpecs(_Specs[FlowSpec]):
    """``/flowSpecs``: which sources and targets a dataflow may join, and how."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "flowSpecs", flow_spec)

    def search(self, query: str = "") -> builtins.list[FlowSpec]:
        """Return the specifications that match a search, filters as in `list` joined with ``&``."""
        answer = self._transport.fine(
            "POST",
            f"{self._path}/search",
            payload={"queryString": query},
            changes=False,
        )
        return [self._read(item) for item in items_of(answer, answer.json())]


def _page(answer: Answer) -> tuple[list[JsonObject], bool]:
    """Return a page's items and whether more follow; paged by position, unlike everything else."""
    body = answer.json()
    items = body.get("items") if isinstance(body, dict) else None
    if not isinstance(items, list):
        raise answer.unreadable("its body is no list of items")
    info = body.get("pageInfo")
    return items, bool(items) and isinstance(info, dict) and info.get("hasNext") is True
