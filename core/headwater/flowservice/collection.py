"""Collections whose objects are made, changed and deleted by us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from headwater.errors import NotFound, OutcomeUnknown, ServiceError, Unreachable
from headwater.flowservice.models import Reference, etag_of
from headwater.flowservice.patches import normalize_operations, was_applied
from headwater.flowservice.resource import Listed, validate_etag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from headwater.flowservice.answer import Answer
    from headwater.flowservice.models import JsonObject
    from headwater.flowservice.patches import Operation


_REMEDY = "read the object again and repeat the change with its current etag: doing it twice does no harm"


def reconcile_refusal(
    operations: Sequence[Operation],
    refusal: ServiceError,
    read: Callable[[], JsonObject],
) -> Reference:
    """Read the object again: where it shows our change, that is success, with the etag it has now.

    Where it shows something else, the refusal stands. Where it cannot tell (a secret comes back masked) or cannot be
    read, guessing would be wrong either way. Raises the refusal (`ChangedMeanwhile`), `NotFound`, or `OutcomeUnknown`.
    """
    item = _read_if_it_answers(read)
    if item is None:
        raise _outcome_unknown(refusal)
    applied = was_applied(item, operations)
    if applied is None:
        raise _outcome_unknown(refusal)
    if not applied:
        refusal.outcome_unknown = False
        raise refusal
    return Reference(item["id"], etag_of(item))


def _read_if_it_answers(read: Callable[[], JsonObject]) -> JsonObject | None:
    """Return the object, or None where it cannot be read. Raises `NotFound` where the service says that it is gone."""
    try:
        return read()
    except NotFound as error:
        if not error.outcome_unknown:
            raise
    except (ServiceError, Unreachable):
        pass
    return None


def _outcome_unknown(refusal: ServiceError) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"outcome unknown: {refusal.method} {refusal.path} was sent again after a lost answer, and the object does"
        " not show whether the change was made",
        remedy=_REMEDY,
    )


T = TypeVar("T")


class Collection(Listed[T]):
    """A collection whose objects can be listed page by page, created, changed, published and deleted."""

    def create(self, payload: Mapping[str, Any], *, draft: bool = False) -> Reference:
        """Create an object, or its draft; the request is sent once. `payload` may hold a `Secret` anywhere.

        Raises `InvalidInput` before sending; `Unreachable` leaves open whether it was created unless `sent` is False,
        and so does every `ServiceError` whose `outcome_unknown` is True. After `NotAuthenticated` with `token_renewed`
        look for it, then send it again.
        """
        query = "mode=draft" if draft else ""
        answer = self._transport.request(
            "POST", self._path, query=query, payload=payload
        )
        return self._read_reference(answer)

    def update(
        self, id: str, operations: Sequence[Mapping[str, Any]], *, etag: str
    ) -> Reference:
        """Change an object by JSON Patch operations (add, replace, remove), if its etag is still the given one.

        Raises `ChangedMeanwhile` where it is not; `OutcomeUnknown` where an answer was lost, the etag is another one
        since then, and reading the object does not tell whether the change was made (secrets cannot be compared).
        """
        headers = {"If-Match": validate_etag(etag)}
        path = self._path_of(id)
        patch = normalize_operations(operations)
        answer = self._transport.exchange("PATCH", path, payload=patch, headers=headers)
        if answer.fine:
            return self._read_reference(answer, id)
        refusal = self._transport.error_for(answer)
        if answer.status == 412 and answer.uncertain:
            return reconcile_refusal(patch, refusal, lambda: self._fetch(id))
        raise refusal

    def delete(self, id: str) -> None:
        """Delete an object. One that is gone when an unanswered attempt is repeated counts as deleted."""
        answer = self._transport.exchange("DELETE", self._path_of(id))
        if answer.fine:
            _check_emptiness(answer)
            return
        refusal = self._transport.error_for(answer)
        if not answer.uncertain or not _is_gone(refusal):
            raise refusal

    def publish(self, id: str) -> Reference:
        """Publish a draft; what it refers to must be published before."""
        return self._act(id, "publish", harmless_twice=True)


def _check_emptiness(answer: Answer) -> None:
    """Refuse to take a page for a deletion, which the service answers with nothing at all."""
    if answer.flaw or answer.body.strip():
        raise answer.unreadable("its body is not empty, as it is after a deletion")


def _is_gone(refusal: ServiceError) -> bool:
    """Say whether a refusal speaks of the object itself: codes that begin with FLOW-21 speak of the sandbox."""
    return isinstance(refusal, NotFound) and not refusal.code.startswith("FLOW-21")
