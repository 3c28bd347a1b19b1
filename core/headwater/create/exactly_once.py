"""Ensure that a base connection exists exactly once, on an API without idempotency keys or unique names.

Look the name up; send once; send again only when it is proven that nothing was accepted; after an unknown outcome ask,
and never guess with a second POST.
"""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING, Any

import attrs

from headwater.errors import (
    ConnectionExists,
    HeadwaterError,
    InvalidInput,
    OutcomeUnknown,
    ServiceError,
    Unavailable,
    Unreachable,
)
from headwater.secret import Secret, is_mask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from headwater.connectors.connector import Connector
    from headwater.flowservice import Connection, FlowService, Reference
    from headwater.models import AuthenticationSpec, Field, Payload

logger = logging.getLogger("headwater.create")

RESENDS = 4
# Seconds between looks; the last one repeats.
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.5, 2.0)
# The path of the identity service, which is asked for a token before the request goes out.
IMS = "/ims/"
# Seconds that a Retry-After may ask of us at most.
LONGEST_PAUSE = 60.0

_REUSE = "run the same command again with --if-exists reuse: it adopts the connection if it was created"


@attrs.frozen(kw_only=True)
class Prepared:
    """A validated request that waits to be sent: `payload` is its body, secrets in it still `Secret`.

    `params` are the credentials that it was built from: validated, with references looked up unless it is only shown.
    """

    connector: Connector
    auth: AuthenticationSpec
    name: str
    params: Mapping[str, Any] = attrs.field(repr=False)
    payload: Payload


@attrs.frozen(kw_only=True)
class Created:
    """The connection that exists now.

    `created` is False when an existing one was adopted. `duplicates` are the ids of other connections of the same name
    and specification, made by somebody else at the same moment: the platform allows that, so it can only be reported.
    `warning` is what the service said about the request in a ``Warning`` header.
    """

    id: str
    etag: str
    connector: str
    created: bool
    auth: str
    duplicates: tuple[str, ...] = ()
    warning: str = ""


def ensure(
    service: FlowService,
    prepared: Prepared,
    *,
    if_exists: str = "fail",
    settle: float = 60.0,
    progress: Callable[[str], None] | None = None,
) -> Created:
    """Make the prepared connection exist once and return it.

    An existing connection of the name is an error (`if_exists` ``fail``) or is adopted where its non-secret fields are
    ours (``reuse``). After an unknown outcome the service is asked for up to `settle` seconds; `progress` is told.

    Raises `ConnectionExists`, `OutcomeUnknown`, and what the platform client raises.
    """
    if if_exists not in ("fail", "reuse"):
        raise InvalidInput("if_exists must be fail or reuse")
    _check_duration(settle)
    existing = _look_up(service, prepared)
    if existing:
        return _adopt(existing, prepared, if_exists)
    outcome = _send(service, prepared)
    if isinstance(outcome, HeadwaterError):
        tell = progress or logger.info
        tell(f"{outcome.message}; looking for the connection for up to {settle:g} s")
        return _poll_for_connection(service, prepared, settle)
    # Others may have taken the name meanwhile; where that cannot be asked, it is not reported.
    same_name = _look_up_if_it_answers(service, prepared)
    return _build_result(
        prepared,
        outcome,
        created=True,
        duplicates=_list_other_ids(same_name, outcome.id),
        warning=outcome.warning,
    )


def find_differences(connection: Connection, prepared: Prepared) -> tuple[str, ...]:
    """Name our non-secret fields that an existing connection holds otherwise; empty means it could be ours.

    A field the service leaves out of its answer says nothing: reads return credentials in part.
    """
    payload = prepared.payload
    sent_auth = payload.get("auth") or {}
    names = []
    if (connection.description or "") != (payload.get("description") or ""):
        names.append("description")
    if connection.auth_name and connection.auth_name != sent_auth.get("specName"):
        return (*names, "auth.specName")
    sent_params = sent_auth.get("params") or {}
    for field in prepared.auth.fields:
        if _differs(field, connection.params, sent_params):
            names.append(field.name)
    return tuple(names)


