"""Specifications: the tenant's own catalogue of sources, and of the ways data can flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from headwater.flowservice.exploration import Explorable
from headwater.flowservice.models import FlowSpec, RemoteSpec, flow_spec, remote_spec
from headwater.flowservice.paging import check_page_number, items_of
from headwater.flowservice.resource import Resource
from headwater.http.json_body import get_member

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterator, Mapping, Sequence

    from headwater.flowservice.answer import Answer
    from headwater.flowservice.models import JsonObject
    from headwater.flowservice.transport import Transport


T = TypeVar("T")


class _Specs(Resource[T]):
    """Specifications are listed all at once, and written by providers only (the platform refuses user tokens)."""

    def list(self, property: Sequence[str] = ()) -> builtins.list[T]:
        """Return all specifications that match every filter, such as ``name==google-big-query``."""
        return [*self._items(property)]

    def create(self, payload: Mapping[str, Any]) -> T:
        """Create a specification and return it; the request is sent once."""
        answer = self._transport.request("POST", self._path, payload=payload)
        return self._read(self._require_object(answer, answer.json()))

    def replace(self, id: str, payload: Mapping[str, Any]) -> T:
        """Put another specification in the place of this one, and return it."""
        answer = self._transport.request("PUT", self._path_of(id), payload=payload)
        return self._read(self._require_object(answer, answer.json()))


class ConnectionSpecs(_Specs[RemoteSpec], Explorable[RemoteSpec]):
    """``/connectionSpecs``: the same in every sandbox; `explore` looks into a source that needs no base connection."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "connectionSpecs", remote_spec)

    def configs(
        self, id: str, *, output_type: str = "", output_field: str = "", page: int = 20
    ) -> Iterator[JsonObject]:
        """Yield what a specification can be configured with; `page`, 1 to 100, is how many are asked for at once."""
        parameters: dict[str, Any] = {"limit": page}
        if output_type:
            parameters["outputType"] = output_type
        if output_field:
            parameters["outputField"] = output_field
        start = 0
        number = 1
        has_more = True
        while has_more:
            answer = self._transport.request(
                "GET",
                self._path_of(id, "/configs"),
                query=urlencode({**parameters, "start": start}),
            )
            items, has_more = _read_page(answer)
            yield from items
            start += len(items)
            number += has_more
            check_page_number(answer, number)


class FlowSpecs(_Specs[FlowSpec]):
    """``/flowSpecs``: which sources and targets a dataflow may join, and how."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "flowSpecs", flow_spec)

    def search(self, query: str = "") -> builtins.list[FlowSpec]:
        """Return the specifications that match a search, filters as in `list` joined with ``&``."""
        answer = self._transport.request(
            "POST",
            f"{self._path}/search",
            payload={"queryString": query},
            changes=False,
        )
        return [self._read(item) for item in items_of(answer, answer.json())]


def _read_page(answer: Answer) -> tuple[list[JsonObject], bool]:
    """Return a page's items and whether more follow; paged by position, unlike everything else."""
    body = answer.json()
    items = get_member(body, "items")
    if not isinstance(items, list):
        raise answer.unreadable("its body is not a list of items")
    has_next = get_member(body.get("pageInfo"), "hasNext")
    return items, bool(items) and has_next is True
