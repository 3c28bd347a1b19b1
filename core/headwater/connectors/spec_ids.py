"""A connection specification id from the caller, for a connector that has no verified one."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from headwater.connectors.registry import installed
from headwater.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headwater.connectors.connector import Connector

GIVEN = "the caller"

_COPY = "copy it from your tenant: `headwater specs pull`, then `headwater specs list`"


def with_spec_id(connector: Connector, spec_id: str) -> Connector:
    """Return the connector with this id, where it has no verified one of its own; sends nothing.

    Raises `InvalidInput` for what is no UUID, for documentation's misprint of an id, for another id than the verified
    one, and for one that belongs to another installed connector. An id that came from a tenant gives way to the
    caller's.
    """
    wanted = _well_formed(spec_id, connector.slug, connector)
    if wanted == connector.spec.id:
        return connector
    if connector.spec.id is not None and not connector.id_source:
        raise InvalidInput(
            f"connector {connector.slug} has a verified connection specification id, and another one was given",
            remedy=f"leave it out; `headwater doctor {connector.slug}` says what your tenant lists",
        )
    _check_owner(connector.slug, wanted)
    return connector.identified(wanted, source=GIVEN)


def new_spec_id(spec_id: str) -> str:
    """Return the id of a connector that is only being written, in lower case.

    Raises `InvalidInput` for what is no UUID, for documentation's misprint of an id, and for the id of an installed
    connector.
    """
    wanted = _well_formed(spec_id, "")
    _check_owner("", wanted)
    return wanted


def _well_formed(spec_id: str, slug: str, *own: Connector) -> str:
    wanted = spec_id.strip().lower()
    _check_misprint(slug, wanted, own)
    if not _is_uuid(wanted):
        raise InvalidInput(
            "a connection specification id is a UUID: 8, 4, 4, 4 and 12 hexadecimal digits, with dashes between",
            remedy=_COPY,
        )
    return wanted


def _check_misprint(slug: str, wanted: str, own: Iterable[Connector]) -> None:
    for one in (*own, *installed().all()[0]):
        if wanted in one.spec.misprinted_ids:
            raise InvalidInput(
                f"documentation misprints this id; the right one, {one.spec.id}, is that of {one.slug}",
                remedy="leave it out"
                if one.slug == slug
                else f"create {one.slug}, or {_COPY}",
            )


def _check_owner(slug: str, wanted: str) -> None:
    for one in installed().all()[0]:
        if one.spec.id == wanted and one.slug != slug:
            raise InvalidInput(
                f"this id is that of {one.spec.name} ({one.slug})",
                remedy=f"create {one.slug}, or {_COPY}",
            )


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
