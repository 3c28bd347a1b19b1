"""What all of Flow Service's collections have in common: list, get, create, update, delete."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlencode

from headwater.errors import InvalidInput, NotFound
from headwater.flowservice import patches, settling
from headwater.flowservice.foreign_text import shown
from headwater.flowservice.models import Reference, etag_of, is_item
from headwater.flowservice.paging import pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from headwater.flowservice.answers import Answer
    from headwater.flowservice.models import JsonObject
    from headwater.flowservice.transport import Transport

T = TypeVar("T")

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_ETAG = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_WARNING = re.compile(r'[0-9]{3} [^ ]+ "((?:[^"\\]|\\.)*)"')


class Resource(Generic[T]):
    """A collection that can be read. `read` makes a value of one of its JSON objects and never fails."""

    def __init__(self, transport: Transport, collection: str, read: Callable[[JsonObject], T]) -> None:
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
        items = body.get("items") if isinstance(body, dict) else None
        if items == []:
            raise NotFound(
                f"GET {self._at(id)} answered {answer.status} with an empty list: there is no such object",
                method="GET",
                path=self._at(id),
                status=answer.status,
                remedy="check the id, the organization and the sandbox",
            )
        item = items[0] if isinstance(items, list) else body
        if not is_item(item):
            raise answer.unreadable("its body is not the object asked for")
        found: JsonObject = item
        return found

    def _items(self, filters: Sequence[str], **parameters: Any) -> Iterator[T]:
        """Yield the collection's objects, page after page, each page asked for when it is needed."""
        filters = [filters] if isinstance(filters, str) else list(filters)
        if not all(isinstance(each, str) for each in filters):
            raise InvalidInput("property filters must be texts, as in name==example")
        pairs = [("property", each) for each in filters]
        pairs += [(name, str(value)) for name, value in parameters.items() if value is not None]
        return (self._read(item) for item in pages(self._transport, self._path, urlencode(pairs)))

    def _at(self, id: str, below: str = "") -> str:
        """Return the path of one object; an id can hold nothing that would lead elsewhere."""
        if not isinstance(id, str) or not _ID.fullmatch(id):
            raise InvalidInput(
                "the id is none of the service's: letters, digits, - and _ only",
                remedy="copy the id from a list of the collection",
            )
        return f"{self._path}/{id}{below}"


class Collection(Resource[T]):
    """A collection whose objects can be listed page by page, created, changed and deleted."""

    def list(
        self, *, property: Sequence[str] = (), limit: int | None = None, orderby: str | None = None
    ) -> Iterator[T]:
        """Yield all objects that match every filter, in the service's order or that of `orderby`.

        `property` holds filters such as ``name==Support desk``; `limit` is how many objects one page holds.
        """
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
            raise InvalidInput("limit must be a whole number of 1 or more")
        return self._items(property, limit=limit, orderby=orderby)

    def create(self, payload: Mapping[str, Any]) -> Reference:
        """Create an object; the request is sent once. `payload` may hold a `Secret` anywhere.

        Raises `InvalidInput` before sending; `Unreachable` and `Unavailable` leave open whether it was created, unless
        `Unreachable.sent` is False or the status is 429.
        """
        return self._reference(self._transport.fine("POST", self._path, payload=payload))

    def update(self, id: str, operations: Sequence[Mapping[str, Any]], *, etag: str) -> Reference:
        """Change an object by JSON Patch operations (add, replace, remove), if its etag is still the given one.

        Raises `ChangedMeanwhile` where it is not; `OutcomeUnknown` where an answer was lost, the etag is another one
        since then, and reading the object does not tell whether the change was made (secrets cannot be compared).
        """
        if not isinstance(etag, str) or not _ETAG.fullmatch(etag):
            raise InvalidInput("the etag is none of the service's", remedy="take it from the object as it was read")
        path = self._at(id)
        checked = patches.checked(operations)
        answer = self._transport.exchange("PATCH", path, payload=checked, headers={"If-Match": etag})
        if answer.status == 412 and answer.uncertain:
            refusal = self._transport.failure(answer)
            return settling.settled(checked, refusal, lambda: self._fetch(id))
        if not answer.fine:
            raise self._transport.failure(answer)
        return self._reference(answer)

    def delete(self, id: str) -> None:
        """Delete an object. One that is gone when an unanswered attempt is repeated counts as deleted."""
        answer = self._transport.exchange("DELETE", self._at(id))
        if answer.fine:
            return
        refusal = self._transport.failure(answer)
        gone = isinstance(refusal, NotFound) and not refusal.code.startswith("FLOW-21")  # those speak of the sandbox
        if not (gone and answer.uncertain):
            raise refusal

    def _reference(self, answer: Answer) -> Reference:
        """Read what a write answers: ``{id, etag}``, or that inside ``items``."""
        body = answer.json()
        items = body.get("items") if isinstance(body, dict) else None
        item = items[0] if isinstance(items, list) and items else body
        if not is_item(item):
            raise answer.unreadable("its body names no id")
        return Reference(item["id"], etag_of(item) or answer.headers.get("ETag", ""), _warning(answer))


def _warning(answer: Answer) -> str:
    """Return the texts of ``Warning`` headers, without their codes and agents."""
    header = answer.headers.get("Warning", "")
    texts = [re.sub(r"\\(.)", r"\1", text) for text in _WARNING.findall(header)]
    return shown("; ".join(texts) or header, answer.secrets)