def _differs(field: Field, stored: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    """Say whether a stored value is another one than ours; secrets, and what an answer masks, cannot be compared."""
    if field.secret or field.name not in stored:
        return False
    theirs = stored[field.name]
    ours = sent.get(field.name, field.default)
    if isinstance(ours, Secret):
        return False
    if isinstance(theirs, str) and is_mask(theirs):
        return False
    return bool(theirs != ours)


def _check_duration(settle: float) -> None:
    """Refuse what cannot be waited for before anything is sent: afterwards it would hide the outcome."""
    if type(settle) in (int, float) and math.isfinite(settle) and settle >= 0:
        return
    raise InvalidInput("settle must be a number of seconds, 0 or more")


def _look_up(service: FlowService, prepared: Prepared) -> list[Connection]:
    """Return the connections of our name, oldest first.

    Names are compared here, not in the filter: a name can hold what the filter grammar cannot.
    """
    spec_id = prepared.payload["connectionSpec"]["id"]
    connections = service.connections.list(
        property=[f"connectionSpec.id=={spec_id}"], limit=100
    )
    same_name = [
        connection for connection in connections if connection.name == prepared.name
    ]
    return sorted(
        same_name, key=lambda connection: (connection.created_at or 0, connection.id)
    )


def _look_up_if_it_answers(
    service: FlowService, prepared: Prepared
) -> list[Connection]:
    try:
        return _look_up(service, prepared)
    except (Unreachable, Unavailable):
        return []


def _select_fitting(
    connections: Sequence[Connection], prepared: Prepared
) -> list[Connection]:
    return [
        connection
        for connection in connections
        if not find_differences(connection, prepared)
    ]


def _adopt(
    existing: Sequence[Connection], prepared: Prepared, if_exists: str
) -> Created:
    ids = [connection.id for connection in existing]
    if if_exists == "fail":
        raise ConnectionExists(
            "a connection of this name exists for this connection specification",
            ids=ids,
            remedy="choose another name, or adopt it with --if-exists reuse",
        )
    fitting = _select_fitting(existing, prepared)
    if not fitting:
        raise _exists_otherwise(existing, prepared)
    if len(fitting) > 1:
        raise ConnectionExists(
            "several connections of this name exist, and all of them fit",
            ids=ids,
            remedy="delete those that are not needed (headwater connections delete ID), then run again",
        )
    return _build_result(prepared, fitting[0], created=False)


def _send(
    service: FlowService, prepared: Prepared
) -> Reference | Unreachable | ServiceError:
    """Send the request, again where it is proven that nothing was accepted.

    Returns the reference, or the error after which it is unknown whether the connection was created.
    """
    for resend in range(RESENDS + 1):
        try:
            return service.connections.create(prepared.payload)
        except (Unreachable, ServiceError) as error:
            if _outcome_unknown(error):
                return error
            if resend == RESENDS or not _nothing_accepted(error):
                raise
            seconds = _pause_after(error, resend)
        time.sleep(seconds)
    raise AssertionError("unreachable")


def _nothing_accepted(error: Unreachable | ServiceError) -> bool:
    if isinstance(error, Unreachable):
        return not error.sent
    return error.status == 429


def _outcome_unknown(error: Unreachable | ServiceError) -> bool:
    if _nothing_accepted(error):
        return False
    if isinstance(error, Unreachable):
        return True
    # Without a token from the identity service, the request itself was never sent.
    return isinstance(error, Unavailable) and not error.path.startswith(IMS)


def _pause_after(error: Unreachable | ServiceError, resend: int) -> float:
    """Return how long to wait before sending again, in seconds: what the service asks for, within bounds."""
    asked: float | None = getattr(error, "retry_after", None)
    if asked is None:
        return _pause(resend)
    return min(asked, LONGEST_PAUSE)


def _poll_for_connection(
    service: FlowService, prepared: Prepared, seconds: float
) -> Created:
    """Look for the connection after an unknown outcome. Raises `OutcomeUnknown` where the time is over."""
    deadline = time.monotonic() + seconds
    look = 0
    while True:
        existing = _look_up_if_it_answers(service, prepared)
        fitting = _select_fitting(existing, prepared)
        if fitting:
            return _build_result(
                prepared,
                fitting[0],
                created=True,
                duplicates=_list_other_ids(existing, fitting[0].id),
            )
        if existing:
            raise _exists_otherwise(existing, prepared)
        left = deadline - time.monotonic()
        if left <= 0:
            raise OutcomeUnknown(
                "outcome unknown: the connection may or may not have been created",
                remedy=_REUSE,
            )
        time.sleep(min(_pause(look), left))
        look += 1


def _list_other_ids(connections: Sequence[Connection], own_id: str) -> tuple[str, ...]:
    return tuple(connection.id for connection in connections if connection.id != own_id)


def _exists_otherwise(
    existing: Sequence[Connection], prepared: Prepared
) -> ConnectionExists:
    fields = find_differences(existing[0], prepared)
    return ConnectionExists(
        f"a connection of this name exists with other values in: {', '.join(fields)}",
        ids=[connection.id for connection in existing],
        differing=fields,
        remedy="choose another name, or change the existing one with `headwater connections update`",
    )


def _build_result(
    prepared: Prepared,
    connection: Connection | Reference,
    *,
    created: bool,
    duplicates: tuple[str, ...] = (),
    warning: str = "",
) -> Created:
    return Created(
        id=connection.id,
        etag=connection.etag,
        connector=prepared.connector.slug,
        created=created,
        auth=prepared.auth.label,
        duplicates=duplicates,
        warning=warning,
    )


def _pause(step: int) -> float:
    return PAUSES[min(step, len(PAUSES) - 1)]
