"""What all of Flow Service's resources have in common: they can be read, one by one and as a list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlencode

from headwater.errors import InvalidInput, NotFound
from headwater.flowservice.models import Reference, etag_of, is_item
from headwater.flowservice.paging import pages
from headwater.http.foreign_text import clean_line
from headwater.http.json_body import get_member

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from headwater.flowservice.answer import Answer
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
        path = self._path_of(id)
        answer = self._transport.request("GET", path)
        body = answer.json()
        if get_member(body, "items") == []:
            raise NotFound(
                f"GET {path} answered {answer.status} with an empty list: there is no such object",
                method="GET",
                path=path,
                status=answer.status,
                remedy="check the id, the organization and the sandbox",
            )
        return self._require_object(answer, body)

    def _require_object(self, answer: Answer, body: Any) -> JsonObject:
        """Return the object of an answer, with or without an envelope around it."""
        item = _unwrap(body)
        if item is None:
            raise answer.unreadable("its body is not the object asked for")
        return item

    def _items(self, filters: Sequence[str], **parameters: Any) -> Iterator[T]:
        """Yield the collection's objects, page after page, each page asked for when it is needed."""
        pairs = _filter_pairs(filters)
        for name, value in parameters.items():
            if value is not None:
                pairs.append((name, str(value)))
        items = pages(self._transport, self._path, urlencode(pairs))
        return (self._read(item) for item in items)

    def _path_of(self, id: str, below: str = "") -> str:
        """Return the path of one object; an id can hold nothing that would lead elsewhere."""
        if not is_id(id):
            raise InvalidInput(
                "an id is 1 to 128 letters, digits, hyphens and underscores, and what was given is not",
                remedy=f"copy the id from the list of {self._path.rpartition('/')[2]}",
            )
        return f"{self._path}/{id}{below}"

    def _act(
        self, id: str, operation: str, *, etag: str = "", harmless_twice: bool = False
    ) -> Reference:
        """Post an action; like every POST it is sent once.

        One that is `harmless_twice`, because it leads to a state and not to something new, is sent again where its
        token was refused.
        """
        headers = {}
        if etag:
            headers["If-Match"] = validate_etag(etag)
        answer = self._transport.request(
            "POST",
            self._path_of(id, "/action"),
            query=f"op={operation}",
            headers=headers,
            harmless_twice=harmless_twice,
        )
        return self._read_reference(answer)

    def _read_reference(self, answer: Answer, id: str = "") -> Reference:
        """Read what a write answers: ``{id, etag}``, or that inside ``items``; the id is `id` where one is given."""
        item = _unwrap(answer.json())
        if item is None or not is_id(item["id"]):
            raise answer.unreadable("its body names no id")
        if id not in ("", item["id"]):
            raise answer.unreadable("its body names another id")
        etag = etag_of(item) or answer.headers.get("ETag", "")
        return Reference(item["id"], etag, _warning(answer))


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
        _check_limit(limit)
        return self._items(property, limit=limit, orderby=orderby)

    def count(self, *, property: Sequence[str] = ()) -> int:
        """Return how many objects match every filter."""
        query = urlencode([*_filter_pairs(property), ("count", "true")])
        answer = self._transport.request("GET", self._path, query=query)
        count = get_member(answer.json(), "count")
        if isinstance(count, bool) or not isinstance(count, int):
            raise answer.unreadable("its body contains no count")
        return count


class Searchable(Listed[T]):
    """A resource that can also be searched, which takes longer filters than a list."""

    def search(
        self, query: str = "", *, limit: int | None = None, orderby: str | None = None
    ) -> Iterator[T]:
        """Yield the objects that match `query`: filters as in `list`, joined with ``&``."""
        _check_limit(limit)
        search: JsonObject = {"queryString": query}
        if limit is not None:
            search["limit"] = limit
        if orderby is not None:
            search["orderby"] = orderby
        items = pages(self._transport, f"{self._path}/search", "", search=search)
        return (self._read(item) for item in items)


def is_id(value: Any) -> bool:
    """Say whether a value has the form of the service's ids, which lead nowhere else in a path."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def validate_etag(etag: Any) -> str:
    """Return an etag as it may stand in a header. Raises `InvalidInput`."""
    if not isinstance(etag, str) or not _ETAG.fullmatch(etag):
        raise InvalidInput(
            "an etag is one line of printable ASCII, and what was given is not",
            remedy="read the object again and pass its etag on as it is",
        )
    return etag


def check_whole_number(name: str, number: Any, *, least: int) -> None:
    """Refuse anything but a whole number of at least so much. Raises `InvalidInput`."""
    is_whole = isinstance(number, int) and not isinstance(number, bool)
    if not is_whole or number < least:
        raise InvalidInput(f"{name} must be a whole number of {least} or more")


def _check_limit(limit: int | None) -> None:
    if limit is not None:
        check_whole_number("limit", limit, least=1)


def _filter_pairs(filters: Sequence[str]) -> list[tuple[str, str]]:
    if isinstance(filters, str):
        filters = [filters]
    pairs = []
    for filter_ in filters:
        if not isinstance(filter_, str):
            raise InvalidInput("property filters must be strings, as in name==example")
        pairs.append(("property", filter_))
    return pairs


def _unwrap(body: Any) -> JsonObject | None:
    """Return the object of a body, which may be the first of ``items``; None where there is none with an id."""
    item = body
    items = get_member(body, "items")
    if isinstance(items, list) and items:
        item = items[0]
    if not is_item(item):
        return None
    unwrapped: JsonObject = item
    return unwrapped


def _warning(answer: Answer) -> str:
    """Return the texts of ``Warning`` headers, without their codes and agents."""
    header = answer.headers.get("Warning", "")
    texts = [re.sub(r"\\(.)", r"\1", text) for text in _WARNING.findall(header)]
    return clean_line("; ".join(texts) or header, answer.secrets)
