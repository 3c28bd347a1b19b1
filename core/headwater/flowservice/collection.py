"""Collections whose objects are made, changed and deleted by us."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, TypeVar

from headwater.errors import NotFound, OutcomeUnknown, Unavailable, Unreachable
from headwater.flowservice import patches
from headwater.flowservice.models import Reference, etag_of
from headwater.flowservice.patches import done
from headwater.flowservice.resource import Listed, checked_etag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from headwater.errors import ServiceError
    from headwater.flowservice.models import JsonObject
    from headwater.flowservice.patches import Operation


_REMEDY = "read the object again and repeat the change with its current etag: doing it twice does no harm"


def settled(
    operations: Sequence[Operation],
    refusal: ServiceError,
    read: Callable[[], JsonObject],
) -> Reference:
    """Read the object again: where it shows our change, that is success, with the etag it has now.

    Where it shows something else, the refusal stands. Where it cannot tell (a secret comes back masked) or cannot be
    read, guessing would be wrong either way. Raises the refusal (`ChangedMeanwhile`), `NotFound`, or `OutcomeUnknown`.
    """
    item: JsonObject | None = None
    with contextlib.suppress(Unavailable, Unreachable):
        item = read()
    verdict = None if item is None else done(item, operations)
    if verdict is False:
        raise refusal
    if item is None or verdict is None:
        raise OutcomeUnknown(
            f"outcome unknown: {refusal.method} {refusal.path} was sent again after a lost answer, and the object does"
            " not show whether the change was made",
            remedy=_REMEDY,
        )
    return Reference(item["id"], etag_of(item))


T = TypeVar("T")


class Collection(Listed[T]):
    """A collection whose objects can be listed page by page, created, changed, published and deleted."""

    def create(self, payload: Mapping[str, Any], *, draft: bool = False) -> Reference:
        """Create an object, or its draft; the request is sent once. `payload` may hold a `Secret` anywhere.

        Raises `InvalidInput` before sending; `Unreachable` and `Unavailable` leave open whether it was created, unless
        `Unreachable.sent` is False or the status is 429.
        """
        return self._reference(
            self._transport.fine(
                "POST", self._path, query="mode=draft" if draft else "", payload=payload
            )
        )

    def update(
        self, id: str, operations: Sequence[Mapping[str, Any]], *, etag: str
    ) -> Reference:
        """Change an object by JSON Patch operations (add, replace, remove), if its etag is still the given one.

        Raises `ChangedMeanwhile` where it is not; `OutcomeUnknown` where an answer was lost, the etag is another one
        since then, and reading the object does not tell whether the change was made (secrets cannot be compared).
        """
        checked_etag(etag)
        path = self._at(id)
        checked = patches.checked(operations)
        answer = self._transport.exchange(
            "PATCH", path, payload=checked, headers={"If-Match": etag}
        )
        if answer.status == 412 and answer.uncertain:
            refusal = self._transport.failure(answer)
            return settled(checked, refusal, lambda: self._fetch(id))
        if not answer.fine:
            raise self._transport.failure(answer)
        return self._reference(answer)

    def delete(self, id: str) -> None:
        """Delete an object. One that is gone when an unanswered attempt is repeated counts as deleted."""
        answer = self._transport.exchange("DELETE", self._at(id))
        if answer.fine:
            return
        refusal = self._transport.failure(answer)
        gone = isinstance(refusal, NotFound) and not refusal.code.startswith(
            "FLOW-21"
        )  # those speak of the sandbox
        if not (gone and answer.uncertain):
            raise refusal

    def publish(self, id: str) -> Reference:
        """Publish a draft; what it refers to must be published before."""
        return self._act(id, "publish")
