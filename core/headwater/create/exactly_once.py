"""Ensure that a base connection exists exactly once, on an API without idempotency keys or unique names.

Look the name up; send once; send again only when it is proven that nothing was accepted; after an unknown outcome ask,
and never guess with a second POST.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import attrs

from headwater.errors import (
    ConnectionExists,
    InvalidInput,
    OutcomeUnknown,
    ServiceError,
    Unavailable,
    Unreachable,
)
from headwater.secret import Secret, is_mask

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headwater.connectors.connector import Connector
    from headwater.flowservice import Connection, FlowService, Reference
    from headwater.models import AuthenticationSpec, Payload

logger = logging.getLogger("headwater.create.runner")

RESENDS = 4
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.5, 2.0)  # seconds between looks; the last one repeats
IMS = "/ims/"  # path of the identity service, which is asked for a token before the request goes out
LONGEST_PAUSE = 60.0  # seconds; what a Retry-After may ask of us at most

_REUSE = "run the same command again with --if-exists reuse: it adopts the connection if it was created"


@attrs.frozen(kw_only=True)
class Prepared:
    """A validated request that waits to be sent: `payload` is its body, secrets in it still `Secret`."""

    connector: Connector
    auth: AuthenticationSpec
    name: str
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
    existing = _look_up(service, prepared)
    if existing:
        return _adopt(existing, prepared, if_exists)
    failure, reference = _send(service, prepared)
    if reference is None:
        (progress or logger.info)(
            f"{failure}; looking for the connection for up to {settle:g} s"
        )
        return _settle(service, prepared, settle)
    return attrs.evolve(
        _created(prepared, reference.id, reference.etag, created=True),
        duplicates=_others(service, prepared, reference.id),
        warning=reference.warning,
    )


def differing(
    connection: Connection, payload: dict[str, Any], auth: AuthenticationSpec
) -> tuple[str, ...]:
    """Name our non-secret fields that an existing connection holds otherwise; empty means it could be ours.

    A field the service leaves out of its answer says nothing: reads return credentials in part.
    """
    sent = payload.get("auth") or {}
    names = []
    if (connection.description or "") != (payload.get("description") or ""):
        names.append("description")
    if connection.auth_name and connection.auth_name != sent.get("specName"):
        return (*names, "auth.specName")
    ours = sent.get("params") or {}
    for field in auth.fields:
        if field.secret or field.name not in connection.params:
            continue
        theirs = connection.params[field.name]
        mine = ours.get(field.name, field.default)
        if (
            theirs != mine
            and not isinstance(mine, Secret)
            and not (isinstance(theirs, str) and is_mask(theirs))
        ):
            names.append(field.name)
    return tuple(names)


def _look_up(service: FlowService, prepared: Prepared) -> list[Connection]:
    """Return the connections of our name, oldest first.

    Names are compared here, not in the filter: a name can hold what the filter grammar cannot.
    """
    spec_id = prepared.payload["connectionSpec"]["id"]
    found = service.connections.list(
        property=[f"connectionSpec.id=={spec_id}"], limit=100
    )
    return sorted(
        (connection for connection in found if connection.name == prepared.name),
        key=lambda connection: (connection.created_at or 0, connection.id),
    )


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
    fitting = [
        connection
        for connection in existing
        if not differing(connection, prepared.payload, prepared.auth)
    ]
    if not fitting:
        raise _exists_otherwise(existing, prepared)
    if len(fitting) > 1:
        raise ConnectionExists(
            "several connections of this name exist, and all of them fit",
            ids=ids,
            remedy="delete those that are not needed (headwater connections delete ID), then run again",
        )
    return _created(prepared, fitting[0].id, fitting[0].etag, created=False)


def _send(service: FlowService, prepared: Prepared) -> tuple[str, Reference | None]:
    """Send the request; return the reference, or None with what happened when the outcome is unknown."""
    for resend in range(RESENDS + 1):
        failure: Unreachable | ServiceError
        try:
            return "", service.connections.create(prepared.payload)
        except (Unreachable, ServiceError) as error:
            failure = error
        if _outcome_unknown(failure):
            return failure.message, None
        if not _nothing_accepted(failure) or resend == RESENDS:
            raise failure
        asked = getattr(failure, "retry_after", None)
        time.sleep(min(asked, LONGEST_PAUSE) if asked is not None else _pause(resend))
    raise AssertionError("unreachable")


def _nothing_accepted(failure: Unreachable | ServiceError) -> bool:
    return (
        not failure.sent if isinstance(failure, Unreachable) else failure.status == 429
    )


def _outcome_unknown(failure: Unreachable | ServiceError) -> bool:
    if isinstance(failure, ServiceError) and failure.path.startswith(IMS):
        return False  # no token, so the request itself was never sent
    return not _nothing_accepted(failure) and isinstance(
        failure, (Unreachable, Unavailable)
    )


def _settle(service: FlowService, prepared: Prepared, settle: float) -> Created:
    until = time.monotonic() + settle
    look = 0
    while True:
        found = _look_up_if_it_answers(service, prepared)
        fitting = [
            connection
            for connection in found
            if not differing(connection, prepared.payload, prepared.auth)
        ]
        if fitting:
            others = tuple(
                connection.id for connection in found if connection.id != fitting[0].id
            )
            mine = _created(prepared, fitting[0].id, fitting[0].etag, created=True)
            return attrs.evolve(mine, duplicates=others)
        if found:
            raise _exists_otherwise(found, prepared)
        left = until - time.monotonic()
        if left <= 0:
            raise OutcomeUnknown(
                "outcome unknown: the connection may or may not have been created",
                remedy=_REUSE,
            )
        time.sleep(min(_pause(look), left))
        look += 1


def _look_up_if_it_answers(
    service: FlowService, prepared: Prepared
) -> list[Connection]:
    try:
        return _look_up(service, prepared)
    except (Unreachable, Unavailable):
        return []


def _others(service: FlowService, prepared: Prepared, own_id: str) -> tuple[str, ...]:
    """Return the ids of connections that took the same name meanwhile; what cannot be asked is not reported."""
    return tuple(
        item.id
        for item in _look_up_if_it_answers(service, prepared)
        if item.id != own_id
    )


def _exists_otherwise(
    existing: Sequence[Connection], prepared: Prepared
) -> ConnectionExists:
    fields = differing(existing[0], prepared.payload, prepared.auth)
    return ConnectionExists(
        f"a connection of this name exists with other values in: {', '.join(fields)}",
        ids=[connection.id for connection in existing],
        differing=fields,
        remedy="choose another name, or change the existing one with `headwater connections update`",
    )


def _created(
    prepared: Prepared, connection_id: str, etag: str, *, created: bool
) -> Created:
    return Created(
        id=connection_id,
        etag=etag,
        connector=prepared.connector.slug,
        created=created,
        auth=prepared.auth.label,
    )


def _pause(step: int) -> float:
    return PAUSES[min(step, len(PAUSES) - 1)]
