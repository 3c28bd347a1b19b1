"""What all of Flow Service's resources have in common: they can be read, one by one and as a list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlencode

from headwater.errors import InvalidInput, NotFound
from headwater.flowservice.models import Reference, etag_of, is_item
from headwater.flowservice.paging import pages
from headwater.http.foreign_text import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from headwater.flowservice.answers import Answer
    from headwater.flowservice.models import JsonObject
    from headwater.flowservice.transport import Transport

T = TypeVar("T")

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_ETAG = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_WARNING = re.compile(r'[0-9]{3} [^ ]+ "((?:[^"\\]|\\.)*)"')


class Resource(Generic[T]):
    """A collection that can be read. `read` makes a value of one of its JSON objects and never fails."""

    def __init__(
        self, transport: Transport, collection: str, read: Callable[[JsonObject], T]
    ) -> None:
        self._transport = transport
        self._path = f"/{collection}"
        self._read = read

    def get(self, id: str) -> T:
        """Return one object. Raises `NotFound`, and what every request can raise."""
        return self._read(self._fetch(id))

    def _fetch(self, id: str) -> JsonObject:
        """Return one object as it came: the only element of ``items``, or the bare object of some documentation."""
        answer = self._transport.fine("GET", self._at(id))
        body = answer.json()
        if isinstance(body, dict) and body.get("items") == []:
            raise NotFound(
                f"GET {self._at(id)} answered {answer.status} with an empty list: there is no such object",
                method="GET",
                path=self._at(id),
                status=answer.status,
                remedy="check the id, the organization and the sandbox",
            )
        return self._whole(answer, body)

    def _whole(self, answer: Answer, body: Any) -> JsonObject:
        """Return the object of an answer, with or without an envelope around it."""
        items = body.get("items") if isinstance(body, dict) else None
        item = items[0] if isinstance(items, list) and items else body
        if not is_item(item):
            raise answer.unreadable("its body is not the object asked for")
        found: JsonObject = item
        return found

    def _items(self, filters: Sequence[str], **parameters: Any) -> Iterator[T]:
        """Yield the collection's objects, page after page, each page asked for when it is needed."""
        pairs = _pairs(filters)
        pairs += [
            (name, str(value))
            for name, value in parameters.items()
            if value is not None
        ]
        return (
            self._read(item)
            for item in pages(self._transport, self._path, urlencode(pairs))
        )

    def _at(self, id: str, below: str = "") -> str:
        """Return the path of one object; an id can hold nothing that would lead elsewhere."""
        if not isinstance(id, str) or not _ID.fullmatch(id):
            raise InvalidInput(
                "the id is none of the service's: letters, digits, - and _ only",
                remedy="copy the id from a list of the collection",
            )
        return f"{self._path}/{id}{below}"

    def _act(self, id: str, operation: str, *, etag: str = "") -> Reference:
        """Post an action; like every POST it is sent once."""
        headers = {"If-Match": checked_etag(etag)} if etag else None
        return self._reference(
            self._transport.fine(
                "POST",
                self._at(id, "/action"),
                query=f"op={operation}",
                headers=headers,
            )
        )

    def _reference(self, answer: Answer) -> Reference:
        """Read what a write answers: ``{id, etag}``, or that inside ``items``."""
        body = answer.json()
        items = body.get("items") if isinstance(body, dict) else None
        item = items[0] if isinstance(items, list) and items else body
        if not is_item(item):
            raise answer.unreadable("its body names no id")
        return Reference(
            item["id"],
            etag_of(item) or answer.headers.get("ETag", ""),
            _warning(answer),
        )


class Listed(Resource[T]):
    """A resource that is listed page by page."""

    def list(
        self,
        *,
        property: Sequence[str] = (),
        limit: int | None = None,
        orderby: str | None = None,
    ) -> Iterator[T]:
        """Yield all objects that match every filter, in the service's order or that of `orderby`.

        `property` holds filters such as ``name==Support desk``; `limit` is how many objects one page holds.
        """
        return self._items(property, limit=_checked_limit(limit), orderby=orderby)

    def count(self, *, property: Sequence[str] = ()) -> int:
        """Return how many objects match every filter."""
        answer = self._transport.fine(
            "GET", self._path, query=urlencode([*_pairs(property), ("count", "true")])
        )
        body = answer.json()
        count = body.get("count") if isinstance(body, dict) else None
        if isinstance(count, bool) or not isinstance(count, int):
            raise answer.unreadable("its body holds no count")
        return count

    def _search(
        self, query: str, limit: int | None, orderby: str | None
    ) -> Iterator[T]:
        wanted = {
            "queryString": query,
            "limit": _checked_limit(limit),
            "orderby": orderby,
        }
        body = {name: value for name, value in wanted.items() if value is not None}
        return (
            self._read(item)
            for item in pages(self._transport, f"{self._path}/search", "", search=body)
        )


def checked_etag(etag: Any) -> str:
    """Return an etag as it may stand in a header. Raises `InvalidInput`."""
    if not isinstance(etag, str) or not _ETAG.fullmatch(etag):
        raise InvalidInput(
            "the etag is none of the service's",
            remedy="take it from the object as it was read",
        )
    return etag


def _checked_limit(limit: int | None) -> int | None:
    if limit is not None and (
        isinstance(limit, bool) or not isinstance(limit, int) or limit < 1
    ):
        raise InvalidInput("limit must be a whole number of 1 or more")
    return limit


def _pairs(filters: Sequence[str]) -> list[tuple[str, str]]:
    filters = [filters] if isinstance(filters, str) else [*filters]
    if not all(isinstance(each, str) for each in filters):
        raise InvalidInput("property filters must be texts, as in name==example")
    return [("property", each) for each in filters]


def _warning(answer: Answer) -> str:
    """Return the texts of ``Warning`` headers, without their codes and agents."""
    header = answer.headers.get("Warning", "")
    texts = [re.sub(r"\\(.)", r"\1", text) for text in _WARNING.findall(header)]
    return shown("; ".join(texts) or header, answer.secrets)
