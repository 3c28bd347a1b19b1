"""A connection specification id from the caller, for a connector that has no verified one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.arguments import require_text
from headwater.connectors.registry import describe_doubtful_id, installed
from headwater.errors import InvalidInput
from headwater.models import is_uuid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headwater.connectors.connector import Connector

GIVEN = "the caller"

_COPY = "copy it from your tenant: `headwater specs pull`, then `headwater specs list`"


def with_spec_id(connector: Connector, spec_id: str) -> Connector:
    """Return the connector with this id, where it has no verified one of its own; sends nothing.

    Raises `InvalidInput` for anything but a UUID, for documentation's misprint of an id, for one that documentation
    alone knows, for another id than the verified one, and for one that belongs to another installed connector. An id
    that came from a tenant gives way to the caller's.
    """
    require_text("spec_id", spec_id)
    wanted = spec_id.strip().lower()
    _check_misprint(wanted, [connector, *_load_installed()], connector.slug)
    _check_form(wanted)
    if wanted == connector.spec.id:
        return connector
    _check_doubtful(wanted)
    if connector.spec.id is not None and not connector.id_source:
        raise InvalidInput(
            f"connector {connector.slug} has a verified connection specification id, and another one was given",
            remedy=f"leave it out; `headwater doctor {connector.slug}` says what your tenant lists",
        )
    _check_owner(wanted, connector.slug)
    return connector.with_id(wanted, source=GIVEN)


def new_spec_id(spec_id: str) -> str:
    """Return the id of a connector that is only being written, in lower case.

    Raises `InvalidInput` for anything but a UUID, for documentation's misprint of an id, for one that documentation
    alone knows, and for the id of an installed connector.
    """
    wanted = spec_id.strip().lower()
    _check_misprint(wanted, _load_installed())
    _check_form(wanted)
    _check_doubtful(wanted)
    _check_owner(wanted)
    return wanted


def _load_installed() -> list[Connector]:
    connectors, _failures = installed().all()
    return connectors


def _check_form(wanted: str) -> None:
    if not is_uuid(wanted):
        raise InvalidInput(
            "a connection specification id is a UUID: 8, 4, 4, 4 and 12 hexadecimal digits, with dashes between",
            remedy=_COPY,
        )


def _check_misprint(
    wanted: str, connectors: Iterable[Connector], own_slug: str = ""
) -> None:
    for connector in connectors:
        if wanted not in connector.spec.misprinted_ids:
            continue
        remedy = f"create {connector.slug}, or {_COPY}"
        if connector.slug == own_slug:
            remedy = "leave it out"
        raise InvalidInput(
            f"documentation misprints this id; the right one, {connector.spec.id}, is that of {connector.slug}",
            remedy=remedy,
        )


def _check_doubtful(wanted: str) -> None:
    connectors = _load_installed()
    doubtful = [one for one in connectors if wanted in one.spec.doubtful_ids]
    owned = any(connector.spec.id == wanted for connector in connectors)
    if doubtful and not owned:
        raise InvalidInput(describe_doubtful_id(doubtful), remedy=_COPY)


def _check_owner(wanted: str, own_slug: str = "") -> None:
    for connector in _load_installed():
        if connector.spec.id == wanted and connector.slug != own_slug:
            raise InvalidInput(
                f"this id is that of {connector.spec.name} ({connector.slug})",
                remedy=f"create {connector.slug}, or {_COPY}",
            )
