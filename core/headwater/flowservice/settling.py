"""A 412 after a lost answer: was it our own change that made the etag another one?"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from headwater.errors import OutcomeUnknown, Unavailable, Unreachable
from headwater.flowservice.models import Reference, etag_of
from headwater.flowservice.patches import done

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headwater.errors import ServiceError
    from headwater.flowservice.models import JsonObject
    from headwater.flowservice.patches import Operation

_REMEDY = "read the object again and repeat the change with its current etag: doing it twice does no harm"


def settled(operations: Sequence[Operation], refusal: ServiceError, read: Callable[[], JsonObject]) -> Reference:
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
